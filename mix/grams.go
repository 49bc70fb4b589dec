package mix

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// A gram is one run of tokens that is searched for.
type gram struct {
	from, to uint32 // in grams.text
	tokens   uint16
	sentence bool  // found only where it stands as a sentence or line
	next     int32 // with the same first tokens; -1 ends the chain
}

// grams is the set of all runs of tokens that are searched for, by the hash of
// their first tokens. A hit is verified against the run's own text. It does not
// change once built and may be used by several goroutines.
type grams struct {
	params   *DecontaminateParams
	sets     []string // names
	lengths  []int    // ngram of each set, in words
	items    []item
	text     []byte
	all      []gram
	holders  [][]uint32 // items that hold each gram
	anywhere prefixes
	sentence prefixes
}

// prefixes finds grams by the hash of their first tokens.
type prefixes struct {
	tokens int // how many are hashed; 0 when there are no grams
	filter []uint64
	mask   uint64 // of bits in the filter
	slots  []slot
}

type slot struct {
	hash uint64
	gram int32 // -1 when empty
}

const mulRoll = 0x9e3779b97f4a7c15 // odd, the golden ratio times 2^64

// hashRun is the hash of the first n of some tokens' hashes.
func hashRun(tokens []uint64) (h uint64) {
	for _, x := range tokens {
		h = h*mulRoll + x
	}
	return h
}

func spread(h uint64) uint64 { return (h ^ h>>31) * 0xbf58476d1ce4e5b9 }

// newGrams reads the sets.
func newGrams(p *DecontaminateParams) (*grams, error) {
	files, err := setFiles(p)
	if err != nil {
		return nil, err
	}
	g := &grams{params: p, sets: setNames(files)}
	known := map[string]uint32{}
	t := newTokenText()
	for i, name := range files {
		if err := g.read(i, name, t, known); err != nil {
			return nil, err
		}
	}
	if len(g.text) > math.MaxUint32 {
		return nil, fmt.Errorf("the test sets hold more than 4 GiB of text")
	}
	g.index(t)
	return g, nil
}

// read adds the items of one set.
func (g *grams) read(set int, name string, t *tokenText, known map[string]uint32) error {
	p := g.params
	n := p.Ngram
	if p.Adapt {
		var weights []int
		err := eachItem(name, p, func(_ int, fields []string) error {
			_, w := longest(t, fields)
			weights = append(weights, w)
			return nil
		})
		if err != nil {
			return err
		}
		p5, err := percentile5(weights)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		n = min(n, max(p5/wordWeight, p.Whole, 1))
	}
	g.lengths = append(g.lengths, n)
	return eachItem(name, p, func(line int, fields []string) error {
		best, _ := longest(t, fields)
		it := item{set: set, line: line, text: clip(best, sampleItem)}
		for _, f := range fields {
			t.cut(f)
			it.grams = g.field(it.grams, t, n, known)
		}
		if t.cut(best); len(it.grams) == 0 && p.Sentence > 0 && t.total() >= p.Sentence*wordWeight {
			it.grams = g.add(it.grams, t, 0, len(t.ends), true, known)
		}
		slices.Sort(it.grams)
		it.grams = slices.Compact(it.grams)
		for _, id := range it.grams {
			g.holders[id] = append(g.holders[id], uint32(len(g.items)))
		}
		g.items = append(g.items, it)
		return nil
	})
}

// field adds the grams of one field: all runs of n words, or the field as a
// whole where it is shorter.
func (g *grams) field(out []uint32, t *tokenText, n int, known map[string]uint32) []uint32 {
	if w := t.total(); w < n*wordWeight {
		if g.params.Whole > 0 && w >= g.params.Whole*wordWeight {
			return g.add(out, t, 0, len(t.ends), false, known)
		}
		return out
	}
	for i := range t.ends {
		end, ok := t.run(i, n*wordWeight)
		if !ok {
			break
		}
		out = g.add(out, t, i, end, false, known)
	}
	return out
}

func (g *grams) add(out []uint32, t *tokenText, from, to int, sentence bool, known map[string]uint32) []uint32 {
	text := t.norm[t.begin(from):t.ends[to-1]]
	key := string(text)
	if sentence {
		key = "\n" + key
	}
	id, ok := known[key]
	if !ok {
		id = uint32(len(g.all))
		known[key] = id
		at := uint32(len(g.text))
		g.text = append(g.text, text...)
		g.all = append(g.all, gram{from: at, to: uint32(len(g.text)), tokens: uint16(min(to-from, math.MaxUint16)), sentence: sentence})
		g.holders = append(g.holders, nil)
	}
	return append(out, id)
}

// index builds the tables of first tokens.
func (g *grams) index(t *tokenText) {
	for _, sentence := range []bool{false, true} {
		p := &g.anywhere
		if sentence {
			p = &g.sentence
		}
		count := 0
		for _, x := range g.all {
			if x.sentence == sentence {
				if count++; count == 1 || int(x.tokens) < p.tokens {
					p.tokens = int(x.tokens)
				}
			}
		}
		if count == 0 {
			continue
		}
		size := uint64(1) << bits.Len64(uint64(2*count))
		p.slots = make([]slot, size)
		for i := range p.slots {
			p.slots[i].gram = -1
		}
		p.mask = max(size*8, 64) - 1
		p.filter = make([]uint64, (p.mask+1)/64)
		for i := range g.all {
			if x := &g.all[i]; x.sentence == sentence {
				t.cut(string(g.text[x.from:x.to]))
				x.next = p.insert(hashRun(t.hash[:p.tokens]), int32(i))
			}
		}
	}
}

// insert puts a gram first in the chain of its hash and returns the one after.
func (p *prefixes) insert(h uint64, gram int32) (next int32) {
	s := spread(h)
	p.filter[s&p.mask/64] |= 1 << (s & 63)
	for i := s >> 20 & uint64(len(p.slots)-1); ; i = (i + 1) & uint64(len(p.slots)-1) {
		if p.slots[i].gram < 0 || p.slots[i].hash == h {
			next = p.slots[i].gram
			p.slots[i] = slot{h, gram}
			return next
		}
	}
}

// find returns the first gram of the chain of a hash, or -1.
func (p *prefixes) find(h uint64) int32 {
	s := spread(h)
	if p.filter[s&p.mask/64]>>(s&63)&1 == 0 {
		return -1
	}
	for i := s >> 20 & uint64(len(p.slots)-1); p.slots[i].gram >= 0; i = (i + 1) & uint64(len(p.slots)-1) {
		if p.slots[i].hash == h {
			return p.slots[i].gram
		}
	}
	return -1
}

// A hit is a gram found in a document, at text[from:to].
type hit struct {
	gram     uint32
	from, to uint32
}

// scan returns what a text cut into tokens holds, in order. It appends to dst.
func (g *grams) scan(t *tokenText, dst []hit) []hit {
	if m := g.anywhere.tokens; m > 0 && len(t.hash) >= m {
		top := uint64(1)
		for range m - 1 {
			top *= mulRoll
		}
		h := hashRun(t.hash[:m-1])
		for i := 0; i+m <= len(t.hash); i++ {
			h = h*mulRoll + t.hash[i+m-1]
			if at := g.anywhere.find(h); at >= 0 {
				dst = g.verify(t, i, at, dst)
			}
			h -= t.hash[i] * top
		}
	}
	if m := g.sentence.tokens; m > 0 {
		for i, first := range t.starts {
			if first && i+m <= len(t.hash) {
				if at := g.sentence.find(hashRun(t.hash[i : i+m])); at >= 0 {
					dst = g.verify(t, i, at, dst)
				}
			}
		}
		slices.SortStableFunc(dst, func(a, b hit) int { return int(a.from) - int(b.from) })
	}
	return dst
}

// verify compares the grams of a chain with the tokens from i on.
func (g *grams) verify(t *tokenText, i int, at int32, dst []hit) []hit {
	rest := t.norm[t.begin(i):]
	for ; at >= 0; at = g.all[at].next {
		x := &g.all[at]
		text := g.text[x.from:x.to]
		if !bytes.HasPrefix(rest, text) || len(rest) > len(text) && rest[len(text)] != ' ' {
			continue
		}
		end := i + int(x.tokens)
		if x.tokens == math.MaxUint16 {
			end = i + bytes.Count(text, []byte(" ")) + 1
		}
		if x.sentence && end < len(t.starts) && !t.starts[end] {
			continue
		}
		dst = append(dst, hit{uint32(at), t.from[i], t.to[end-1]})
	}
	return dst
}

// clip cuts a text to so many bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
