package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"feilun/internal/hint"
	"feilun/internal/stats"
	"feilun/plan"
)

// planOneCmd plans one run.
type planOneCmd struct {
	planFlags
	Chips   string   `help:"Inventory: 1024xA100-80G, or 256xH20,512xV100 for a mix; a name alone with --budget or --power." placeholder:"LIST"`
	Budget  string   `help:"Money to spend on rent, such as 5e6CNY: the best model and tokens for it." placeholder:"SUM"`
	Days    string   `help:"Time to keep, such as 60d." placeholder:"TIME"`
	Power   string   `help:"Power to keep, such as 2MW." placeholder:"WATTS"`
	Served  string   `help:"Tokens the model will serve in its life: favours smaller models." placeholder:"N"`
	Explain string   `help:"Open a number: days, step, mfu, memory, goodput, energy, co2, cost, flops, loss, band, layout, data; or any number's name." placeholder:"TOPIC"`
	Corpus  []string `help:"Corpus manifests (JSON, such as a run folder's manifest.json) for the data side, separated by commas." placeholder:"FILE,…"`
	CPURate float64  `name:"cpu-rate" help:"MB of crawled text a core prepares in a second."`
	HTML    string   `name:"html" help:"Write a page with charts to this file." type:"path"`
}

func (c *planOneCmd) Run(a *app) error {
	p, err := c.solve()
	if err != nil {
		return planFailed(err, c.lang())
	}
	need, err := c.data(p)
	if err != nil {
		return planFailed(err, c.lang())
	}
	if c.HTML != "" && p.Feasible {
		curve := plan.Frontier(p)
		if err := writeFile(c.HTML, func(w io.Writer) error { return plan.WriteHTML(w, p, curve, need, c.lang()) }); err != nil {
			return err
		}
	}
	switch {
	case c.Explain != "":
		return planFailed(plan.Explain(a.stdout, p, need, c.Explain, c.lang()), c.lang())
	case c.JSON:
		return writeJSON(a.stdout, struct {
			*plan.Plan
			Data *plan.DataNeed `json:"data"`
		}{p, need})
	}
	plan.WriteText(a.stdout, p, c.lang())
	if p.Feasible {
		plan.WriteData(a.stdout, need, c.lang())
	}
	return nil
}

func (c *planOneCmd) solve() (*plan.Plan, error) {
	table, err := c.table()
	if err != nil {
		return nil, err
	}
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	var limits plan.Limits
	for _, l := range []struct {
		text string
		read func(string) error
	}{
		{c.Budget, func(s string) (err error) { limits.Budget, err = plan.ParseMoney(s); return }},
		{c.Days, func(s string) (err error) { limits.Days, err = plan.ParseDays(s); return }},
		{c.Power, func(s string) (err error) { limits.Watts, err = plan.ParsePower(s); return }},
		{c.Served, func(s string) (err error) { limits.Served, err = plan.ParseCount(s); return }},
	} {
		if l.text != "" {
			if err := l.read(l.text); err != nil {
				return nil, err
			}
		}
	}
	if c.Chips != "" {
		if r.Groups, err = table.ParseInventory(c.Chips); err != nil {
			return nil, err
		}
	}
	if c.Model == "" && limits == (plan.Limits{}) {
		return nil, hint.With(errNoModel, "for example: feilun plan --model gpt3-175b --tokens 300B --chips 1024xA100-80G")
	}
	return plan.Solve(r, limits)
}

func (c *planOneCmd) data(p *plan.Plan) (*plan.DataNeed, error) {
	if !(c.CPURate >= 0 && c.CPURate < 1e6) {
		return nil, hint.With(fmt.Errorf("--cpu-rate %v is not between 0 and 1e6", c.CPURate), "leave the flag out to have it chosen")
	}
	var all []*plan.Corpus
	for _, name := range c.Corpus {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		corpus, err := plan.ReadCorpus(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		// What that run took stands beside its manifest.
		var took stats.Times
		if text, err := os.ReadFile(filepath.Join(filepath.Dir(name), "run.json")); err == nil && json.Unmarshal(text, &took) == nil && corpus.CPUSeconds == 0 {
			corpus.CPUSeconds = max(0, took.CPUSecond)
		}
		all = append(all, corpus)
	}
	d := plan.Data(p.Tokens, plan.MergeCorpora(all), c.CPURate)
	return &d, nil
}
