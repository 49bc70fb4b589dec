package stats

import (
	"cmp"
	"slices"

	"feilun"
)

// A Tally gathers what the rules of one stage dropped and cut.
type Tally struct {
	Report feilun.Report // all but its rules, until [Tally.Done]
	rules  map[[2]string]*feilun.RuleCount
}

// NewTally returns an empty tally of a stage.
func NewTally(stage string) *Tally {
	return &Tally{Report: feilun.Report{Stage: stage}, rules: map[[2]string]*feilun.RuleCount{}}
}

func (t *Tally) rule(filter, rule string) *feilun.RuleCount {
	k := [2]string{filter, rule}
	if t.rules[k] == nil {
		t.rules[k] = &feilun.RuleCount{Filter: filter, Rule: rule}
	}
	return t.rules[k]
}

// Drop counts a document that a rule dropped.
func (t *Tally) Drop(filter, rule string, c feilun.Count) {
	t.Report.Dropped.Add(c)
	r := t.rule(filter, rule)
	r.Docs += c.Docs
	r.Bytes += c.Bytes
}

// Cut counts a piece that a rule cut.
func (t *Tally) Cut(filter, rule string, bytes int64) {
	t.Report.Cut += bytes
	r := t.rule(filter, rule)
	r.Cuts++
	r.Bytes += bytes
}

// Done returns the report with its rules in order.
func (t *Tally) Done() feilun.Report {
	r := t.Report
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

// AddReport adds b to a, which is of the same stage.
func AddReport(a *feilun.Report, b feilun.Report) {
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
