package bpe

import (
	"bytes"
	"slices"
)

// A trainer holds the pieces as rows of tokens and knows where each pair may be.
type trainer struct {
	tokens []uint32
	words  []word
	slots  []int32 // hash table: place in pairs plus one
	pairs  []pairCount
	queue  []queued // heap: highest counts first, lower numbers first among equals
	raised []int32  // pairs whose count rose in this merge
}

// A word is a piece: n tokens from start on.
type word struct {
	start uint64
	n     uint32
	count uint64
}

// A pairCount is a pair of neighbours with how often it occurs, and the words
// in which it may.
type pairCount struct {
	left, right uint32
	raised      bool
	count       int64
	queued      int64 // highest count that the queue has it with
	words       []uint32
}

// A queued pair, with the count it had when it was queued; counts that fell
// since are put right when it comes up.
type queued struct {
	count int64
	pair  int32
}

// newTrainer takes the pieces of a counter, sorted, so that the order in which
// they were counted has no say.
func newTrainer(c *Counter) *trainer {
	slices.SortFunc(c.list, func(a, b counted) int { return bytes.Compare(c.piece(&a), c.piece(&b)) })
	numbers := byteNumbers()
	t := &trainer{slots: make([]int32, 1<<16), words: make([]word, 0, len(c.list)), tokens: make([]uint32, 0, len(c.bytes))}
	for i := range c.list {
		w := &c.list[i]
		t.words = append(t.words, word{uint64(len(t.tokens)), w.n, w.count})
		for _, b := range c.piece(w) {
			t.tokens = append(t.tokens, numbers[b])
		}
	}
	c.slots, c.list, c.bytes = nil, nil, nil
	t.firstPairs()
	return t
}

func (t *trainer) row(w *word) []uint32 { return t.tokens[w.start : w.start+uint64(w.n)] }

// firstPairs counts the pairs of bytes; their lists of words share one array.
func (t *trainer) firstPairs() {
	sizes := make([]int, 1<<16)
	last := make([]int, 1<<16) // word that was counted last, plus one
	each := func(f func(word int, pair uint32)) {
		for i := range t.words {
			row := t.row(&t.words[i])
			for k := 1; k < len(row); k++ {
				f(i, row[k-1]<<8|row[k])
			}
		}
	}
	total := 0
	each(func(w int, p uint32) {
		x := &t.pairs[t.place(p>>8, p&255)]
		x.count += int64(t.words[w].count)
		if last[p] != w+1 {
			last[p] = w + 1
			sizes[p]++
			total++
		}
	})
	all := make([]uint32, total)
	for i := range t.pairs {
		x := &t.pairs[i]
		n := sizes[x.left<<8|x.right]
		x.words, all = all[:0:n], all[n:]
	}
	each(func(w int, p uint32) {
		x := &t.pairs[t.place(p>>8, p&255)]
		if n := len(x.words); n == 0 || x.words[n-1] != uint32(w) {
			x.words = append(x.words, uint32(w))
		}
	})
	for i := range t.pairs {
		t.push(int32(i))
	}
}

// place returns where a pair lies in pairs; a new one is entered.
func (t *trainer) place(left, right uint32) int32 {
	mask := uint64(len(t.slots) - 1)
	at := pairHash(pairKey(left, right)) >> 8 & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		i := t.slots[at] - 1
		if p := &t.pairs[i]; p.left == left && p.right == right {
			return i
		}
	}
	t.pairs = append(t.pairs, pairCount{left: left, right: right})
	t.slots[at] = int32(len(t.pairs))
	if 2*len(t.pairs) > len(t.slots) {
		t.grow()
	}
	return int32(len(t.pairs) - 1)
}

func (t *trainer) grow() {
	t.slots = make([]int32, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for i := range t.pairs {
		at := pairHash(pairKey(t.pairs[i].left, t.pairs[i].right)) >> 8 & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = int32(i + 1)
	}
}

// best takes the most frequent pair from the queue; none if it occurs once.
func (t *trainer) best() (pair int32, ok bool) {
	for len(t.queue) > 0 {
		x := t.pop()
		p := &t.pairs[x.pair]
		if x.count == p.queued {
			p.queued = 0
		}
		switch {
		case p.count < 2:
		case p.count == x.count:
			return x.pair, true
		case p.count > p.queued:
			t.push(x.pair)
		}
	}
	return 0, false
}

// merge joins all occurrences of a pair into token id.
func (t *trainer) merge(pair int32, id uint32) {
	p := &t.pairs[pair]
	left, right, list := p.left, p.right, p.words
	p.words, p.count = nil, 0
	for _, w := range list {
		t.word(w, left, right, id)
	}
	for _, i := range t.raised {
		p := &t.pairs[i]
		p.raised = false
		if p.count > p.queued && p.count > 1 {
			t.push(i)
		}
	}
	t.raised = t.raised[:0]
}

// word joins the pair in one word, from the left, and counts the neighbours
// anew. In a row of such pairs the border of two is counted as one with the
// token before it is counted as one of two tokens.
func (t *trainer) word(w, left, right, id uint32) {
	x := &t.words[w]
	row, count := t.row(x), int64(x.count)
	out := row[:0]
	for i := 0; i < len(row); i++ {
		if i+1 == len(row) || row[i] != left || row[i+1] != right {
			out = append(out, row[i])
			continue
		}
		if n := len(out); n > 0 {
			t.change(out[n-1], left, -count, w)
			t.change(out[n-1], id, count, w)
		}
		if i+2 < len(row) {
			t.change(right, row[i+2], -count, w)
			t.change(id, row[i+2], count, w)
		}
		out = append(out, id)
		i++
	}
	x.n = uint32(len(out))
}

// change adds to the count of a pair in a word.
func (t *trainer) change(left, right uint32, by int64, w uint32) {
	i := t.place(left, right)
	p := &t.pairs[i]
	p.count += by
	if by < 0 {
		return
	}
	if n := len(p.words); n == 0 || p.words[n-1] != w {
		p.words = append(p.words, w)
	}
	if !p.raised {
		p.raised = true
		t.raised = append(t.raised, i)
	}
}

// before reports whether a comes up before b.
func (t *trainer) before(a, b queued) bool {
	if a.count != b.count {
		return a.count > b.count
	}
	x, y := &t.pairs[a.pair], &t.pairs[b.pair]
	return x.left < y.left || x.left == y.left && x.right < y.right
}

// push queues a pair with its count.
func (t *trainer) push(pair int32) {
	p := &t.pairs[pair]
	p.queued = p.count
	q := append(t.queue, queued{p.count, pair})
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !t.before(q[i], q[up]) {
			break
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
	t.queue = q
}

// pop takes the first of the queue.
func (t *trainer) pop() queued {
	q := t.queue
	first := q[0]
	n := len(q) - 1
	q[0] = q[n]
	q = q[:n]
	for i := 0; ; {
		k := 2*i + 1
		if k+1 < n && t.before(q[k+1], q[k]) {
			k++
		}
		if k >= n || !t.before(q[k], q[i]) {
			break
		}
		q[i], q[k] = q[k], q[i]
		i = k
	}
	t.queue = q
	return first
}
