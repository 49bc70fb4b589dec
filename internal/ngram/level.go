package ngram

import "math/bits"

// A level holds the n-grams of one length. An n-gram is its first n-1 words,
// given as the place of their n-gram in the level below, and its last word;
// single words have no parent and lie at the place of their number.
type level struct {
	parent []uint32
	word   []uint32
	prob   []float32 // log10; NaN for those that only longer n-grams need
	back   []float32 // log10 of the back-off
	slots  []uint32  // hash table of places plus one; nil for single words
}

func slotHash(parent, word uint32) uint64 {
	hi, lo := bits.Mul64((uint64(parent)<<32|uint64(word))^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// find returns the place of the n-gram of a parent and a word.
func (l *level) find(parent, word uint32) (uint32, bool) {
	if len(l.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(l.slots) - 1)
	for at := slotHash(parent, word) & mask; ; at = (at + 1) & mask {
		e := l.slots[at]
		if e == 0 {
			return 0, false
		}
		if e--; l.word[e] == word && l.parent[e] == parent {
			return e, true
		}
	}
}

// add puts an n-gram in that is not there yet and returns its place. Its
// probability is missing and its back-off 0 until somebody sets them.
func (l *level) add(parent, word uint32) uint32 {
	l.grow(len(l.word) + 1)
	e := uint32(len(l.word))
	l.parent, l.word = append(l.parent, parent), append(l.word, word)
	l.insert(e)
	return e
}

// insert enters place e into the table.
func (l *level) insert(e uint32) {
	mask := uint64(len(l.slots) - 1)
	at := slotHash(l.parent[e], l.word[e]) & mask
	for l.slots[at] != 0 {
		at = (at + 1) & mask
	}
	l.slots[at] = e + 1
}

// grow makes room for n n-grams at most two thirds full.
func (l *level) grow(n int) {
	if 3*n <= 2*len(l.slots) {
		return
	}
	size := max(16, len(l.slots))
	for 3*n > 2*size {
		size *= 2
	}
	l.slots = make([]uint32, size)
	for e := range l.word {
		l.insert(uint32(e))
	}
}

// fill gives n-grams without values a missing probability and no back-off.
func (l *level) fill() {
	for len(l.prob) < len(l.word) {
		l.prob, l.back = append(l.prob, missing), append(l.back, 0)
	}
}
