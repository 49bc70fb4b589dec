package search

import (
	"cmp"
	"context"
	"math"
	"slices"

	"feilun/internal/terms"
	"feilun/internal/words"
)

// A passage is a candidate whose text was read.
type passage struct {
	candidate
	entry  chunkEntry
	doc    docEntry
	record      // its text is the passage alone
	best   span // of text
	found  []terms.Token
}

// allows applies the filters of a question to a passage that was not found by
// its words.
func (p *parsed) allows(g *passage) bool {
	if p.site != "" && !hostMatches(hostOf(g.url), p.site) {
		return false
	}
	s := terms.NewScanner()
	for _, text := range []string{g.text, g.title} {
		for s.Reset(text); len(p.not) > 0 && s.Next(); {
			if slices.Contains(p.not, string(s.Term(nil))) {
				return false
			}
		}
	}
	return true
}

// A reader reads passages again and scores what BM25 does not see.
type reader struct {
	p     *parsed
	scan  *terms.Scanner
	pairs map[[2]int]float64 // neighbours in the question, with their weight
	all   float64            // weight of all pairs
	total float64            // weight of all terms

	term      []byte
	tokens    []terms.Token // of the passage, those of the question alone
	numbers   []int         // their terms
	count     int           // tokens of the passage, all of them
	sentences []span
	seen      []int // by term: the last sentence or passage that counted it
	turn      int
}

func newReader(p *parsed) *reader {
	r := &reader{p: p, scan: terms.NewScanner(), pairs: map[[2]int]float64{}, seen: make([]int, len(p.terms))}
	for i := range p.terms {
		r.total += r.weight(i)
	}
	for i := 1; i < len(p.seq); i++ {
		pair := [2]int{p.seq[i-1], p.seq[i]}
		if _, ok := r.pairs[pair]; p.follows[i] && !ok {
			w := r.weight(pair[0]) + r.weight(pair[1])
			r.pairs[pair] = w
			r.all += w
		}
	}
	return r
}

func (r *reader) weight(term int) float64 { return r.p.terms[term].weight * r.p.idf[term] }

// read finds the question's terms in a text and returns the share of its
// neighbours (by weight) that stand together there.
func (r *reader) read(text string) (phrase float64) {
	r.tokens, r.numbers, r.count = r.tokens[:0], r.numbers[:0], 0
	var have map[[2]int]bool
	last, lastTok := -1, terms.Token{}
	for r.scan.Reset(text); r.scan.Next(); r.count++ {
		r.term = r.scan.Term(r.term[:0])
		n, ok := r.p.number[string(r.term)]
		if !ok {
			last = -1
			continue
		}
		pair := [2]int{last, n}
		if last >= 0 && r.pairs[pair] > 0 && !have[pair] && near(text, lastTok, r.scan.Tok) {
			if have == nil {
				have = map[[2]int]bool{}
			}
			have[pair] = true
			phrase += r.pairs[pair]
		}
		last, lastTok = n, r.scan.Tok
		r.tokens, r.numbers = append(r.tokens, lastTok), append(r.numbers, n)
	}
	if r.all == 0 {
		return 0
	}
	return phrase / r.all
}

// best returns the sentence with most of the question's terms (by weight), and
// their share. It takes a second sentence along where that adds a tenth.
func (r *reader) best(text string) (span, float64) {
	r.sentences = sentences(r.sentences[:0], text)
	if len(r.sentences) == 0 || r.total == 0 {
		return span{0, len(text)}, 0
	}
	best, most, pair, both := 0, 0.0, -1, 0.0
	for i := range r.sentences {
		if share := r.share(r.sentences[i]); share > most {
			best, most = i, share
		}
		if i == 0 || r.sentences[i].end-r.sentences[i-1].start > 600 {
			continue
		}
		if share := r.share(span{r.sentences[i-1].start, r.sentences[i].end}); share > both {
			pair, both = i, share
		}
	}
	if pair > 0 && both > most+0.1*r.total {
		return span{r.sentences[pair-1].start, r.sentences[pair].end}, most / r.total
	}
	return r.sentences[best], most / r.total
}

// covered returns the share of the question's terms (by weight) that a text has.
func (r *reader) covered(text string) float64 {
	r.read(text)
	if r.total == 0 {
		return 0
	}
	return r.share(span{0, len(text)}) / r.total
}

func (r *reader) share(s span) (sum float64) {
	r.turn++
	from, _ := slices.BinarySearchFunc(r.tokens, s.start, func(t terms.Token, at int) int { return cmp.Compare(t.Start, at) })
	for i := from; i < len(r.tokens) && r.tokens[i].Start < s.end; i++ {
		if n := r.numbers[i]; r.tokens[i].End <= s.end && r.seen[n] != r.turn {
			r.seen[n] = r.turn
			sum += r.weight(n)
		}
	}
	return sum
}

// otherwise is the share of the pairs of characters found by the last read that the text does not write as the question does:
// traditional for simplified or the reverse.
func (r *reader) otherwise(text string) float64 {
	pairs, other := 0, 0
	for i, t := range r.tokens {
		if t.B == 0 {
			continue
		}
		pairs++
		if text[t.Start:t.End] != r.p.forms[r.numbers[i]] {
			other++
		}
	}
	return float64(other) / float64(max(1, pairs))
}

// phrases reports whether the question's quoted phrases stand in the text or title.
func (r *reader) phrases(text, title string) bool {
	for _, p := range r.p.phrases {
		if !r.phrase(p, text) && !r.phrase(p, title) {
			return false
		}
	}
	return true
}

func (r *reader) phrase(phrase []string, text string) bool {
	var at []int // how far each begun match is
	last := terms.Token{}
	for r.scan.Reset(text); r.scan.Next(); last = r.scan.Tok {
		r.term = r.scan.Term(r.term[:0])
		next := at[:0:0]
		if near(text, last, r.scan.Tok) {
			for _, n := range at {
				if phrase[n] == string(r.term) {
					next = append(next, n+1)
				}
			}
		}
		if phrase[0] == string(r.term) {
			next = append(next, 1)
		}
		if slices.Contains(next, len(phrase)) {
			return true
		}
		at = next
	}
	return false
}

// passages reads the candidates and scores them again, best first.
func (x *Index) passages(ctx context.Context, p *parsed, r *Ranking, found []candidate) ([]passage, error) {
	rd := newReader(p)
	all := make([]passage, 0, len(found))
	var buf []byte
	for _, c := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := x.segments[c.seg]
		e := s.chunk(c.chunk)
		g := passage{candidate: c, entry: e, doc: s.doc(e.doc)}
		var err error
		if g.record, buf, err = s.passage(buf, g.doc, int(e.start), int(e.end)); err != nil {
			return nil, err
		}
		if len(p.phrases) > 0 && !rd.phrases(g.text, g.title) {
			continue
		}
		title := rd.covered(g.title)
		named := float64(len(rd.tokens)) / float64(max(1, rd.count))
		name := r.Name * title * title * (1 - r.Script*rd.otherwise(g.title))
		phrase := rd.read(g.text)
		best, sentence := rd.best(g.text)
		g.best = best
		g.found = slices.Clone(rd.tokens)
		sentence = max(sentence, title) // a title is a sentence too
		g.score *= (1 + r.Phrase*phrase + r.Sentence*sentence + name + r.Named*named) * x.freshness(g.doc.day, r)
		all = append(all, g)
	}
	slices.SortStableFunc(all, func(a, b passage) int { return cmp.Compare(b.score, a.score) })
	return all, nil
}

func (x *Index) freshness(day int32, r *Ranking) float64 {
	if day == noDay {
		return 1
	}
	return 1 + r.Fresh*math.Exp2(-float64(x.newest-day)/365)
}

// pick turns passages into at most k hits.
func pick(all []passage, r *Ranking, k int) []Hit {
	var hits, later []Hit
	var sets [][]uint64
	docs, hosts := map[Version]int{}, map[uint32]int{}
	scan := terms.NewScanner()
	for _, g := range all {
		if len(hits) >= k {
			break
		}
		if docs[g.doc.version]++; r.PerDoc > 0 && docs[g.doc.version] > r.PerDoc {
			continue
		}
		if g.doc.host != 0 {
			hosts[g.doc.host]++
		}
		crowded := r.PerHost > 0 && hosts[g.doc.host] > r.PerHost
		if crowded && len(later) >= k {
			continue
		}
		h := g.hit()
		set := shingles(scan, g.text)
		if i := slices.IndexFunc(sets, func(o []uint64) bool { return similarity(set, o) >= r.Near }); i >= 0 {
			if i < len(hits) {
				hits[i].Same = append(hits[i].Same, h.ID)
			}
			continue
		}
		if crowded {
			later = append(later, h)
			continue
		}
		hits, sets = append(hits, h), append(sets, set)
	}
	hits = append(hits, later...)
	return hits[:min(k, len(hits))]
}

func (g *passage) hit() Hit {
	from := int(g.entry.start)
	h := Hit{
		ID: g.id, Score: g.score, URL: g.url, Title: g.title, Date: g.date,
		Span:    Span{g.doc.version, from, int(g.entry.end)},
		Best:    Span{g.doc.version, from + g.best.start, from + g.best.end},
		Snippet: g.text[g.best.start:g.best.end],
		Marks:   [][2]int{},
	}
	for _, t := range g.found {
		a, b := t.Start-g.best.start, t.End-g.best.start
		if a < 0 || b > len(h.Snippet) {
			continue
		}
		if n := len(h.Marks); n > 0 && a <= h.Marks[n-1][1] {
			h.Marks[n-1][1] = max(b, h.Marks[n-1][1])
		} else {
			h.Marks = append(h.Marks, [2]int{a, b})
		}
	}
	return h
}

// shingles returns the hashes of neighbouring tokens, sorted, each once.
func shingles(s *terms.Scanner, text string) []uint64 {
	var out []uint64
	last := uint64(0)
	for s.Reset(text); s.Next(); {
		h := uint64(s.Tok.A)<<21 | uint64(s.Tok.B)
		if s.Tok.Word {
			h = words.HashBytes(s.Word)
		}
		out = append(out, words.Mix(last, h))
		last = h
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// similarity is the Jaccard similarity of two sorted sets, 0 of empty ones.
func similarity(a, b []uint64) float64 {
	both, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
