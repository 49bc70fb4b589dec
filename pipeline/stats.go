package pipeline

import (
	"cmp"
	"math"
	"slices"

	"feilun"
)

// tally gathers what the rules of one stage dropped and cut.
type tally struct {
	report feilun.Report
	rules  map[[2]string]*feilun.RuleCount
}

func newTally(stage string) *tally {
	return &tally{report: feilun.Report{Stage: stage}, rules: map[[2]string]*feilun.RuleCount{}}
}

func (t *tally) rule(filter, rule string) *feilun.RuleCount {
	k := [2]string{filter, rule}
	if t.rules[k] == nil {
		t.rules[k] = &feilun.RuleCount{Filter: filter, Rule: rule}
	}
	return t.rules[k]
}

func (t *tally) drop(filter, rule string, c feilun.Count) {
	t.report.Dropped.Add(c)
	r := t.rule(filter, rule)
	r.Docs += c.Docs
	r.Bytes += c.Bytes
}

func (t *tally) cut(filter, rule string, bytes int64) {
	t.report.Cut += bytes
	r := t.rule(filter, rule)
	r.Cuts++
	r.Bytes += bytes
}

// done returns the report with its rules in order.
func (t *tally) done() feilun.Report {
	r := t.report
	for _, c := range t.rules {
		r.Rules = append(r.Rules, *c)
	}
	sortRules(r.Rules)
	return r
}

func sortRules(rules []feilun.RuleCount) {
	slices.SortFunc(rules, func(a, b feilun.RuleCount) int {
		return cmp.Or(cmp.Compare(b.Docs, a.Docs), cmp.Compare(b.Cuts, a.Cuts), cmp.Compare(a.Filter, b.Filter), cmp.Compare(a.Rule, b.Rule))
	})
}

// addReport adds b to a, which is of the same stage.
func addReport(a *feilun.Report, b feilun.Report) {
	a.Stage = b.Stage
	a.In.Add(b.In)
	a.Kept.Add(b.Kept)
	a.Dropped.Add(b.Dropped)
	a.Cut += b.Cut
	for _, r := range b.Rules {
		i := slices.IndexFunc(a.Rules, func(x feilun.RuleCount) bool { return x.Filter == r.Filter && x.Rule == r.Rule })
		if i < 0 {
			a.Rules = append(a.Rules, r)
			continue
		}
		a.Rules[i].Docs += r.Docs
		a.Rules[i].Cuts += r.Cuts
		a.Rules[i].Bytes += r.Bytes
	}
	sortRules(a.Rules)
}

// A Histogram counts measured values of a parameter in bins: hundredths from 0
// to 1, then eighths of an octave. Bin gives a value's bin, BinStart its lower
// edge.
type Histogram struct {
	Kept    map[int]int64 `json:"kept,omitempty"`
	Dropped map[int]int64 `json:"dropped,omitempty"`
}

// Bin returns the bin of a value.
func Bin(x float64) int {
	switch {
	case math.IsNaN(x) || x < 0:
		return -1
	case x <= 1:
		return int(x * 100)
	}
	return 101 + int(math.Log2(min(x, 1e15))*8)
}

// BinStart returns the lowest value of a bin.
func BinStart(bin int) float64 {
	if bin <= 100 {
		return float64(bin) / 100
	}
	return math.Exp2(float64(bin-101) / 8)
}

func (h *Histogram) add(x float64, kept bool) {
	m := &h.Kept
	if !kept {
		m = &h.Dropped
	}
	if *m == nil {
		*m = map[int]int64{}
	}
	(*m)[Bin(x)]++
}

func (h *Histogram) merge(o *Histogram) {
	for _, p := range []struct{ to, from *map[int]int64 }{{&h.Kept, &o.Kept}, {&h.Dropped, &o.Dropped}} {
		for bin, n := range *p.from {
			if *p.to == nil {
				*p.to = map[int]int64{}
			}
			(*p.to)[bin] += n
		}
	}
}

// A Share is a name with the documents that came in and stayed under it.
type Share struct {
	Name string `json:"name"`
	In   int64  `json:"in"`
	Kept int64  `json:"kept"`
}

// shares counts documents by a name, such as a host or a language.
type shares map[string]*Share

func (s shares) add(name string, in, kept int64) {
	if s[name] == nil {
		s[name] = &Share{Name: name}
	}
	s[name].In += in
	s[name].Kept += kept
}

// top returns the n largest, and the rest under the name "…".
func (s shares) top(n int) []Share {
	var all []Share
	for _, x := range s {
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(cmp.Compare(b.In, a.In), cmp.Compare(a.Name, b.Name)) })
	if len(all) <= n {
		return all
	}
	rest := Share{Name: "…"}
	for _, x := range all[n:] {
		rest.In += x.In
		rest.Kept += x.Kept
	}
	return append(all[:n:n], rest)
}
