package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"feilun/internal/hint"
	"feilun/plan"
)

var errNoModel = errors.New("no --model, and no limit to choose one by")

// planTable are the flags of the verbs that read a table.
type planTable struct {
	In       string `help:"CSV table; - reads standard input." required:"" placeholder:"FILE"`
	JSON     bool   `help:"Print one line of JSON a row."`
	Score    bool   `help:"Compare with the reported columns."`
	ChipFile string `help:"YAML file with further chips." type:"path"`
}

func (t *planTable) open(a *app) (io.ReadCloser, *plan.ChipTable, error) {
	chips, err := (&planFlags{ChipFile: t.ChipFile}).table()
	if err != nil {
		return nil, nil, hint.Usage(err)
	}
	if t.In == "-" {
		return io.NopCloser(a.stdin), chips, nil
	}
	f, err := os.Open(t.In)
	return f, chips, err
}

// scored prints scores: after JSON lines to stderr, so that stdout stays one
// line a row.
func (t *planTable) scored(a *app, scores []plan.Score) {
	w := a.stdout
	if t.JSON {
		w = a.stderr
	}
	plan.WriteScores(w, scores)
}

type planRunsCmd struct{ planTable }

func (c *planRunsCmd) Run(a *app) error {
	f, chips, err := c.open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := plan.ReadRuns(f, chips)
	if err != nil {
		return hint.Usage(fmt.Errorf("%s: %w", c.In, err))
	}
	answers := plan.PredictRuns(rows, plan.Fitted())
	for _, x := range answers {
		switch {
		case c.JSON:
			if err := writeJSON(a.stdout, x); err != nil {
				return err
			}
		case x.Error != "":
			fmt.Fprintf(a.stdout, "%-32s %s\n", x.ID, x.Error)
		default:
			fmt.Fprintf(a.stdout, "%-32s %8.1f days %12.0f GPU-hours (%.0f–%.0f)  MFU %4.1f%%  step %.2f s  %.0f GiB  %s\n",
				x.ID, x.Days, x.GPUHours, x.GPUHoursP10, x.GPUHoursP90, 100*x.MFU, x.Seconds, x.MemoryGiB, x.Layout)
		}
	}
	if c.Score {
		c.scored(a, plan.ScoreRuns(rows, answers))
	}
	return nil
}

type planStepsCmd struct{ planTable }

func (c *planStepsCmd) Run(a *app) error {
	f, chips, err := c.open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := plan.ReadSteps(f, chips)
	if err != nil {
		return hint.Usage(fmt.Errorf("%s: %w", c.In, err))
	}
	answers := plan.PredictSteps(rows, plan.Fitted())
	for _, x := range answers {
		switch {
		case c.JSON:
			if err := writeJSON(a.stdout, x); err != nil {
				return err
			}
		case x.Error != "":
			fmt.Fprintf(a.stdout, "%-32s %s\n", x.ID, x.Error)
		default:
			fmt.Fprintf(a.stdout, "%-32s %9.3f s  MFU %4.1f%%  %6.1f GiB\n", x.ID, x.Seconds, 100*x.MFU, x.MemoryGiB)
		}
	}
	if c.Score {
		c.scored(a, plan.ScoreSteps(rows, answers))
	}
	return nil
}

type planChipsCmd struct {
	JSON       bool   `help:"Print one line of JSON a chip, with sources."`
	Topologies bool   `help:"List the named topologies instead."`
	ChipFile   string `help:"YAML file with further chips." type:"path"`
}

func (c *planChipsCmd) Run(a *app) error {
	if c.Topologies {
		for _, t := range plan.Topologies() {
			fmt.Fprintf(a.stdout, "%-16s %6.0f Gb/s a node, %d chips  %s\n", t.Name, t.NodeGb, t.PerNode, t.About)
		}
		return nil
	}
	table, err := (&planFlags{ChipFile: c.ChipFile}).table()
	if err != nil {
		return hint.Usage(err)
	}
	for _, x := range table.All() {
		if c.JSON {
			if err := writeJSON(a.stdout, x); err != nil {
				return err
			}
			continue
		}
		mark := ""
		if x.Doubt != "" {
			mark = "  uncertain: " + x.Doubt
		}
		fmt.Fprintf(a.stdout, "%-18s %4d %6.0f TFLOP/s %5.0f GB %6.0f GB/s link %5.0f GB/s net %4.0f Gb/s %5.0f W  TPP %6.0f%s\n",
			x.Name, x.Year, x.Peak16, x.MemoryGB, x.HBM, x.Intra, x.Inter, x.TDP, x.TPP(), mark)
	}
	if !c.JSON {
		fmt.Fprintln(a.stdout, "Figures: Epoch AI machine-learning hardware data (CC-BY) and stas00/ml-engineering (CC-BY-SA); --json shows the source of each row.")
	}
	return nil
}

type planModelsCmd struct {
	JSON bool `help:"Print one line of JSON a model."`
}

func (c *planModelsCmd) Run(a *app) error {
	for _, m := range plan.Models() {
		if c.JSON {
			if err := writeJSON(a.stdout, m); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stdout, "%-18s %8s (%s active) %3d layers × %5d  %s\n", m.Name, plan.Count(m.Params()), plan.Count(m.Active()), m.Layers, m.Hidden, m.Source)
	}
	return nil
}
