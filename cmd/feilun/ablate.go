package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"feilun/inspect"
	"feilun/internal/params"
	"feilun/pipeline"
)

type ablateCmd struct {
	Text      []string    `placeholder:"[NAME=]PATH" sep:"none" help:"Neutral text, in neither corpus, to measure bits a byte on: files or folders of any form that crawl reads. May be repeated."`
	Data      string      `placeholder:"DIR" help:"Folder with tasks' files, such as blimp.jsonl and zhoblimp.jsonl, also with .zst behind the name."`
	Tasks     []string    `default:"blimp,zhoblimp" help:"Tasks that are asked."`
	Limit     int         `default:"2000" range:"0.." placeholder:"N" help:"Items of a task, evenly over all; 0 takes every one."`
	TextSize  params.Size `default:"256KiB" help:"How much of each neutral text is read."`
	Seeds     int         `default:"3" range:"2..100" placeholder:"N" help:"Pairs of models."`
	Seed      uint64      `default:"1" help:"Seed of the first pair; the next ones follow."`
	Tokens    int64       `default:"1000000" range:"1.." placeholder:"N" help:"Tokens that each model is trained on."`
	Depth     int         `default:"3" range:"1..200" placeholder:"N" help:"Layers of the models."`
	Context   int         `default:"128" range:"8..131072" placeholder:"N" help:"Tokens that the models see at a time."`
	Batch     int         `default:"2048" range:"1.." placeholder:"N" help:"Tokens of a step."`
	Vocab     int         `default:"4096" range:"259..2097152" placeholder:"N" help:"Tokens of the vocabulary, made of both corpora."`
	Tokenizer string      `placeholder:"FILE" help:"Take this vocabulary instead."`
	Set       []string    `placeholder:"KEY=VALUE" sep:"none" help:"Override a key in both recipes, such as crawl.path=DIR."`
	Out       string      `required:"" placeholder:"DIR" help:"Folder for corpora, models and results. The same command on it goes on where it stopped."`
	Workers   int         `placeholder:"N" help:"How many calculate side by side; all processors by default."`
	Memory    params.Size `default:"8GiB" help:"Limit for the whole process."`
	Fresh     bool        `help:"Delete an earlier comparison in the folder and start over."`
	Lang      string      `enum:"auto,en,zh" default:"auto" help:"Language of the page that opens first."`
	JSON      bool        `help:"Print the results as a line of JSON."`
	A         string      `arg:"" help:"Corpus A: a recipe, a run folder, or files of documents."`
	B         string      `arg:"" help:"Corpus B."`
}

func (c *ablateCmd) Help() string {
	return `Trains the same small model on both corpora, several times, and says with a 95 % interval on which it comes out better.

Both models of a pair share the seed, and so their first weights; all share the vocabulary and the number of tokens. The interval holds for other seeds and other text of the same kind; when it holds zero, no difference was seen.`
}

func (c *ablateCmd) Run(a *app) error {
	r, err := pipeline.Ablate(a.ctx, pipeline.Ablation{
		A: c.A, B: c.B, Set: c.Set, Text: c.Text, Data: c.Data, Tasks: c.Tasks, Limit: c.Limit, Size: int(c.TextSize),
		Seeds: c.Seeds, Seed: c.Seed, Tokens: c.Tokens, Depth: c.Depth, Context: c.Context, Batch: c.Batch, Vocab: c.Vocab, Tokenizer: c.Tokenizer,
		Out: c.Out, Workers: c.Workers, Memory: c.Memory, Fresh: c.Fresh, Stderr: a.stderr,
	})
	if err != nil {
		return err
	}
	page := filepath.Join(c.Out, "ablation.html")
	if err := inspect.AblationPage(ablationView(r), page, c.Lang); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(r)
	}
	return printAblation(a.stdout, r, page)
}

func printAblation(w io.Writer, r *pipeline.AblationResult, page string) error {
	for _, s := range []struct {
		name string
		pipeline.AblationSide
	}{{"A", r.A}, {"B", r.B}} {
		fmt.Fprintf(w, "%s  %s: %d documents, %d tokens, read %.2f times\n", s.name, s.From, s.Docs, s.Tokens, s.Epochs)
	}
	fmt.Fprintf(w, "%d pairs of models of %d weights, %d tokens each\n\n", len(r.Seeds), r.Weights, r.Tokens)
	fmt.Fprintf(w, "%-20s %-10s %8s %8s   %-28s %s\n", "text or task", "", "A", "B", "A less B (95 %)", "better")
	for _, m := range r.Measures {
		unit, scale := "bits/byte", 1.0
		if m.Kind != "bits" {
			unit, scale = "% right", 100
		}
		better := m.Better
		if better == "" {
			better = "no difference seen"
		}
		if most := max(m.OverlapA, m.OverlapB); most >= 0.01 {
			better += fmt.Sprintf("; not neutral: %.1f %% stands in A, %.1f %% in B", 100*m.OverlapA, 100*m.OverlapB)
		}
		d := m.Difference
		_, err := fmt.Fprintf(w, "%-20s %-10s %8.4g %8.4g   %-28s %s\n", m.Name, unit, scale*m.A, scale*m.B,
			fmt.Sprintf("%+.4f (%+.4f to %+.4f)", scale*d.Value, scale*d.Low, scale*d.High), better)
		if err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\nresults %s\npage    %s\n", filepath.Join(filepath.Dir(page), "ablation.json"), page)
	return err
}

// ablationView lays the results out for the page.
func ablationView(r *pipeline.AblationResult) inspect.Ablation {
	v := inspect.Ablation{Pairs: len(r.Seeds), Weights: r.Weights, Tokens: r.Tokens}
	for i, s := range []pipeline.AblationSide{r.A, r.B} {
		v.Sides = append(v.Sides, inspect.AblationSide{Name: "AB"[i : i+1], From: s.From, Docs: s.Docs, Tokens: s.Tokens, Epochs: s.Epochs})
	}
	for _, m := range r.Measures {
		row := inspect.AblationRow{Name: m.Name, Bits: m.Kind == "bits", Pieces: m.Pieces, A: m.A, B: m.B,
			Value: m.Difference.Value, Low: m.Difference.Low, High: m.Difference.High, Better: m.Better, Overlap: math.Max(m.OverlapA, m.OverlapB)}
		for _, x := range m.Difference.BySeed {
			row.Seeds = append(row.Seeds, inspect.AblationSeed{Value: x})
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
