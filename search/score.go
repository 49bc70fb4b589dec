package search

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/terms"
)

// window is how many chunks are scored at a time.
const window = 4096

// A candidate is a chunk with its score.
type candidate struct {
	seg   int
	chunk uint32
	score float64
}

// A cursor walks the postings of one term, or of several taken as one.
type cursor struct {
	list
	weight float32
	bound  float32 // in the current window
}

// impacts holds BM25's term factor for each code and length.
type impacts [numCodes][256]float32

func (x *Index) impacts(r *Ranking) *impacts {
	t := new(impacts)
	for code := range t {
		tf := float64(code >> 1)
		for b := range t[code] {
			t[code][b] = float32(tf*(r.K1+1)/max(1e-9, tf+r.K1*(1-r.B+r.B*lengthOf(uint8(b))/x.average)) + float64(code&1)*r.Title)
		}
	}
	return t
}

// candidates finds the n chunks of the highest BM25 scores. more says that there
// are others.
func (x *Index) candidates(ctx context.Context, p *parsed, r *Ranking, n int) (found []candidate, more bool, err error) {
	var t *impacts
	if d := x.defaults; r.K1 == d.K1 && r.B == d.B && r.Title == d.Title {
		t = x.standard()
	} else {
		t = x.impacts(r)
	}
	h := &heap{limit: n}
	entries, idf := x.lookup(p)
	p.idf = idf
	for i, s := range x.segments {
		e := engine{s: s, seg: i, impacts: t, heap: h, p: p}
		for j, qt := range p.terms {
			if w := qt.weight * idf[j]; w > 0 {
				e.add(entries[i][j], float32(w))
			}
		}
		if err := e.run(ctx); err != nil {
			return nil, false, err
		}
	}
	slices.SortFunc(h.items, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.seg, b.seg), cmp.Compare(a.chunk, b.chunk))
	})
	return h.items, len(h.items) == n, nil
}

// lookup finds the terms in each segment, and their inverse document frequency.
func (x *Index) lookup(p *parsed) (entries [][][]termEntry, idf []float64) {
	entries = make([][][]termEntry, len(x.segments))
	df := make([]int, len(p.terms))
	for i, s := range x.segments {
		entries[i] = make([][]termEntry, len(p.terms))
		for j, qt := range p.terms {
			for _, e := range s.expand(qt.term) {
				entries[i][j] = append(entries[i][j], e)
				df[j] += e.n
			}
		}
	}
	idf = make([]float64, len(p.terms))
	for j, n := range df {
		n = min(n, x.chunks)
		idf[j] = math.Log(1 + (float64(x.chunks-n)+0.5)/(float64(n)+0.5))
	}
	return entries, idf
}

// expand finds the entries of a query's term: itself, or for a single character
// of a script without spaces all pairs it is in.
func (s *segment) expand(term string) []termEntry {
	var out []termEntry
	if e, ok := s.find([]byte(term)); ok {
		out = append(out, e)
	}
	r, n := utf8.DecodeRuneInString(term)
	if n != len(term) || terms.Entry(r)>>24 != terms.ClassPair {
		return out
	}
	// Pairs lie behind all terms of ASCII in the dictionary.
	for t, ok := s.from([]byte{0x80}); ok; ok = t.next() {
		if b := string(t.entry.term); len(b) > n && (strings.HasPrefix(b, term) || strings.HasSuffix(b, term)) && utf8.RuneCountInString(b) == 2 {
			out = append(out, t.entry)
		}
	}
	return out
}

// An engine scores the chunks of one segment.
type engine struct {
	s       *segment
	seg     int
	impacts *impacts
	heap    *heap
	p       *parsed
	cursors []*cursor

	score [window]float32
	seen  [window / 64]uint64
	must  []*list // terms a chunk needs
	not   []*list
	skips bool
}

func (e *engine) add(entries []termEntry, weight float32) {
	for _, t := range entries {
		c := &cursor{weight: weight}
		if c.open(t.post, t.n, t.all) {
			e.cursors = append(e.cursors, c)
		}
	}
}

// filters opens the lists of terms that a chunk must or must not have. It
// reports false when a chunk cannot have them all.
func (e *engine) filters() bool {
	for _, term := range distinct(e.p.phrases...) {
		t, ok := e.s.find([]byte(term))
		l := new(list)
		if !ok || !l.open(t.post, t.n, t.all) {
			return false
		}
		e.must = append(e.must, l)
	}
	for _, term := range distinct(e.p.not) {
		l := new(list)
		if t, ok := e.s.find([]byte(term)); ok && l.open(t.post, t.n, t.all) {
			e.not = append(e.not, l)
		}
	}
	e.skips = len(e.must)+len(e.not) > 0 || e.p.site != ""
	return true
}

func (e *engine) run(ctx context.Context) error {
	if len(e.cursors) == 0 || !e.filters() {
		return nil
	}
	lens := e.s.file[fileLens]
	for base := 0; base < len(lens); base += window {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.window(uint32(base), min(window, len(lens)-base))
	}
	return nil
}

// window scores the chunks base..base+n. Terms are taken from the one that can
// add most; when the rest together cannot lift a chunk over the threshold, only chunks seen so far
// go on (MaxScore: Turtle and Flood, Query evaluation, 1995; with bounds of blocks).
func (e *engine) window(base uint32, n int) {
	total, threshold := float32(0), e.heap.threshold()
	active := e.cursors[:0:0]
	for _, c := range e.cursors {
		if c.bound = e.bound(c, base, base+uint32(n)-1); c.bound > 0 {
			total += c.bound
			active = append(active, c)
		}
	}
	if total <= threshold {
		return
	}
	slices.SortStableFunc(active, func(a, b *cursor) int { return cmp.Compare(b.bound, a.bound) })
	e.seen = [window / 64]uint64{}
	rest := total
	for _, c := range active {
		if rest > threshold {
			e.all(c, base, n)
		} else {
			e.some(c, base, n, threshold-rest)
		}
		rest -= c.bound
	}
	e.collect(base, n)
}

// bound returns the most that c can add to a chunk of a window.
func (e *engine) bound(c *cursor, first, last uint32) float32 {
	b := max(0, c.block)
	if b >= c.blocks() {
		return 0
	}
	most := float32(0)
	for ; b < c.blocks(); b++ {
		if end := c.last(b); end < first {
			continue
		}
		w := c.boundsOf(b)
		most = max(most, e.impacts.most(w))
		if c.last(b) >= last {
			break
		}
	}
	return most * c.weight * 1.0001 // sums of rounded numbers may exceed the rounded sum
}

// most is the highest factor within bounds.
func (t *impacts) most(b bounds) float32 { return t[b.code][b.length] }

// all adds a term's scores to every chunk of the window that has it.
func (e *engine) all(c *cursor, base uint32, n int) {
	lens := e.s.file[fileLens][base : int(base)+n]
	for ok := c.seek(base); ok; ok = c.advance() {
		chunks, codes := c.chunks[c.at:c.have], c.codes[c.at:c.have]
		for i, d := range chunks {
			d -= base
			if d >= uint32(n) {
				c.at += i
				return
			}
			s := c.weight * e.impacts[codes[i]&(numCodes-1)][lens[d]]
			if bit := uint64(1) << (d & 63); e.seen[d/64]&bit == 0 {
				e.seen[d/64] |= bit
				e.score[d] = s
			} else {
				e.score[d] += s
			}
		}
	}
}

// some adds a term's scores to the chunks seen that may still pass: those whose
// score is above least, and forgets the others.
func (e *engine) some(c *cursor, base uint32, n int, least float32) {
	lens := e.s.file[fileLens][base : int(base)+n]
	for w := range e.seen {
		for set := e.seen[w]; set != 0; set &= set - 1 {
			d := uint32(w*64 + bits.TrailingZeros64(set))
			if e.score[d] <= least {
				e.seen[w] &^= 1 << (d & 63)
				continue
			}
			if c.seek(base+d) && c.chunks[c.at] == base+d {
				e.score[d] += c.weight * e.impacts[c.codes[c.at]&(numCodes-1)][lens[d]]
			}
		}
	}
}

// collect offers what was seen to the heap.
func (e *engine) collect(base uint32, n int) {
	for w := range e.seen {
		for set := e.seen[w]; set != 0; set &= set - 1 {
			d := uint32(w*64 + bits.TrailingZeros64(set))
			if d >= uint32(n) || e.score[d] <= e.heap.threshold() || e.skips && !e.passes(base+d) {
				continue
			}
			e.heap.push(candidate{e.seg, base + d, float64(e.score[d])})
		}
	}
}

// passes applies the filters of the query to a chunk.
func (e *engine) passes(chunk uint32) bool {
	for _, l := range e.must {
		if !l.seek(chunk) || l.chunks[l.at] != chunk {
			return false
		}
	}
	for _, l := range e.not {
		if l.seek(chunk) && l.chunks[l.at] == chunk {
			return false
		}
	}
	if e.p.site == "" {
		return true
	}
	r, err := e.s.head(e.s.doc(e.s.chunk(chunk).doc))
	return err == nil && hostMatches(hostOf(r.url), e.p.site)
}

// A heap keeps the candidates of the highest scores; its first item is the
// lowest of them.
type heap struct {
	limit int
	items []candidate
}

// threshold is the score that a candidate must exceed.
func (h *heap) threshold() float32 {
	if len(h.items) < h.limit {
		return 0
	}
	return float32(h.items[0].score)
}

func (h *heap) push(c candidate) {
	if len(h.items) < h.limit {
		h.items = append(h.items, c)
		for i := len(h.items) - 1; i > 0 && h.items[(i-1)/2].score > h.items[i].score; i = (i - 1) / 2 {
			h.items[i], h.items[(i-1)/2] = h.items[(i-1)/2], h.items[i]
		}
		return
	}
	h.items[0] = c
	for i := 0; ; {
		low := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(h.items) && h.items[child].score < h.items[low].score {
				low = child
			}
		}
		if low == i {
			return
		}
		h.items[i], h.items[low] = h.items[low], h.items[i]
		i = low
	}
}
