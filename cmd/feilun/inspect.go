package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"feilun"
	"feilun/dedup"
	"feilun/extract"
	"feilun/filter"
	"feilun/inspect"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/language"
	"feilun/pipeline"
	"feilun/quality"
)

type inspectCmd struct {
	Dir    string `arg:"" help:"Output folder of a run, finished or not."`
	Addr   string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address to listen on; of this machine alone."`
	NoOpen bool   `help:"Print the address and open no browser."`
	Model  string `placeholder:"MODEL" help:"Quality model whose scores to show, beside those of the recipe."`
	Label  string `placeholder:"L" help:"Label of a fastText model that counts as good."`
	Index  bool   `help:"Make the list of documents that the page needs, and end."`
	Export string `enum:",labels,texts,good,bad" default:"" placeholder:"WHAT" help:"Print labels, or labelled texts (texts, good, bad), as JSON lines, and end."`
	JSON   bool   `help:"Print the address, or what --index made, as a line of JSON."`
}

// Help is shown below the flags.
func (*inspectCmd) Help() string {
	return "The address holds a token that is good once; when it is used, opening it again prints a new one. Labels go to DIR/labels.jsonl at once. Ctrl-C ends."
}

func (c *inspectCmd) Run(a *app) error {
	tools := c.tools()
	switch {
	case c.Export != "":
		enc := json.NewEncoder(a.stdout)
		return inspect.Export(a.ctx, c.Dir, tools, c.Export, func(v any) error { return enc.Encode(v) })
	case c.Index:
		return c.index(a)
	}
	l, err := inspect.Listen(c.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	first := true
	s, err := inspect.NewServer(c.Dir, tools, func(url string) {
		if c.JSON {
			json.NewEncoder(a.stdout).Encode(map[string]string{"url": url})
		} else {
			fmt.Fprintln(a.stdout, url)
		}
		if first && !c.NoOpen {
			browse(url)
		}
		if first {
			fmt.Fprintln(a.stderr, "the address is good for one browser; Ctrl-C ends")
		}
		first = false
	})
	if err != nil {
		return err
	}
	return s.Serve(a.ctx, l)
}

func (c *inspectCmd) index(a *app) error {
	m := progress.New(a.stderr, "index", 0, progress.Bytes)
	defer m.Close()
	last := int64(0)
	n, problems, err := inspect.BuildIndex(a.ctx, c.Dir, func(done, total int64) {
		m.SetTotal(total)
		m.Add(done - last)
		last = done
	})
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(a.stderr, "damaged, read up to there: %s\n", p)
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"docs": n, "problems": append([]string{}, problems...)})
	}
	_, err = fmt.Fprintf(a.stdout, "%d documents\n", n)
	return err
}

// browse opens a page in the browser, where there is one.
func browse(url string) {
	var cmd *exec.Cmd
	switch {
	case runtime.GOOS == "darwin":
		cmd = exec.Command("open", url)
	case runtime.GOOS == "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "":
		cmd = exec.Command("xdg-open", url)
	default:
		return
	}
	if cmd.Start() == nil {
		go cmd.Wait() // the address is printed, whatever becomes of it
	}
}

// tools joins the inspector to the stages.
func (c *inspectCmd) tools() inspect.Tools {
	x := &inspectTools{dir: c.Dir, model: c.Model, label: c.Label}
	return inspect.Tools{About: x.about, Recall: x.recall, Kinds: []string{"gpt3", "signals", "fasttext"}, Train: x.train, Models: x.models}
}

// inspectTools keep what is loaded once.
type inspectTools struct {
	dir, model, label string

	mu       sync.Mutex
	recaller *pipeline.Recaller
	recipe   *pipeline.Recipe
}

func (x *inspectTools) recall(ctx context.Context, rows []ledger.Row, each func(int, *feilun.Doc, error)) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.recaller == nil {
		r, err := pipeline.NewRecaller(ctx, x.dir)
		if err != nil {
			return hint.With(fmt.Errorf("the source cannot be read: %w", err),
				"start feilun inspect in the folder in which feilun run was started, with the input where it was; or run with --keep-stages")
		}
		x.recaller = r
	}
	return x.recaller.Docs(ctx, rows, each)
}

// load reads the run's recipe, once. A run without one that can be read has
// no settings to show.
func (x *inspectTools) load() *pipeline.Recipe {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.recipe == nil {
		r, err := pipeline.Load(filepath.Join(x.dir, "recipe.yaml"))
		if err != nil {
			r = &pipeline.Recipe{}
		}
		x.recipe = r
	}
	return x.recipe
}

// about explains a rule from the comments of its parameters, with the value it
// has in the run's recipe.
func (x *inspectTools) about(stage, step, rule string) *inspect.About {
	r := x.load()
	name, _, _ := strings.Cut(step, "@")
	switch stage {
	case "extract":
		return aboutRule("Params", extract.Source, &r.Extract, rule)
	case "language":
		return aboutRule("Params", language.Source, &r.Language, rule)
	case "filter":
		if f := filter.New(name); f != nil {
			return aboutRule(filter.TypeName(f), filter.Source, setting(r.Filter, step, f), rule)
		}
	case "quality":
		if q := quality.New(name); q != nil {
			return aboutRule(quality.TypeName(q), quality.Source, setting(r.Quality, step, q), rule)
		}
	case "dedup":
		if d := dedup.New(rule); d != nil {
			typ := strings.TrimPrefix(fmt.Sprintf("%T", d), "*dedup.")
			if doc, _, err := params.Comments(typ, dedup.Source); err == nil {
				return &inspect.About{Step: strings.Replace(doc, typ, strings.TrimSuffix(typ, "Params"), 1)}
			}
		}
	}
	return nil
}

// setting returns the parameters that a step has in the recipe.
func setting(steps []pipeline.Step, key string, fallback any) any {
	for _, s := range steps {
		if s.Key == key {
			return s.Params
		}
	}
	return fallback
}

func aboutRule(typ string, source fs.FS, ptr any, rule string) *inspect.About {
	doc, _, err := params.Comments(typ, source)
	if err != nil {
		return nil
	}
	a := &inspect.About{Step: doc}
	if ps, err := params.Describe(ptr, source); err == nil {
		for _, p := range ps {
			if p.Name == rule {
				a.Rule = p.Help
			}
		}
	}
	if v, ok := params.Value(ptr, rule); ok {
		a.Setting = fmt.Sprint(v)
	}
	return a
}

// models opens the models of the recipe's quality steps, the one asked for, and
// the one that was trained from labels before.
func (x *inspectTools) models() ([]*inspect.Model, error) {
	var all []*inspect.Model
	var errs []error
	add := func(name, file, label string, limit float64) {
		m, err := quality.Open(file, label)
		if err != nil {
			errs = append(errs, err)
			return
		}
		all = append(all, modelTool(name, m, limit))
	}
	if x.model != "" {
		add(filepath.Base(x.model), x.model, x.label, 0.5)
	}
	if name := inspect.ModelName(x.dir); fileExists(name) {
		add(filepath.Base(name), name, "", 0.5)
	}
	for _, s := range x.load().Quality {
		if err := quality.Prepare(s.Params); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Key, err))
			continue
		}
		m := modelTool(s.Key, quality.ModelOf(s.Params), quality.Limit(s.Params))
		m.LowIsGood = quality.LowIsGood(s.Params)
		judge := quality.NewJudge(s.Params)
		m.Score = func(d *feilun.Doc) float64 {
			score, _ := judge.Document(d)
			return score
		}
		all = append(all, m)
	}
	return all, errors.Join(errs...)
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func modelTool(name string, m *quality.Model, limit float64) *inspect.Model {
	m = m.Clone()
	return &inspect.Model{Name: name, Kind: m.Kind, Limit: limit, Score: m.Score, Explain: func(d *feilun.Doc, n int) []inspect.Feature {
		out := []inspect.Feature{}
		for _, r := range m.Explain(d, n) {
			out = append(out, inspect.Feature{Name: r.Feature, Value: r.Value, Weight: r.Weight})
		}
		return out
	}}
}

func (x *inspectTools) train(ctx context.Context, kind, out string, good, bad []*feilun.Doc) (*inspect.Trained, error) {
	var p quality.TrainParams
	if err := params.Fill(&p); err != nil {
		panic(err) // a default tag is wrong
	}
	var examples []quality.Example
	for _, d := range good {
		examples = append(examples, quality.Example{Doc: d, Positive: true})
	}
	for _, d := range bad {
		examples = append(examples, quality.Example{Doc: d})
	}
	m, err := quality.Train(ctx, kind, examples, p)
	if err != nil {
		return nil, err
	}
	if err := m.Save(out); err != nil {
		return nil, err
	}
	page := quality.PageName(out)
	if err := m.Page(page, "auto", examples); err != nil {
		return nil, err
	}
	r := m.Result()
	t := &inspect.Trained{Model: modelTool(filepath.Base(out), m, 0.5), File: out, Page: page, Kind: kind, Good: r.Positives, Bad: r.Negatives, Split: r.Split,
		AUC: [3]float64{r.HeldOut.AUC.Value, r.HeldOut.AUC.Low, r.HeldOut.AUC.High}, HeldOut: [2]int{r.HeldOut.AUC.Positives, r.HeldOut.AUC.Negatives}}
	for _, b := range r.HeldOut.Calibration {
		if b.Docs > 0 {
			t.Calibration = append(t.Calibration, inspect.Share{From: b.From, To: b.To, Docs: b.Docs, Score: b.Score, Good: b.Positive})
		}
	}
	return t, nil
}
