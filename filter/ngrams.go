package filter

import (
	"feilun/internal/words"
)

// grams numbers sequences of tokens: equal sequences get equal numbers, in the
// order in which they first appear. Sequences of n tokens are pairs of a sequence
// of n-1 and a token, so that numbers never collide.
type grams struct {
	token  []uint32 // number of each token
	run    []uint32 // number of the sequence that starts at each token
	first  []uint32 // token at which each sequence first appears
	count  []uint32
	runes  []uint32 // code points before each token, tokens set solid
	bytes  []uint32 // the same in bytes
	solid  []byte   // the tokens without anything between
	rolled []uint64 // rolling hash of solid up to each token
	powers []uint64
	table  []slot
}

// A slot of an open hash table; empty when value is 0.
type slot struct {
	key   uint64
	value uint32
}

// clearTable readies the hash table for n entries.
func (g *grams) clearTable(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(g.table) < size {
		g.table = make([]slot, size)
		return
	}
	g.table = g.table[:size]
	clear(g.table)
}

// pair returns the number of key, which is next when key is new.
func (g *grams) pair(key uint64, next uint32) uint32 {
	mask := uint64(len(g.table) - 1)
	for at := words.Mix(key, 0) & mask; ; at = (at + 1) & mask {
		switch s := &g.table[at]; {
		case s.value == 0:
			*s = slot{key, next + 1}
			return next
		case s.key == key:
			return s.value - 1
		}
	}
}

// reset numbers the tokens of a text.
func (g *grams) reset(text string, toks []words.Word) {
	g.token, g.first = g.token[:0], g.first[:0]
	g.runes, g.bytes, g.solid = append(g.runes[:0], 0), append(g.bytes[:0], 0), g.solid[:0]
	g.rolled = append(g.rolled[:0], 0)
	g.clearTable(len(toks))
	mask := uint64(len(g.table) - 1)
	var runes uint32
	for i, w := range toks {
		runes += w.Runes
		g.solid = append(g.solid, w.Of(text)...)
		g.runes, g.bytes = append(g.runes, runes), append(g.bytes, uint32(len(g.solid)))
		g.rolled = append(g.rolled, roll(g.rolled[i], g.solid[g.bytes[i]:]))
		for at := w.Hash & mask; ; at = (at + 1) & mask {
			s := &g.table[at]
			if s.value == 0 {
				*s = slot{w.Hash, uint32(len(g.first)) + 1}
				g.token = append(g.token, uint32(len(g.first)))
				g.first = append(g.first, uint32(i))
				break
			}
			if s.key == w.Hash && toks[g.first[s.value-1]].Of(text) == w.Of(text) {
				g.token = append(g.token, s.value-1)
				break
			}
		}
	}
	g.run = append(g.run[:0], g.token...)
}

// lengthen turns the sequences of n-1 tokens in g.run into those of n, and
// counts them.
func (g *grams) lengthen(n int) {
	g.first, g.count = g.first[:0], g.count[:0]
	last := len(g.token) - n + 1
	g.clearTable(last)
	for i := range last {
		id := g.pair(uint64(g.run[i])<<32|uint64(g.token[i+n-1]), uint32(len(g.first)))
		if id == uint32(len(g.first)) {
			g.first = append(g.first, uint32(i))
			g.count = append(g.count, 0)
		}
		g.run[i] = id
		g.count[id]++
	}
	g.run = g.run[:last]
}

// top returns the code points that the most frequent sequence of n tokens
// covers, its tokens joined by spaces; the first of equally frequent ones counts.
func (g *grams) top(n int) int {
	best := 0
	for id, c := range g.count {
		if c > g.count[best] {
			best = id
		}
	}
	i := g.first[best]
	length := g.runes[int(i)+n] - g.runes[i] + uint32(n-1)
	return int(length) * int(g.count[best])
}

// repeated returns the code points of sequences of n tokens, set solid, that
// have been seen further left. A repeat is counted and jumped over, so that
// repeats do not overlap. Equal hashes are compared byte by byte.
func (g *grams) repeated(n int) int {
	last := len(g.token) - n + 1
	g.clearTable(max(last, 0))
	mask := uint64(len(g.table) - 1)
	sum := 0
	for i := 0; i < last; {
		piece := g.solid[g.bytes[i]:g.bytes[i+n]]
		h := g.hash(i, n)
		seen := false
		for at := h & mask; ; at = (at + 1) & mask {
			s := &g.table[at]
			if s.value == 0 {
				*s = slot{h, uint32(i) + 1}
				break
			}
			if j := int(s.value - 1); s.key == h && string(g.solid[g.bytes[j]:g.bytes[j+n]]) == string(piece) {
				seen = true
				break
			}
		}
		if seen {
			sum += int(g.runes[i+n] - g.runes[i])
			i += n
		} else {
			i++
		}
	}
	return sum
}

// hashBase is the base of the rolling hash, modulo 2^64.
const hashBase = 0x9e3779b97f4a7c15

// roll takes up the bytes of a token in the rolling hash of all before it.
func roll(h uint64, token []byte) uint64 {
	for _, c := range token {
		h = h*hashBase + uint64(c) + 1
	}
	return h
}

// hash is the hash of n tokens from i set solid: of their bytes alone, wherever
// one token ends and the next begins.
func (g *grams) hash(i, n int) uint64 {
	return words.Mix(g.rolled[i+n]-g.rolled[i]*g.power(int(g.bytes[i+n]-g.bytes[i])), 0)
}

// power returns hashBase to the n; small powers are kept.
func (g *grams) power(n int) uint64 {
	const most = 1 << 12
	for len(g.powers) <= n && len(g.powers) < most {
		if len(g.powers) == 0 {
			g.powers = append(g.powers, 1)
			continue
		}
		g.powers = append(g.powers, g.powers[len(g.powers)-1]*hashBase)
	}
	if n < len(g.powers) {
		return g.powers[n]
	}
	p := uint64(1)
	for base := uint64(hashBase); n > 0; n >>= 1 {
		if n&1 == 1 {
			p *= base
		}
		base *= base
	}
	return p
}
