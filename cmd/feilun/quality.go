package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/pipeline"
	"feilun/quality"

	"github.com/zeebo/xxh3"
)

type qualityCmd struct {
	Train    qualityTrainCmd    `cmd:"" help:"Train a model from good and bad documents."`
	Score    qualityScoreCmd    `cmd:"" help:"Score the documents of a file of JSON lines."`
	Explain  qualityExplainCmd  `cmd:"" help:"Show which features decide a document's score."`
	Evaluate qualityEvaluateCmd `cmd:"" help:"Measure a model on labelled documents."`
}

// labelled names the examples of a model.
type labelled struct {
	Positive []string `required:"" placeholder:"FILE" sep:"none" help:"Good documents: JSON lines, Parquet, text, WARC, a folder of them, or a run folder. May be repeated."`
	Negative []string `required:"" placeholder:"FILE" sep:"none" help:"Bad or raw documents, likewise."`
	Sample   int      `default:"100000" placeholder:"N" help:"Documents of either class to take at most, drawn by hash."`
}

// repeatFlags writes "--positive a b" as "--positive=a --positive=b": the verbs
// with these flags take no other arguments.
func repeatFlags(args []string) []string {
	if len(args) < 2 || args[0] != "quality" || args[1] != "train" && args[1] != "evaluate" {
		return args
	}
	var out []string
	flag, used := "", false
	for _, a := range args {
		switch {
		case a == "--positive" || a == "--negative":
			flag, used = a, true
			continue
		case strings.HasPrefix(a, "-"):
			flag = ""
		case flag != "":
			a = flag + "=" + a
		}
		out = append(out, a)
	}
	if !used {
		return args
	}
	return out
}

// read loads the examples. Equal texts count once, for the positive class if
// they stand in both.
func (l *labelled) read(a *app) ([]quality.Example, error) {
	if l.Sample < 1 {
		return nil, hint.Usage(fmt.Errorf("--sample %d: must be at least 1", l.Sample))
	}
	r, err := pipeline.NewReader()
	if err != nil {
		return nil, err
	}
	texts := repeats{seen: map[xxh3.Uint128]bool{}}
	var all []quality.Example
	for _, side := range []struct {
		paths    []string
		positive bool
	}{{l.Positive, true}, {l.Negative, false}} {
		s := sampler{most: l.Sample}
		for _, path := range side.paths {
			err := r.Docs(a.ctx, path, func(d *feilun.Doc) error {
				if texts.first(d.Text, side.positive) {
					s.add(quality.Example{Doc: d, Positive: side.positive})
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		switch {
		case len(s.all) > 0:
		case texts.both > 0:
			return nil, hint.Usage(fmt.Errorf("every document in %s stands among the positive ones, too", strings.Join(side.paths, ", ")))
		default:
			return nil, hint.Usage(fmt.Errorf("no documents in %s", strings.Join(side.paths, ", ")))
		}
		all = append(all, s.sample()...)
	}
	if n := r.Damaged + r.Dropped; n > 0 {
		fmt.Fprintf(a.stderr, "%d records could not be read, %d pages had no text of their own\n", r.Damaged, r.Dropped)
	}
	if texts.again+texts.both > 0 {
		fmt.Fprintf(a.stderr, "%d documents repeat the text of another and are left out; so are %d negative ones that stand among the positive ones\n", texts.again, texts.both)
	}
	return all, nil
}

// Repeats counts the texts that were met before.
type repeats struct {
	seen  map[xxh3.Uint128]bool // whether as a positive one
	again int                   // in the same class
	both  int                   // in the other class
}

// first reports whether a text is met for the first time.
func (r *repeats) first(text string, positive bool) bool {
	h := xxh3.HashString128(text)
	before, known := r.seen[h]
	switch {
	case !known:
		r.seen[h] = positive
	case before == positive:
		r.again++
	default:
		r.both++
	}
	return !known
}

// A sampler keeps the examples whose ids hash lowest.
type sampler struct {
	most int
	all  []quality.Example
}

func (s *sampler) add(e quality.Example) {
	if s.all = append(s.all, e); len(s.all) >= 2*s.most+1000 {
		s.all = s.sample()
	}
}

func (s *sampler) sample() []quality.Example {
	key := func(e quality.Example) uint64 { return xxh3.HashString(e.Doc.ID) }
	slices.SortStableFunc(s.all, func(a, b quality.Example) int {
		return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a.Doc.ID, b.Doc.ID), cmp.Compare(a.Doc.Text, b.Doc.Text))
	})
	return s.all[:min(len(s.all), s.most)]
}

type qualityTrainCmd struct {
	labelled
	quality.TrainParams
	Kind string `required:"" enum:"gpt3,fasttext,perplexity,signals" help:"gpt3, fasttext, perplexity or signals."`
	Out  string `required:"" placeholder:"MODEL" help:"File of the model; a page about it is written beside it, with .html added."`
	Lang string `enum:"auto,en,zh" default:"auto" help:"Language of the page that opens first."`
	JSON bool   `help:"Print the outcome as a line of JSON."`
}

func (c *qualityTrainCmd) Help() string { return qualityHelp(&c.TrainParams) }

func qualityHelp(ptr any) string {
	ps, err := params.Describe(ptr, quality.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	help := ""
	for _, p := range ps {
		help += fmt.Sprintf("--%s (%s): %s\n\n", p.Name, p.Default, p.Help)
	}
	return help
}

func (c *qualityTrainCmd) Run(a *app) error {
	if err := checkRanges(&c.TrainParams); err != nil {
		return err
	}
	if err := canWrite(c.Out); err != nil {
		return err
	}
	examples, err := c.read(a)
	if err != nil {
		return err
	}
	m, err := quality.Train(a.ctx, c.Kind, examples, c.TrainParams)
	if err != nil {
		return err
	}
	if err := m.Save(c.Out); err != nil {
		return err
	}
	page := quality.PageName(c.Out)
	if err := m.Page(page, c.Lang, examples); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"model": c.Out, "kind": c.Kind, "page": page, "result": m.Result()})
	}
	if err := resultText(a.stdout, m.Result()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nmodel  %s\npage   %s\n", c.Out, page)
	return err
}

// canWrite reports, before the work is done, that a file cannot be put there.
func canWrite(name string) error {
	if i, err := os.Stat(name); err == nil && i.IsDir() {
		return hint.Usage(hint.With(fmt.Errorf("--out %s is a folder", name), "name the file to write"))
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".feilun-*")
	if err != nil {
		return hint.Usage(hint.With(fmt.Errorf("--out: %w", err), "name a file in a folder that is there and can be written to"))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// resultText prints what training found.
func resultText(w io.Writer, r *quality.Result) error {
	fmt.Fprintf(w, "%d positive documents of %d hosts, %d negative of %d; a fifth held out by %s\n",
		r.Positives, r.Hosts[0], r.Negatives, r.Hosts[1], r.Split)
	if r.Penalty > 0 {
		fmt.Fprintf(w, "penalty %.3g, chosen on hosts that the weights were not fitted to\n", r.Penalty)
	}
	return evaluationText(w, r.HeldOut)
}

func evaluationText(w io.Writer, e quality.Evaluation) error {
	fmt.Fprintf(w, "\nAUC %.4f (95 %%: %.4f to %.4f) on %d positive and %d negative documents; average precision %.4f\n",
		e.AUC.Value, e.AUC.Low, e.AUC.High, e.AUC.Positives, e.AUC.Negatives, e.Precision)
	fmt.Fprintf(w, "\ncalibration\n%11s %7s %11s %14s\n", "score", "docs", "mean score", "positive share")
	for _, b := range e.Calibration {
		if b.Docs > 0 {
			fmt.Fprintf(w, "%4.1f to %3.1f %7d %11.3f %14.3f\n", b.From, b.To, b.Docs, b.Score, b.Positive)
		}
	}
	fmt.Fprintf(w, "\n%9s %7s %10s %7s %13s\n", "threshold", "kept", "precision", "recall", "negatives kept")
	for _, p := range e.Thresholds {
		fmt.Fprintf(w, "%9.3f %6.1f%% %9.1f%% %6.1f%% %12.1f%%\n", p.Threshold, 100*p.Keep, 100*p.Precision, 100*p.Recall, 100*p.FalseKeep)
	}
	return nil
}

type qualityEvaluateCmd struct {
	labelled
	Model string `required:"" placeholder:"MODEL" help:"Model file."`
	Label string `placeholder:"L" help:"Label of a fastText model that counts as good."`
	JSON  bool   `help:"Print the outcome as a line of JSON."`
}

func (c *qualityEvaluateCmd) Run(a *app) error {
	m, err := quality.Open(c.Model, c.Label)
	if err != nil {
		return err
	}
	examples, err := c.read(a)
	if err != nil {
		return err
	}
	e := quality.Evaluate(m, examples)
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"model": c.Model, "kind": m.Kind, "evaluation": e})
	}
	return evaluationText(a.stdout, e)
}
