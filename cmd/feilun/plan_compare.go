package main

import (
	"errors"
	"io"

	"feilun/internal/hint"
	"feilun/plan"
)

type planCompareCmd struct {
	planFlags
	HTML        string   `name:"html" help:"Write a page with charts to this file." type:"path"`
	Inventories []string `arg:"" help:"Inventories, such as 1024xA100-80G 2048xV100 512xH20,512xV100."`
}

func (c *planCompareCmd) Run(a *app) error {
	plans, err := c.plans()
	if err != nil {
		return planFailed(err, c.lang())
	}
	return printPlans(a, plans, c.JSON, c.HTML, c.lang())
}

func (c *planCompareCmd) plans() ([]*plan.Plan, error) {
	table, err := c.table()
	if err != nil {
		return nil, err
	}
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	if c.Model == "" {
		return nil, hint.With(errors.New("no --model"), "for example: feilun plan compare --model llama2-13b --tokens 1T 512xA800 1024xV100")
	}
	var all [][]plan.Group
	for _, text := range c.Inventories {
		g, err := table.ParseChips(text)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return plan.Compare(r, all)
}

func printPlans(a *app, plans []*plan.Plan, asJSON bool, html, lang string) error {
	if html != "" {
		if err := writeFile(html, func(w io.Writer) error { return plan.WritePlansHTML(w, plans, lang) }); err != nil {
			return err
		}
	}
	if !asJSON {
		plan.WriteTable(a.stdout, plans, lang)
		return nil
	}
	for _, p := range plans {
		if err := writeJSON(a.stdout, p); err != nil {
			return err
		}
	}
	return nil
}

type planSweepCmd struct {
	planFlags
	HTML   string   `name:"html" help:"Write a page with charts to this file." type:"path"`
	Kinds  []string `name:"chips" help:"Kinds of chip, separated by commas." required:"" placeholder:"NAME,…"`
	From   int      `help:"Fewest chips." default:"64"`
	To     int      `help:"Most chips." default:"4096"`
	Factor float64  `help:"Factor from one number to the next." default:"2"`
}

func (c *planSweepCmd) Run(a *app) error {
	plans, err := c.plans()
	if err != nil {
		return planFailed(err, c.lang())
	}
	return printPlans(a, plans, c.JSON, c.HTML, c.lang())
}

func (c *planSweepCmd) plans() ([]*plan.Plan, error) {
	table, err := c.table()
	if err != nil {
		return nil, err
	}
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	if c.Model == "" {
		return nil, hint.With(errors.New("no --model"), "for example: feilun plan sweep --model gpt3-175b --tokens 300B --chips A800,V100")
	}
	var kinds []*plan.Chip
	for _, k := range c.Kinds {
		chip, err := table.Find(k)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, chip)
	}
	return plan.Sweep(r, kinds, c.From, c.To, c.Factor)
}

type planStudyCmd struct {
	planFlags
	HTML string `name:"html" help:"Write a page with charts to this file." type:"path"`
	Name string `arg:"" help:"quantity (more, older chips for GPT-3 in 34 days), slower (fewer chips, longer, smaller models) or gpt4 (two orders of magnitude more compute)."`
}

func (c *planStudyCmd) Run(a *app) error {
	table, err := c.table()
	if err != nil {
		return planFailed(err, c.lang())
	}
	r, err := c.request()
	if err != nil {
		return planFailed(err, c.lang())
	}
	lines, err := plan.Study(c.Name, r, table)
	if err != nil {
		return planFailed(err, c.lang())
	}
	if c.HTML != "" {
		if err := writeFile(c.HTML, func(w io.Writer) error { return plan.WriteStudyHTML(w, c.Name, lines, c.lang()) }); err != nil {
			return err
		}
	}
	if !c.JSON {
		plan.WriteStudy(a.stdout, lines, c.lang())
		return nil
	}
	for _, l := range lines {
		if err := writeJSON(a.stdout, l); err != nil {
			return err
		}
	}
	return nil
}
