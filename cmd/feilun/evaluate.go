package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/evaluate"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/model"
	"feilun/tokenize"
)

type evaluateCmd struct {
	evaluate.Params
	Data    string   `placeholder:"DIR" help:"Folder with the tasks' files, such as cmmlu.jsonl, also with .zst behind the name."`
	Text    []string `placeholder:"[NAME=]PATH" sep:"none" help:"Text to measure bits a byte on, as a domain of that name: files or folders of any form that crawl reads. May be repeated."`
	Corpus  []string `placeholder:"PATH" sep:"none" help:"Training corpus to look for the tasks' items in: a run folder or files. May be repeated."`
	Out     string   `placeholder:"FILE" help:"Where results are written; MODEL/evaluation.json by default, for MODEL.gguf MODEL.evaluation.json beside it."`
	Workers int      `placeholder:"N" help:"How many calculate side by side; all processors by default."`
	BF16    bool     `name:"bf16" help:"Multiply in bfloat16, where the processor does that faster."`
	JSON    bool     `help:"Print the results as a line of JSON."`
	List    bool     `help:"List the tasks and their files."`
	Model   string   `arg:"" optional:"" help:"Folder with config.json, model.safetensors and tokenizer.json, or a GGUF file."`
}

func (c *evaluateCmd) Help() string {
	ps, err := params.Describe(&c.Params, evaluate.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	help := ""
	for _, p := range ps {
		help += fmt.Sprintf("--%s (%s): %s\n\n", strings.ReplaceAll(p.Name, "_", "-"), p.Default, p.Help)
	}
	return help
}

// An evaluation is the content of evaluation.json.
type evaluation struct {
	Format  string             `json:"format"`
	Version string             `json:"version"`
	Model   string             `json:"model"`
	Params  *evaluate.Params   `json:"params"`
	Text    []evaluate.Domain  `json:"text,omitempty"`
	Tasks   []*evaluate.Result `json:"tasks,omitempty"`
}

const evaluationFormat = "feilun.evaluation/1"

func (c *evaluateCmd) Run(a *app) error {
	if c.List {
		return listTasks(a.stdout)
	}
	if err := checkRanges(&c.Params); err != nil {
		return err
	}
	if c.Model == "" || c.Data == "" && len(c.Text) == 0 {
		return hint.Usage(hint.With(errors.New("evaluate needs a model, and text or tasks"), "feilun evaluate MODEL --data DIR --tasks cmmlu,blimp, or --text PATH; --list lists the tasks"))
	}
	m, err := evaluate.Open(c.Model, c.Workers, c.BF16)
	if err != nil {
		return err
	}
	out := c.place()
	if err := canWrite(out); err != nil {
		return err
	}
	sets, index, err := c.sets(a) // before anything is measured: what is wrong with them is said at once
	if err != nil {
		return err
	}
	e := &evaluation{Format: evaluationFormat, Version: feilun.Version, Model: c.Model, Params: &c.Params}
	if e.Text, err = c.domains(a, m); err != nil {
		return err
	}
	if e.Tasks, err = c.tasks(a, m, sets, index); err != nil {
		return err
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(out, append(b, '\n')); err != nil {
		return err
	}
	if c.JSON {
		_, err = a.stdout.Write(append(b, '\n'))
		return err
	}
	return e.print(a.stdout, out)
}

// place is where results are written.
func (c *evaluateCmd) place() string {
	switch {
	case c.Out != "":
		return c.Out
	case model.IsGGUF(c.Model):
		return trimExt(c.Model) + ".evaluation.json"
	}
	return filepath.Join(c.Model, "evaluation.json")
}

// domains measures the texts.
func (c *evaluateCmd) domains(a *app, m *evaluate.Model) ([]evaluate.Domain, error) {
	if len(c.Text) == 0 {
		return nil, nil
	}
	meter := evaluate.NewMeter(m, &c.Params)
	for _, path := range c.Text {
		name, rest, found := strings.Cut(path, "=")
		if !found {
			name, rest = filepath.Base(filepath.Clean(path)), path
		}
		bytes := 0
		err := readDocs(a, []string{rest})(func(d *feilun.Doc) error {
			bytes += len(d.Text)
			return meter.Add(a.ctx, name, d.Text)
		})
		if err == nil && bytes == 0 {
			err = hint.Usage(fmt.Errorf("--text %s holds no text to measure", path))
		}
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(a.stderr, "%s measured\n", name)
	}
	return meter.Domains(a.ctx)
}

// sets reads the tasks' items, and looks for them in the corpus; the index is nil without one.
func (c *evaluateCmd) sets(a *app) ([]evaluate.Set, *evaluate.Index, error) {
	if c.Data == "" {
		return nil, nil, nil
	}
	sets, err := evaluate.Load(&c.Params, c.Data)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Corpus) == 0 {
		return sets, nil, nil
	}
	index := evaluate.NewIndex()
	for _, s := range sets {
		index.Add(s)
	}
	for _, path := range c.Corpus {
		inputs, err := packInputs(a, []string{path}) // of a run what its model is trained on
		bytes := 0
		if err == nil {
			err = tokenize.Joined(inputs...)(func(d *feilun.Doc) error {
				bytes += len(d.Text)
				index.Look(d.Text)
				return nil
			})
		}
		if err == nil && bytes == 0 {
			err = hint.Usage(fmt.Errorf("--corpus %s holds no text to look for items in", path))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return sets, index, nil
}

// tasks has the model answer the tasks.
func (c *evaluateCmd) tasks(a *app, m *evaluate.Model, sets []evaluate.Set, index *evaluate.Index) ([]*evaluate.Result, error) {
	var all []*evaluate.Result
	for _, s := range sets {
		r, err := evaluate.Run(a.ctx, m, &c.Params, s)
		if err != nil {
			return nil, err
		}
		if index != nil {
			index.Report(r)
		}
		fmt.Fprintf(a.stderr, "%s: %d items\n", r.Task, r.Items)
		all = append(all, r)
	}
	return all, nil
}

func listTasks(w io.Writer) error {
	for _, t := range evaluate.Tasks() {
		if _, err := fmt.Fprintf(w, "%-10s %s\n           %s\n", t.Name(), t.About(), strings.Join(t.Files(), ", ")); err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) print(w io.Writer, out string) error {
	if len(e.Text) > 0 {
		fmt.Fprintf(w, "%-20s %8s %12s %12s   bits/byte (95 %%)\n", "text", "docs", "bytes", "tokens")
		for _, d := range e.Text {
			fmt.Fprintf(w, "%-20s %8d %12d %12d   %s\n", d.Name, d.Docs, d.Bytes, d.Tokens, bitsText(d.Bits, d.Docs))
		}
	}
	if len(e.Tasks) > 0 {
		fmt.Fprintf(w, "%-12s %6s  %-6s %s\n", "task", "items", "by", "accuracy (95 %), guessing; in the corpus")
	}
	for _, r := range e.Tasks {
		x := r.Accuracy[r.Main]
		line := fmt.Sprintf("%-12s %6d  %-6s %.1f %% (%.1f to %.1f), %.1f %%", r.Task, r.Items, r.Main, 100*x.Value, 100*x.Low, 100*x.High, 100*r.Chance)
		if r.Perplexity != nil {
			line += fmt.Sprintf("; perplexity %.4g (%.4g to %.4g)", r.Perplexity.Value, r.Perplexity.Low, r.Perplexity.High)
		}
		line += cutText(r.Truncated, r.Items)
		if d := r.Overlap; d != nil {
			line += fmt.Sprintf("; %d of %d items found", d.Found, d.Items)
			if d.Flagged {
				line += ": CONTAMINATED"
			}
		}
		fmt.Fprintln(w, line)
	}
	_, err := fmt.Fprintf(w, "results %s\n", out)
	return err
}
