package mix

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"feilun/internal/hint"
)

// A gram is one run of tokens that is searched for.
type gram struct {
	from, to uint32 // in grams.text
	tokens   uint32
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

// prefixes finds grams by the hash of their first tokens. The filter, three
// bits a hash in one word, turns nearly all others away.
type prefixes struct {
	tokens int // how many are hashed; 0 when there are no grams
	filter []uint64
	slots  []slot
}

// bits returns the word of a spread hash and its bits there.
func (p *prefixes) bits(s uint64) (word int, set uint64) {
	hi, _ := bits.Mul64(s, uint64(len(p.filter)))
	return int(hi), 1<<(s&63) | 1<<(s>>6&63) | 1<<(s>>12&63)
}

type slot struct {
	hash uint64
	gram int32 // -1 when empty
}

const mulRoll = 0x9e3779b97f4a7c15 // odd, the golden ratio times 2^64

// hashRun is the hash of the first n of some tokens' hashes.
func hashRun(tokens []token) (h uint64) {
	for i := range tokens {
		h = h*mulRoll + tokens[i].hash
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
	t.keep = true
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
	texts := 0
	err := eachItem(name, p, func(line int, fields []string) error {
		texts += len(fields)
		best, weight := longest(t, fields)
		it := item{set: set, line: line, text: clip(best, sampleItem)}
		for _, f := range fields {
			t.cut(f)
			it.grams = g.field(it.grams, t, n, known)
		}
		if len(it.grams) == 0 && p.Sentence > 0 {
			it.grams = g.sentences(it.grams, t, fields, max(p.Sentence*wordWeight, weight*3/4), known)
		}
		slices.Sort(it.grams)
		it.grams = slices.Compact(it.grams)
		for _, id := range it.grams {
			g.holders[id] = append(g.holders[id], uint32(len(g.items)))
		}
		g.items = append(g.items, it)
		return nil
	})
	if err == nil && texts == 0 {
		err = hint.Usage(hint.With(fmt.Errorf("%s: no item has a text that could be searched for", name), "fields names the fields to take; without it all are taken but ids, labels and names of sources"))
	}
	return err
}

// sentences adds the fields of at least that weight, each to be found where it
// stands as a sentence: the longest, and those nearly as long, such as the other
// half of a minimal pair, but not the short choices beside a question.
func (g *grams) sentences(out []uint32, t *tokenText, fields []string, least int, known map[string]uint32) []uint32 {
	for _, f := range fields {
		if t.cut(f); t.total() >= least {
			out = g.add(out, t, 0, len(t.tokens), true, known)
		}
	}
	return out
}

// field adds the grams of one field: all runs of n words, or the field as a
// whole where it is shorter.
func (g *grams) field(out []uint32, t *tokenText, n int, known map[string]uint32) []uint32 {
	if w := t.total(); w < n*wordWeight {
		if g.params.Whole > 0 && w >= g.params.Whole*wordWeight {
			return g.add(out, t, 0, len(t.tokens), false, known)
		}
		return out
	}
	for i := range t.tokens {
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
		g.all = append(g.all, gram{from: at, to: uint32(len(g.text)), tokens: uint32(to - from), sentence: sentence})
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
		p.filter = make([]uint64, count/5+1)
		for i := range g.all {
			if x := &g.all[i]; x.sentence == sentence {
				t.cut(string(g.text[x.from:x.to]))
				x.next = p.insert(hashRun(t.tokens[:p.tokens]), int32(i))
			}
		}
	}
}

// insert puts a gram first in the chain of its hash and returns the one after.
func (p *prefixes) insert(h uint64, gram int32) (next int32) {
	s := spread(h)
	word, set := p.bits(s)
	p.filter[word] |= set
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
	if word, set := p.bits(s); p.filter[word]&set != set {
		return -1
	}
	return p.lookup(h, s)
}

func (p *prefixes) lookup(h, s uint64) int32 {
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

// scan returns what a text, which t has cut, holds, in order. It appends to dst.
func (g *grams) scan(text string, t *tokenText, dst []hit) []hit {
	all := t.tokens
	if m := g.anywhere.tokens; m > 0 && len(all) >= m {
		top := uint64(1)
		for range m - 1 {
			top *= mulRoll
		}
		h := hashRun(all[:m-1])
		for i, last := range all[m-1:] {
			h = h*mulRoll + last.hash
			if at := g.anywhere.find(h); at >= 0 {
				dst = g.verify(text, t, i, at, dst)
			}
			h -= all[i].hash * top
		}
	}
	if m := g.sentence.tokens; m > 0 {
		for i := range all {
			if all[i].start && i+m <= len(all) {
				if at := g.sentence.find(hashRun(all[i : i+m])); at >= 0 {
					dst = g.verify(text, t, i, at, dst)
				}
			}
		}
		slices.SortStableFunc(dst, func(a, b hit) int { return cmp.Compare(a.from, b.from) })
	}
	return dst
}

// verify compares the grams of a chain with the text from token i on.
func (g *grams) verify(text string, t *tokenText, i int, at int32, dst []hit) []hit {
	for ; at >= 0; at = g.all[at].next {
		x := &g.all[at]
		end := i + int(x.tokens)
		if end > len(t.tokens) || x.sentence && end < len(t.tokens) && !t.tokens[end].start {
			continue
		}
		from, to := t.tokens[i].from, t.tokens[end-1].to
		if t.equal(text[from:to], g.text[x.from:x.to]) {
			dst = append(dst, hit{uint32(at), from, to})
		}
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
