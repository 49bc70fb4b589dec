package bpe

import "container/heap"

// pieces is a text on its way from bytes to tokens, by the definition: of all
// neighbours that merge, those of the lowest rank do, the leftmost first. It is
// the plain form that [Encoder] is checked against, and finds out how tokens
// come about.
type pieces struct {
	ids        []uint32
	next, prev []int32
	queue      mergeQueue
}

// A candidate is a merge that may happen: of the piece at a place with the next.
type candidate struct {
	rank        int32
	at          int32
	left, right uint32
	id          uint32
}

type mergeQueue []candidate

func (q mergeQueue) Len() int { return len(q) }
func (q mergeQueue) Less(i, j int) bool {
	return q[i].rank < q[j].rank || q[i].rank == q[j].rank && q[i].at < q[j].at
}
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *mergeQueue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *mergeQueue) Pop() any {
	old := *q
	c := old[len(old)-1]
	*q = old[:len(old)-1]
	return c
}

// load sets the bytes, or characters, to merge.
func (p *pieces) load(t *Tokenizer, b []byte) {
	p.ids, p.next, p.prev, p.queue = p.ids[:0], p.next[:0], p.prev[:0], p.queue[:0]
	if t.sp != nil {
		p.ids = t.sp.symbols(p.ids, b)
	} else {
		for _, c := range b {
			p.ids = append(p.ids, t.ids[string([]byte{c})])
		}
	}
	for i := range p.ids {
		p.next, p.prev = append(p.next, int32(i+1)), append(p.prev, int32(i-1))
	}
	for i := range len(p.ids) - 1 {
		p.consider(t, int32(i))
	}
	heap.Init(&p.queue)
}

// consider queues the merge of the piece at i with the next, if there is one.
func (p *pieces) consider(t *Tokenizer, i int32) {
	if i < 0 || int(p.next[i]) >= len(p.ids) {
		return
	}
	left, right := p.ids[i], p.ids[p.next[i]]
	if rank, id := t.pairs.get(left, right); rank >= 0 {
		p.queue = append(p.queue, candidate{rank, i, left, right, id})
	}
}

// merge does all merges and returns the last.
func (p *pieces) merge(t *Tokenizer) (last candidate, ok bool) {
	for len(p.queue) > 0 {
		c := heap.Pop(&p.queue).(candidate)
		n := p.next[c.at]
		if p.ids[c.at] != c.left || n < 0 || int(n) >= len(p.ids) || p.ids[n] != c.right {
			continue // one of them is gone
		}
		p.ids[c.at] = c.id
		p.ids[n] = none
		p.next[c.at] = p.next[n]
		p.next[n] = -1
		if after := p.next[c.at]; int(after) < len(p.ids) {
			p.prev[after] = c.at
		}
		last, ok = c, true
		for _, at := range [2]int32{p.prev[c.at], c.at} {
			before := len(p.queue)
			if p.consider(t, at); len(p.queue) > before {
				heap.Fix(&p.queue, len(p.queue)-1)
			}
		}
	}
	return last, ok
}

func (p *pieces) first() uint32 { return p.ids[0] }

// single reports whether one token is left.
func (p *pieces) single() bool { return int(p.next[0]) >= len(p.ids) }

// appendTo appends what is left to dst.
func (p *pieces) appendTo(dst []uint32) []uint32 {
	for i := int32(0); int(i) < len(p.ids); i = p.next[i] {
		dst = append(dst, p.ids[i])
	}
	return dst
}
