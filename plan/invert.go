package plan

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"feilun/internal/hint"
)

// Limits are the constraints of an inverted question; zero means none.
type Limits struct {
	Budget Money
	Days   float64
	Watts  float64
	Served float64 // tokens the model will generate or read in its life
}

func (l *Limits) any() bool { return l.Budget.Amount > 0 || l.Days > 0 || l.Watts > 0 }

// Solve fills what a request leaves open so that it keeps the limits: the
// number of chips (a group with N = 0), the model and the tokens. The answer's
// notes say how each was found.
func Solve(r Request, l Limits) (*Plan, error) {
	if !l.any() {
		return Make(r)
	}
	if len(r.Groups) == 0 && (l.Budget.Amount > 0 || l.Watts > 0) {
		return r.anyKind(l)
	}
	if len(r.Groups) == 0 {
		return nil, hint.With(errors.New("no chips given"), "name the kind, as in --chips A800 or --chips 512xA800")
	}
	if r.Co == nil {
		r.Co = Fitted()
	}
	r.Money.fill()
	r.Power.fill()
	var notes []string
	days := l.Days
	if g := r.Groups[0]; g.N == 0 && len(r.Groups) == 1 && l.Watts == 0 && l.Budget.Amount == 0 && r.Model.Layers > 0 && r.Tokens > 0 {
		return r.chipsWithin(days)
	}
	if err := countChips(&r, &l, &days, &notes); err != nil {
		return nil, err
	}
	if days == 0 {
		days = 60
		if l.Budget.Amount > 0 {
			days = l.hours(&r) / 24 / float64(r.chips())
		} else {
			notes = append(notes, "no --days given: 60 days assumed")
		}
	}
	if l.Budget.Amount > 0 {
		if afford := l.hours(&r) / 24 / float64(r.chips()); afford <= days*1.0001 {
			days = afford
			notes = append(notes, fmt.Sprintf("the budget rents these chips for %.1f days", days))
		}
	}
	p, err := r.within(days, l.Served, &notes)
	if p != nil && !p.Feasible && days != l.Days && p.Days > days {
		p.Why = fmt.Sprintf("it takes %.1f days and ¥%s of rent; the budget lasts %.1f days", p.Days, Count(p.Cost.Rent), days)
		p.Hint = fmt.Sprintf("a budget of about ¥%s, or %s tokens, is enough", Count(p.Cost.Rent*1.05), Count(r.Tokens*days/p.Days))
	}
	if p != nil {
		p.Notes = append(notes, p.Notes...)
	}
	return p, err
}

// anyKind tries kinds of chip that are rented in number and keeps the one whose
// model is predicted to be best, the earlier where they are equal; with model
// and tokens given, the one that is fastest.
func (r Request) anyKind(l Limits) (*Plan, error) {
	table, err := Chips()
	if err != nil {
		return nil, err
	}
	var best *Plan
	var names []string
	for _, name := range []string{"A800", "H800", "H20", "Ascend910B3", "A100-80G", "H100"} {
		c, err := table.Find(name)
		if err != nil {
			return nil, err
		}
		names = append(names, c.Name)
		q := r
		q.Groups = []Group{{Chip: c, Name: c.Name}}
		p, bad := Solve(q, l)
		if bad != nil {
			err = bad
		}
		switch {
		case bad != nil || best != nil && !p.Feasible:
		case best == nil || !best.Feasible, p.Loss < best.Loss-1e-9, p.Loss < best.Loss+1e-9 && p.Days < best.Days:
			best = p
		}
		if best == nil && name == "H100" {
			return nil, err
		}
	}
	best.Notes = append([]string{fmt.Sprintf("no --chips given: %s is best of %s", best.Chips[0].Chip, strings.Join(names, ", "))}, best.Notes...)
	return best, nil
}

// chipsWithin plans on the fewest chips of the one kind that keep the days.
func (r Request) chipsWithin(days float64) (*Plan, error) {
	g := r.Groups[0]
	node := r
	node.Groups = []Group{{N: min(g.Chip.PerNode, 64), Chip: g.Chip, Name: g.Name}}
	if err := node.complete(); err != nil {
		return nil, err
	}
	n, p := ChipsFor(r, g.Chip, days)
	switch {
	case p == nil:
		return nil, hint.With(fmt.Errorf("%s fits on no number of %s", r.Model.Name, g.Name), "use a chip with more memory or a smaller model")
	case n == 0:
		p.Feasible = false
		p.Why = fmt.Sprintf("not faster than %.1f days with any number: the batch cannot be cut further and failures grow", p.Days)
		p.Hint = fmt.Sprintf("allow more days, or train on %s tokens", Count(r.Tokens*days/p.Days))
	default:
		p.Notes = append([]string{fmt.Sprintf("%d× %s from the limits", n, g.Name)}, p.Notes...)
	}
	return p, nil
}

// hours is how many chip-hours the budget rents at the mix's mean rate.
func (l *Limits) hours(r *Request) float64 {
	cny := l.Budget.Amount
	if l.Budget.Currency == "USD" {
		cny *= r.Money.CNYPerUSD
	}
	var rate float64
	for _, g := range r.Groups {
		each, _ := r.Money.rentOf(g.Chip)
		rate += each * float64(max(1, g.N))
	}
	return cny / (rate / float64(max(1, r.chips())))
}

// countChips settles the number of chips when the inventory names only a kind,
// and checks it against the power limit.
func countChips(r *Request, l *Limits, days *float64, notes *[]string) error {
	g := &r.Groups[0]
	perWatt := Watts(g.Chip) * r.Power.PUE
	if g.N == 0 {
		n := math.Inf(1)
		if l.Watts > 0 {
			n = l.Watts / perWatt
		}
		if l.Budget.Amount > 0 {
			if *days == 0 {
				*days = 60
				*notes = append(*notes, "no --days given: 60 days assumed")
			}
			n = min(n, l.hours(r)/24 / *days)
		}
		if math.IsInf(n, 1) {
			return hint.With(fmt.Errorf("%s has no number of chips, and --days alone does not give one", g.Name), "write --chips 512x"+g.Name+", add --budget or --power, or give both --model and --tokens")
		}
		node := float64(min(g.Chip.PerNode, 64))
		g.N = int(min(maxChips, math.Floor(n/node)*node))
		if g.N < 1 {
			return hint.With(fmt.Errorf("that does not pay for or power one node of %s", g.Name),
				fmt.Sprintf("one node of %.0f draws %s and rents for %.0f CNY a day", node, powerText(node*perWatt), node*24*first(r.Money.rentOf(g.Chip))))
		}
		*notes = append(*notes, fmt.Sprintf("%d× %s from the limits", g.N, g.Name))
	}
	var watts float64
	for _, g := range r.Groups {
		watts += float64(g.N) * Watts(g.Chip) * r.Power.PUE
	}
	if l.Watts > 0 && watts > l.Watts*1.001 {
		return hint.With(fmt.Errorf("%d chips draw %s with PUE %.2f, above the limit of %s", r.chips(), powerText(watts), r.Power.PUE, powerText(l.Watts)),
			fmt.Sprintf("at most %d of these chips fit that power; one draws %s", int(float64(r.chips())*l.Watts/watts), powerText(watts/float64(r.chips()))))
	}
	return nil
}

func first(v float64, _ string) float64 { return v }

// within finds the model and tokens of least loss for the given days.
func (r Request) within(days, served float64, notes *[]string) (*Plan, error) {
	open, fixed := r.Model.Layers == 0, r.Tokens
	if !open && fixed > 0 {
		return r.keeps(days)
	}
	p, err := r.iterate(days, served, open)
	if err != nil || !p.Feasible {
		return p, err
	}
	for range 3 { // speeds jump with layouts: settle the tokens for the model found
		if fixed > 0 && open || math.Abs(p.Days/days-1) < 0.003 {
			break
		}
		r.Model, r.Tokens = p.Model, p.Tokens*days/p.Days
		if p, err = Make(r); err != nil || !p.Feasible {
			return p, err
		}
	}
	if open {
		*notes = append(*notes, "model and tokens of least predicted loss for this compute: L = 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658 (arXiv 2404.10102)")
		if served > 0 {
			*notes = append(*notes, fmt.Sprintf("serving %s tokens is paid from the same compute, which favours a smaller model (arXiv 2401.00448)", Count(served)))
		}
	}
	return p, nil
}

// keeps plans a run with nothing open and says whether it keeps the days.
func (r Request) keeps(days float64) (*Plan, error) {
	p, err := Make(r)
	if err == nil && p.Feasible && p.Days > days {
		p.Feasible = false
		p.Why = fmt.Sprintf("it takes %.1f days; the limits allow %.1f", p.Days, days)
		p.Hint = fmt.Sprintf("about %.0f such chips, or %s tokens, keep the limit", float64(r.chips())*p.Days/days*1.05, Count(r.Tokens*days/p.Days))
	}
	return p, err
}

// iterate finds the model for the speed and the speed for the model in turn.
func (r Request) iterate(days, served float64, open bool) (p *Plan, err error) {
	rate := 0.0 // FLOP/s of the whole machine, after losses
	for _, g := range r.Groups {
		rate += 0.35 * g.Chip.Peak16 * 1e12 * float64(g.N)
	}
	fixed := r.Tokens
	for range 6 {
		c := rate * days * 86400
		if open {
			r.Model, r.Tokens = bestModel(c, fixed, served, r.Seq)
		} else {
			r.Tokens = c / r.Model.FLOPs(max(r.Seq, r.Model.SeqLen))
		}
		if r.Tokens > maxTokens || r.Model.Params() < 1e6 {
			return nil, hint.With(errors.New("the limits describe no sensible run"), "give --model or --tokens as well, or tighter limits")
		}
		if p, err = Make(r); err != nil || !p.Feasible {
			return p, err
		}
		next := p.FLOPs / (p.Days * 86400)
		if math.Abs(next/rate-1) < 0.003 && p.Days <= days*1.003 {
			break
		}
		rate = next
	}
	return p, nil
}

func bestModel(c, tokens, served float64, seq int) (Model, float64) {
	n, d := Optimum(c)
	switch {
	case tokens > 0:
		n, d = c/6/tokens, tokens
	case served > 0:
		n, d = OptimumServed(c, served)
	}
	if seq == 0 {
		seq = 4096
	}
	m := Derive(min(1e14, max(1e6, n)), 128000, seq, true)
	if m.Hidden >= 4096 { // grouped keys, as models of this size have since 2023
		m.KVHeads = max(1, m.Heads/8)
		for m.Heads%m.KVHeads != 0 {
			m.KVHeads--
		}
	}
	return m, d
}
