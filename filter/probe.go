package filter

import (
	"math"

	"feilun"
)

// A Measurer is a [Filter] that tells the values its Check compares. Measure
// calls add for each test that is on and has a value on this document, in the
// order of the tests, those behind one that fails included: if Check drops by
// a rule, add gets that rule with the verdict's value. It is called as Check is.
type Measurer interface {
	Filter
	Measure(d *feilun.Doc, add func(rule string, value float64))
}

// A probe takes the values of one document in the order in which they are
// tested. With add it hands all of them on, without it the first bad one ends
// the tests and makes the verdict.
type probe struct {
	add     func(rule string, value float64)
	verdict feilun.Verdict
}

// test takes one value and reports whether the tests are over. A value that is
// no number passes.
func (p *probe) test(rule string, value, limit float64, bad bool) bool {
	if p.add != nil {
		if !math.IsNaN(value) {
			p.add(rule, value)
		}
		return false
	}
	if bad {
		p.verdict = feilun.Drop(rule, value, limit)
	}
	return bad
}

// over tests a value that must not exceed its limit.
func (p *probe) over(rule string, value, limit float64) bool {
	return p.test(rule, value, limit, value > limit)
}

// under tests a value that must reach its limit.
func (p *probe) under(rule string, value, limit float64) bool {
	return p.test(rule, value, limit, value < limit)
}

// score tests the trained score of a kind of page and notes what speaks for it.
func (p *probe) score(d *feilun.Doc, kind int, score, limit float64) {
	if p.verdict.Kept() && p.over("max_score", score, limit) {
		p.verdict.Note = kindNote(d, kind)
	}
}

// empty takes a text without anything to measure, which drop forbids.
func (p *probe) empty(drop bool) {
	if drop {
		p.test("empty", 0, 1, true)
	}
}

// enough returns how far to count what must reach limit: a verdict needs no
// more than that, a measurement all.
func (p *probe) enough(limit int) int {
	if p.add != nil {
		return math.MaxInt
	}
	return limit
}
