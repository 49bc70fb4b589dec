package filter

import (
	"bytes"
	"encoding/binary"

	"feilun/internal/words"
)

// grams numbers sequences of tokens: equal sequences get equal numbers, in the
// order in which they first appear. Sequences of n tokens are pairs of a sequence
// of n-1 and a token, so that numbers never collide.
type grams struct {
	token  []uint32 // number of each token
	often  []uint32 // how often each token number occurs
	run    []uint32 // number of the sequence that starts at each token
	first  []uint32 // token at which each sequence first appears
	count  []uint32
	runes  []uint32 // code points before each token, tokens set solid
	bytes  []uint32 // the same in bytes
	solid  []byte   // the tokens without anything between
	shared []uint32 // tokens at which a repeat of five or more tokens may begin
	table
}

// pair returns the number of key, which is next when key is new.
func (g *grams) pair(key uint64, next uint32) uint32 {
	mask := uint64(len(g.slots) - 1)
	for at := words.Mix(key, 0) & mask; ; at = (at + 1) & mask {
		switch s := &g.slots[at]; {
		case s.round != g.round:
			*s = slot{key, next, g.round}
			return next
		case s.key == key:
			return s.value
		}
	}
}

// reset numbers the tokens of a text.
func (g *grams) reset(text string, toks []words.Word) {
	g.token, g.first = g.token[:0], g.first[:0]
	g.runes, g.bytes, g.solid = append(g.runes[:0], 0), append(g.bytes[:0], 0), g.solid[:0]
	g.often = g.often[:0]
	g.renew(len(toks))
	mask := uint64(len(g.slots) - 1)
	var runes uint32
	for i, w := range toks {
		runes += w.Runes
		g.solid = append(g.solid, w.Of(text)...)
		g.runes, g.bytes = append(g.runes, runes), append(g.bytes, uint32(len(g.solid)))
		for at := w.Hash & mask; ; at = (at + 1) & mask {
			s := &g.slots[at]
			if s.round != g.round {
				*s = slot{w.Hash, uint32(len(g.first)), g.round}
				g.token = append(g.token, uint32(len(g.first)))
				g.first = append(g.first, uint32(i))
				g.often = append(g.often, 1)
				break
			}
			if s.key == w.Hash && toks[g.first[s.value]].Of(text) == w.Of(text) {
				g.token = append(g.token, s.value)
				g.often[s.value]++
				break
			}
		}
	}
}

// lengthen turns the sequences of n-1 tokens in g.run into those of n, and
// counts them.
func (g *grams) lengthen(n int) {
	g.first, g.count = g.first[:0], g.count[:0]
	last := len(g.token) - n + 1
	g.renew(last)
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
	g.run = append(g.run[:0], g.token...)
	for k := 2; k <= n; k++ {
		g.lengthen(k)
	}
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

// atMost bounds what [grams.top] can return for n: a sequence is no more
// frequent than its rarest token.
func (g *grams) atMost(n int) int {
	most := 0
	for i := range len(g.token) - n + 1 {
		rarest := g.often[g.token[i]]
		for _, t := range g.token[i+1 : i+n] {
			rarest = min(rarest, g.often[t])
		}
		most = max(most, int(rarest)*int(g.runes[i+n]-g.runes[i]+uint32(n-1)))
	}
	return most
}

// headLength is how many bytes two repeated sequences must share for one test
// to rule most of them out.
const headLength = 16

// findShared lists the tokens at which a sequence of five or more tokens that
// repeats may begin: its first 16 bytes occur at another token too, or it may be
// shorter. All others can be left out without changing what repeats.
func (g *grams) findShared() {
	g.shared = g.shared[:0]
	last := len(g.token) - 4
	g.renew(max(last, 0))
	g.run = append(g.run[:0], make([]uint32, max(last, 0))...) // 1 where a head is shared
	mask := uint64(len(g.slots) - 1)
	for i := range last {
		from := g.bytes[i]
		if g.bytes[i+5]-from < headLength {
			g.run[i] = 1
			continue
		}
		head := g.solid[from : from+headLength]
		h := words.Mix(binary.LittleEndian.Uint64(head), binary.LittleEndian.Uint64(head[8:]))
		for at := h & mask; ; at = (at + 1) & mask {
			s := &g.slots[at]
			if s.round != g.round {
				*s = slot{h, uint32(i), g.round}
				break
			}
			if s.key == h {
				g.run[i], g.run[s.value] = 1, 1
				break
			}
		}
	}
	for i, is := range g.run {
		if is == 1 {
			g.shared = append(g.shared, uint32(i))
		}
	}
}

// repeated returns the code points of sequences of n tokens, at least 5, set
// solid, that have been seen further left. A repeat is counted and jumped over,
// so that repeats do not overlap. Equal hashes are compared byte by byte.
func (g *grams) repeated(n int) int {
	last := uint32(len(g.token) - n + 1)
	g.renew(len(g.shared))
	mask := uint64(len(g.slots) - 1)
	sum, next := 0, uint32(0)
	for _, i := range g.shared {
		if i < next {
			continue
		}
		if i >= last {
			break
		}
		piece := g.solid[g.bytes[i]:g.bytes[i+uint32(n)]]
		h := words.HashBytes(piece)
		for at := h & mask; ; at = (at + 1) & mask {
			s := &g.slots[at]
			if s.round != g.round {
				*s = slot{h, i, g.round}
				break
			}
			if j := s.value; s.key == h && bytes.Equal(g.solid[g.bytes[j]:g.bytes[j+uint32(n)]], piece) {
				sum += int(g.runes[i+uint32(n)] - g.runes[i])
				next = i + uint32(n)
				break
			}
		}
	}
	return sum
}
