package fasttext

import (
	"math"
	"slices"
)

// norms returns the length of each row.
func (m *dense) norms() []float32 {
	out := make([]float32, m.rows)
	for i := range out {
		var sum float64
		for _, v := range m.row(int32(i)) {
			sum += float64(float32(v * v))
		}
		out[i] = float32(math.Sqrt(sum))
	}
	return out
}

// longest returns the n rows of greatest length, "</s>" first whatever its own.
func (m *Model) longest(n int) []int32 {
	norms := m.input.(*dense).norms()
	end := m.dict.lookup([]byte(eos), eosHash)
	rows := make([]int32, len(norms))
	for i := range rows {
		rows[i] = int32(i)
	}
	stdSort(rows, func(a, b int32) bool {
		return a == end && b != end || b != end && norms[a] > norms[b]
	})
	return rows[:n]
}

// prune returns a model with only the given rows of the input matrix: words in
// their order, then n-grams in the order of rows.
func (m *Model) prune(rows []int32) *Model {
	var words, grams []int32
	for _, r := range rows {
		if r < m.dict.words {
			words = append(words, r)
		} else {
			grams = append(grams, r)
		}
	}
	slices.Sort(words)
	in, all := newDense(int64(len(rows)), int64(m.Dim)), m.input.(*dense)
	for i, r := range slices.Concat(words, grams) {
		copy(in.row(int32(i)), all.row(r))
	}
	out := *m
	out.input, out.output = in, m.output.(*dense).clone()
	out.dict = m.dict.prune(words, grams)
	out.prepare()
	return &out
}

func (m *dense) clone() *dense { return &dense{m.rows, m.cols, slices.Clone(m.data)} }

// prune returns a dictionary of the given words, all labels, and n-grams.
func (d *dictionary) prune(words, grams []int32) dictionary {
	out := dictionary{words: int32(len(words)), labels: d.labels, tokens: d.tokens, pruned: int64(len(grams))}
	out.table = newHashTable(len(words) + int(d.labels))
	keep := words
	for i := range d.labels {
		keep = append(keep, d.words+i)
	}
	for i, e := range keep {
		start := uint32(len(out.arena))
		word := d.text(e)
		out.arena = append(out.arena, word...)
		out.ends, out.counts = append(out.ends, uint32(len(out.arena))), append(out.counts, d.counts[e])
		hash := hashBytes(word)
		slot, _ := out.find(word, hash)
		out.table.slots[slot] = hashSlot{hash, int32(i + 1), start, uint32(len(out.arena))}
	}
	buckets := make([]int32, len(grams))
	for i, g := range grams {
		buckets[i] = g - d.words
	}
	for _, i := range mapOrder(buckets) {
		out.pairs = append(out.pairs, buckets[i], i)
	}
	out.indexPairs()
	return out
}

// indexPairs builds the table of the pruned n-grams.
func (d *dictionary) indexPairs() {
	if len(d.pairs) == 0 {
		return
	}
	d.slots = freeTable(len(d.pairs) / 2)
	for i := 0; i < len(d.pairs); i += 2 {
		d.kept = max(d.kept, int64(d.pairs[i+1])+1)
		d.slots[d.slot(d.pairs[i])] = int32(i)
	}
}

// mapSizes are the numbers of buckets that std::unordered_map of GNU's library
// takes as it grows: it goes on to the next when each holds one element.
var mapSizes = [...]int{1, 13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933, 351061, 712697,
	1447153, 2938679, 5967347, 12117689, 24607243, 49969847, 101473717, 206062531, 418451411, 849744917, 1725595831, 3504170261}

// mapOrder returns the indices of keys, which differ and are not negative, in
// the order in which a std::unordered_map gives them back when they are
// inserted one by one: fastText writes pruned n-grams so.
func mapOrder(keys []int32) []int32 {
	const none = -1
	m := chain{keys: keys, next: make([]int32, len(keys)), head: none}
	size := 0
	m.buckets = newBuckets(mapSizes[0])
	for i := range keys {
		if i+1 > mapSizes[size] || i == 0 {
			size++
			m.rehash(mapSizes[size])
		}
		m.insert(int32(i))
	}
	out := make([]int32, 0, len(keys))
	for i := m.head; i != none; i = m.next[i] {
		out = append(out, i)
	}
	return out
}

// A chain is one list of all elements; each bucket knows the element before its
// first one. Element -2 stands for the head, -1 for none.
type chain struct {
	keys, next []int32
	head       int32
	buckets    []int32
}

const (
	chainNone = -1
	chainHead = -2
)

func newBuckets(n int) []int32 {
	b := make([]int32, n)
	for i := range b {
		b[i] = chainNone
	}
	return b
}

func (c *chain) bucket(i int32) int { return int(c.keys[i]) % len(c.buckets) }

func (c *chain) after(i int32) *int32 {
	if i == chainHead {
		return &c.head
	}
	return &c.next[i]
}

// insert puts element i at the front of its bucket.
func (c *chain) insert(i int32) {
	b := c.bucket(i)
	if c.buckets[b] != chainNone {
		before := c.after(c.buckets[b])
		c.next[i], *before = *before, i
		return
	}
	c.next[i] = c.head
	c.head = i
	if c.next[i] != chainNone {
		c.buckets[c.bucket(c.next[i])] = i
	}
	c.buckets[b] = chainHead
}

func (c *chain) rehash(n int) {
	at := c.head
	c.head, c.buckets = chainNone, newBuckets(n)
	for at != chainNone {
		next := c.next[at]
		c.insert(at)
		at = next
	}
}
