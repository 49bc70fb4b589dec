package mix

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"feilun"
)

// Names of ledger rules of decontamination; each is a parameter.
const (
	ruleNgram     = "ngram"
	ruleMinPiece  = "min_piece"
	ruleMaxPieces = "max_pieces"
	ruleOverlap   = "overlap"
)

// between stands where pieces of a cut document are joined.
const between = "\n\n"

// A settled is what decontamination decided about a document with traces.
type settled struct {
	Index   int            `json:"index"` // of the document in its file
	ID      string         `json:"id"`
	Verdict feilun.Verdict `json:"verdict"`
	Cuts    []feilun.Cut   `json:"cuts,omitempty"`
	Tokens  int64          `json:"tokens"` // of what is left
	Bytes   int64          `json:"bytes"`
	Chars   int64          `json:"chars"`
}

// decide says what becomes of a document with hits; docs is the number of
// documents that hold each gram.
func (g *grams) decide(text string, hits []hit, docs []uint32) (feilun.Verdict, []feilun.Cut) {
	p := g.params
	var counted []hit
	for _, h := range hits {
		if p.MaxDocs == 0 || docs[h.gram] <= uint32(p.MaxDocs) {
			counted = append(counted, h)
		}
	}
	if len(counted) == 0 {
		return feilun.Keep, nil
	}
	if p.Action == "drop" {
		return g.dropped(counted), nil
	}
	return g.cuts(text, counted)
}

// dropped gives the verdict by the item of which the document holds most.
func (g *grams) dropped(hits []hit) feilun.Verdict {
	seen := map[uint32]bool{}
	held := map[uint32]int{}
	for _, h := range hits {
		if !seen[h.gram] {
			seen[h.gram] = true
			for _, it := range g.holders[h.gram] {
				held[it]++
			}
		}
	}
	best, share := uint32(0), -1.0
	for it, n := range held {
		s := float64(n) / float64(len(g.items[it].grams))
		if s > share || s == share && it < best {
			best, share = it, s
		}
	}
	if share < g.params.Overlap {
		return feilun.Keep
	}
	v := feilun.Drop(ruleOverlap, share, g.params.Overlap)
	if g.params.Overlap == 0 {
		v = feilun.Drop(ruleNgram, float64(len(seen)), 0)
	}
	v.Note = g.name(best)
	return v
}

// name says which item it is: its set and line.
func (g *grams) name(it uint32) string {
	return fmt.Sprintf("%s:%d", g.sets[g.items[it].set], g.items[it].line)
}

// cuts removes the hits with what stands around them, and the pieces between
// that are too short.
func (g *grams) cuts(text string, hits []hit) (feilun.Verdict, []feilun.Cut) {
	p := g.params
	var spans [][2]int // removed, merged, in order
	for _, h := range hits {
		from, to := back(text, int(h.from), p.Around), forth(text, int(h.to), p.Around)
		if n := len(spans); n > 0 && from <= spans[n-1][1] {
			spans[n-1][1] = max(spans[n-1][1], to)
			continue
		}
		spans = append(spans, [2]int{from, to})
	}
	var pieces [][2]int // what is left, also where it is too short
	at := 0
	for _, s := range append(spans, [2]int{len(text), len(text)}) {
		if s[0] > at {
			pieces = append(pieces, [2]int{at, s[0]})
		}
		at = s[1]
	}
	if p.MaxPieces > 0 && len(pieces) > p.MaxPieces {
		v := feilun.Drop(ruleMaxPieces, float64(len(pieces)), float64(p.MaxPieces))
		v.Note = g.name(g.holders[hits[0].gram][0])
		return v, nil
	}
	cuts, longest := join(text, pieces, p.MinPiece)
	if cuts == nil {
		v := feilun.Drop(ruleMinPiece, float64(longest), float64(p.MinPiece))
		v.Note = g.name(g.holders[hits[0].gram][0])
		return v, nil
	}
	return feilun.Keep, cuts
}

// join returns the cuts around the pieces that are long enough, or nil and the
// length of the longest when none is.
func join(text string, pieces [][2]int, least int) (cuts []feilun.Cut, longest int) {
	at, kept := 0, 0
	cut := func(rule string, from, to int) {
		if to > from {
			cuts = append(cuts, feilun.Cut{Rule: rule, Start: from, End: to, Bytes: to - from})
		}
	}
	for _, s := range pieces {
		chars := utf8.RuneCountInString(text[s[0]:s[1]])
		longest = max(longest, chars)
		cut(ruleNgram, at, s[0])
		at = s[1]
		if chars < least || strings.TrimSpace(text[s[0]:s[1]]) == "" {
			cut(ruleMinPiece, s[0], s[1])
			continue
		}
		if kept++; kept > 1 {
			cuts[len(cuts)-1].Bytes -= len(between)
		}
	}
	if kept == 0 {
		return nil, longest
	}
	cut(ruleNgram, at, len(text))
	return cuts, longest
}

// back returns the offset n characters before at.
func back(text string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return at
}

// forth returns the offset n characters behind at.
func forth(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// apply returns a text without its cuts; a cut that is shorter in Bytes than in
// extent leaves a blank line in its place.
func apply(text string, cuts []feilun.Cut) string {
	if len(cuts) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, c := range cuts {
		b.WriteString(text[at:c.Start])
		if c.Bytes < c.End-c.Start {
			b.WriteString(between)
		}
		at = c.End
	}
	b.WriteString(text[at:])
	return b.String()
}
