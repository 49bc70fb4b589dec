package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/mix"
	runner "feilun/run"
)

type mixCmd struct {
	File    string      `arg:"" help:"Mix file (YAML): sources with their shares or epochs."`
	Out     string      `placeholder:"DIR" help:"Folder for the mixed corpus, its ledger and manifest. The same command on it resumes."`
	DryRun  bool        `help:"Print the plan alone; reads the sources, writes nothing."`
	JSON    bool        `help:"Print plan and findings as one line of JSON."`
	Workers int         `placeholder:"N" help:"Files worked on at once (default: one for each processor)."`
	Memory  params.Size `default:"8GiB" help:"Limit for buffers and tables; more is spilled to disk."`
	Fresh   bool        `help:"Delete an earlier mix in DIR and start over."`
}

func (c *mixCmd) Run(a *app) error {
	spec, err := mix.Load(c.File)
	if err != nil {
		return err
	}
	o, done, err := mixOptions(a, c.Out, c.DryRun, c.Workers, c.Memory, c.Fresh)
	if err != nil {
		return err
	}
	o.Printed = func(p *mix.Plan) {
		if !c.DryRun {
			printPlan(a.stderr, p)
		}
	}
	r, err := mix.Run(a.ctx, spec, o)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(r)
	}
	printPlan(a.stdout, r.Plan)
	if r.Contamination != nil {
		fmt.Fprintln(a.stdout)
		printContamination(a.stdout, r.Contamination)
	}
	return nil
}

// mixOptions makes a scratch folder for a dry run; done removes it.
func mixOptions(a *app, out string, dry bool, workers int, memory params.Size, fresh bool) (o mix.Options, done func() error, err error) {
	done = func() error { return nil }
	if workers < 0 {
		return o, done, hint.Usage(fmt.Errorf("--workers %d cannot be below zero", workers))
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if dry {
		if out, err = os.MkdirTemp("", "feilun-mix-"); err != nil {
			return o, done, err
		}
		done = func() error { return os.RemoveAll(out) }
	} else if out == "" {
		return o, done, hint.Usage(hint.With(errors.New("no output folder"), "name one with --out DIR, or add --dry-run for the figures alone"))
	}
	return mix.Options{Out: out, Workers: workers, Memory: memory, Fresh: fresh, DryRun: dry, Stderr: a.stderr,
		Do: runner.Local{Workers: workers}.Do}, done, nil
}

func printPlan(w io.Writer, p *mix.Plan) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "source\tdocuments\ttokens\tshare\tepochs\tof the mix\tdocuments\tshare got\t")
	for _, r := range p.Rows {
		fmt.Fprintf(t, "%s\t%d\t%v\t%.2f %%\t%.3g\t%v\t%d\t%.3f %%\t\n", r.Source, r.Docs, mix.Amount(r.Tokens), r.Share*100, r.Epochs,
			mix.Amount(r.Mixed), r.MixedDocs, r.Got*100)
	}
	fmt.Fprintf(t, "all\t\t\t\t\t%v\t%d\t\t\n", mix.Amount(p.Mixed), p.Docs)
	t.Flush()
	fmt.Fprintf(w, "tokens by %s; shares within %.4f %% of the plan; %s of text\n", p.Count, p.Off*100, progress.Bytes(p.Bytes))
	for _, s := range p.Warnings {
		fmt.Fprintf(w, "warning: %s\n", s)
	}
}

type decontaminateCmd struct {
	Input   []string    `arg:"" help:"Runs, corpus folders, Parquet or JSON lines files."`
	Against []string    `required:"" placeholder:"FILE" help:"Test sets: JSON lines or JSON arrays, one item each; patterns."`
	Rule    string      `default:"gpt3" help:"Published rule: gpt3, palm, tulu or any."`
	Set     []string    `placeholder:"KEY=VALUE" sep:"none" help:"Change a parameter of the rule, such as ngram=8 (docs/stages/mix.md)."`
	Out     string      `placeholder:"DIR" help:"Folder for the corpus without traces; without it, only the report is made."`
	Format  string      `enum:"parquet,jsonl" default:"parquet" help:"Form of the corpus files."`
	JSON    bool        `help:"Print the report as one line of JSON."`
	Workers int         `placeholder:"N" help:"Files worked on at once (default: one for each processor)."`
	Memory  params.Size `default:"8GiB" help:"Limit for buffers and tables."`
	Fresh   bool        `help:"Delete an earlier run in DIR and start over."`
}

func (c *decontaminateCmd) Run(a *app) error {
	p, err := mix.Rule(c.Rule)
	if err != nil {
		return err
	}
	for _, s := range c.Set {
		key, value, ok := strings.Cut(s, "=")
		if err := params.Set(p, key, value); err != nil || !ok {
			return hint.Usage(hint.With(fmt.Errorf("--set %q: %w", s, err), "want KEY=VALUE; parameters are "+strings.Join(params.Names(p), ", ")))
		}
	}
	p.Sets = mix.Paths(strings.Join(c.Against, "\n"))
	o, done, err := mixOptions(a, c.Out, c.Out == "", c.Workers, c.Memory, c.Fresh)
	if err != nil {
		return err
	}
	out := mix.New().Output
	out.Format = c.Format
	r, err := mix.Decontaminate(a.ctx, p, mix.Paths(strings.Join(c.Input, "\n")), out, o)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(r.Contamination)
	}
	printContamination(a.stdout, r.Contamination)
	return nil
}

// shownFound is how many found items of a set are printed.
const shownFound = 3

func printContamination(w io.Writer, c *mix.Contamination) {
	fmt.Fprintf(w, "rule %s: %d of %d documents hold traces; %d cut, %d dropped\n", c.Rule, c.Touched, c.Docs, c.Cut, c.Dropped)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "set\twords\titems\ttoo short\tfound\thalf or more\twhole\tdocuments\t")
	for _, s := range c.Sets {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Set, s.Ngram, s.Items, s.TooShort, s.Found, s.Half, s.Full, s.Docs)
	}
	t.Flush()
	for _, s := range c.Sets {
		for _, f := range s.Samples[:min(shownFound, len(s.Samples))] {
			text := strings.Join(strings.Fields(f.Text), " ")
			if r := []rune(text); len(r) > 60 {
				text = string(r[:60]) + "…"
			}
			fmt.Fprintf(w, "%s:%d  %.0f %%  in %s  %s\n", s.Set, f.Line, f.Share*100, f.Doc, text)
		}
	}
}
