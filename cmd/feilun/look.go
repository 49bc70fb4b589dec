package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"feilun"
	"feilun/inspect"
	"feilun/internal/ledger"
	"feilun/internal/stats"
	"feilun/pipeline"
	"feilun/quality"
)

type statsCmd struct {
	Dir  string `arg:"" help:"Output folder of a run."`
	JSON bool   `help:"Print one line of JSON for each stage, and one for the evaluation of the model."`
}

// stageLine is a stage's line of feilun stats --json.
type stageLine struct {
	Stage        string           `json:"stage"`
	In           int64            `json:"in"`
	Kept         int64            `json:"kept"`
	Dropped      int64            `json:"dropped"`
	Rules        map[string]int64 `json:"rules"` // documents dropped, by step and rule
	Cuts         map[string]int64 `json:"cuts"`  // pieces cut, by step and rule
	InBytes      int64            `json:"in_bytes"`
	KeptBytes    int64            `json:"kept_bytes"`
	CutBytes     int64            `json:"cut_bytes"`
	DroppedBytes int64            `json:"dropped_bytes"`
	InChars      int64            `json:"in_chars"`
	KeptChars    int64            `json:"kept_chars"`
}

func (c *statsCmd) Run(a *app) error {
	s, err := inspect.Stats(c.Dir)
	if err != nil {
		return err
	}
	e, err := inspect.Evaluation(c.Dir)
	if err != nil {
		return err
	}
	if !c.JSON {
		if err := funnel(a.stdout, s.Reports); err != nil || e == nil {
			return err
		}
		return printModel(a.stdout, e)
	}
	enc := json.NewEncoder(a.stdout)
	for _, r := range s.Reports {
		if err := enc.Encode(lineOf(r)); err != nil {
			return err
		}
	}
	if e == nil {
		return nil
	}
	return enc.Encode(evaluateLine(s.Reports[len(s.Reports)-1].Kept.Docs, e))
}

// evaluateLine is the line of the evaluation. It takes the corpus and drops
// nothing of it, so that whoever reads the books of all lines finds them here too.
func evaluateLine(docs int64, e *stats.Evaluation) any {
	return struct {
		Stage   string           `json:"stage"`
		In      int64            `json:"in"`
		Kept    int64            `json:"kept"`
		Dropped int64            `json:"dropped"`
		Rules   map[string]int64 `json:"rules"`
		*stats.Evaluation
	}{"evaluate", docs, docs, 0, map[string]int64{}, e}
}

func lineOf(r feilun.Report) stageLine {
	l := stageLine{
		Stage: r.Stage, In: r.In.Docs, Kept: r.Kept.Docs, Dropped: r.Dropped.Docs,
		Rules: map[string]int64{}, Cuts: map[string]int64{},
		InBytes: r.In.Bytes, KeptBytes: r.Kept.Bytes, CutBytes: r.Cut, DroppedBytes: r.Dropped.Bytes,
		InChars: r.In.Chars, KeptChars: r.Kept.Chars,
	}
	for _, rule := range r.Rules {
		name := inspect.RuleName(rule.Filter, rule.Rule)
		if rule.Docs > 0 {
			l.Rules[name] = rule.Docs
		}
		if rule.Cuts > 0 {
			l.Cuts[name] = rule.Cuts
		}
	}
	return l
}

type whyCmd struct {
	Dir  string `arg:"" help:"Output folder of a run."`
	URL  string `arg:"" help:"URL or id of a document."`
	JSON bool   `help:"Print one line of JSON for each record with that URL."`

	Quality string `placeholder:"MODEL" help:"Score the document with this quality model, and show the features that decide."`
	Label   string `placeholder:"L" help:"Label of a fastText model that counts as good."`
	Top     int    `default:"20" placeholder:"N" help:"How many features to show."`
}

func (c *whyCmd) Run(a *app) error {
	fates, err := inspect.Why(c.Dir, c.URL)
	if err != nil {
		return err
	}
	if len(fates) == 0 {
		if _, err := inspect.Stats(c.Dir); err != nil {
			return err // not finished: the record may yet come
		}
		return fmt.Errorf("%s has no record of %q", c.Dir, c.URL)
	}
	for _, f := range fates {
		if c.JSON {
			err = json.NewEncoder(a.stdout).Encode(f)
		} else {
			_, err = fmt.Fprint(a.stdout, fateText(f))
		}
		if err == nil && c.Quality != "" {
			err = c.quality(a, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// quality explains a document's score: its text in the corpus, or, if it was
// dropped, in the source.
func (c *whyCmd) quality(a *app, f inspect.Fate) error {
	m, err := quality.Open(c.Quality, c.Label)
	if err != nil {
		return err
	}
	if f.Dropped != nil && f.Dropped.Stage == "crawl" {
		return nil // a record without a text
	}
	var d *feilun.Doc
	if f.Dropped != nil {
		d, err = pipeline.Recall(a.ctx, c.Dir, *f.Dropped)
	} else {
		d, err = keptDoc(c.Dir, f)
	}
	if err != nil {
		return err
	}
	return explain(a, m, d, c.Top, c.JSON)
}

func keptDoc(dir string, f inspect.Fate) (*feilun.Doc, error) {
	for k, err := range inspect.Docs(dir) {
		if err != nil {
			return nil, err
		}
		if k.Doc.ID == f.ID {
			return k.Doc, nil
		}
	}
	return nil, fmt.Errorf("%s is not in the corpus of %s", f.ID, dir)
}

func fateText(f inspect.Fate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  id       %s\n", f.URL, f.ID)
	for _, r := range f.Cuts {
		fmt.Fprintf(&b, "  cut      %s: %d bytes: %s\n", inspect.RuleName(r.Filter, r.Rule), r.Bytes, oneLine(r.Sample, 60))
	}
	switch {
	case f.Kept:
		fmt.Fprintf(&b, "  kept     in %s\n  text     %s\n", f.File, oneLine(f.Text, 100))
	case f.Dropped != nil:
		fmt.Fprintf(&b, "  dropped  %s\n", reason(*f.Dropped))
		fmt.Fprintf(&b, "  record   %s at byte %d\n", f.Dropped.Record.File, f.Dropped.Record.Offset)
		if f.Dropped.Sample != "" {
			fmt.Fprintf(&b, "  text     %s\n", oneLine(f.Dropped.Sample, 100))
		}
	}
	return b.String()
}

// reason puts a row into words: "filter gopher_quality.min_words: 12, limit 50".
func reason(r ledger.Row) string {
	s := r.Stage + " " + inspect.RuleName(r.Filter, r.Rule)
	if r.Value != r.Limit { // rules that are no measurement have both alike
		s += fmt.Sprintf(": %.4g, limit %.4g", r.Value, r.Limit)
	}
	if r.Note != "" {
		s += " (" + r.Note + ")"
	}
	if r.Survivor != "" {
		s += "; the copy that stays is " + r.Survivor
	}
	return s
}

func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

type droppedCmd struct {
	Dir    string `arg:"" help:"Output folder of a run."`
	Rule   string `placeholder:"R" help:"Rule, step.rule or stage; all but those of crawl when absent."`
	Sample int    `default:"20" placeholder:"N" help:"How many to draw, fairly."`
	Cuts   bool   `help:"Show pieces that were cut out, not dropped documents."`
	JSON   bool   `help:"Print the ledger's rows as lines of JSON."`
}

func (c *droppedCmd) Run(a *app) error {
	rows, err := inspect.Dropped(c.Dir, c.Rule, c.Sample, c.Cuts)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if c.JSON {
			err = json.NewEncoder(a.stdout).Encode(r)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%s\n  %s\n  %s\n", r.URL, reason(r), oneLine(r.Sample, 160))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type diffCmd struct {
	A    string `arg:"" help:"Output folder of one run."`
	B    string `arg:"" help:"Output folder of another run over the same input."`
	JSON bool   `help:"Print as a line of JSON."`
}

func (c *diffCmd) Run(a *app) error {
	d, err := inspect.Diff(c.A, c.B)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(d)
	}
	_, err = io.WriteString(a.stdout, diffText(d, c.A, c.B))
	return err
}

func diffText(d *inspect.Comparison, a, b string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "kept by both: %d, of these %d with another text\n", d.Both, d.Texts)
	for _, side := range []struct {
		who, other string
		changes    []inspect.Change
	}{{a, b, d.OnlyA}, {b, a, d.OnlyB}} {
		n := int64(0)
		for _, ch := range side.changes {
			n += ch.Docs
		}
		fmt.Fprintf(&out, "\nonly in %s: %d", side.who, n)
		if n > 0 {
			fmt.Fprintf(&out, "; %s dropped them by", side.other)
		}
		out.WriteByte('\n')
		for _, ch := range side.changes {
			fmt.Fprintf(&out, "  %6d  %s %s\n", ch.Docs, ch.Stage, ch.Rule)
			for _, f := range ch.Samples[:min(2, len(ch.Samples))] {
				fmt.Fprintf(&out, "          %s\n", f.URL)
			}
		}
	}
	return out.String()
}
