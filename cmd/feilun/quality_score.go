package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"

	"feilun"
	"feilun/quality"
)

type qualityScoreCmd struct {
	Model string `required:"" placeholder:"MODEL" help:"Model file: one of feilun's, a fastText .bin or .ftz, or ARPA."`
	Label string `placeholder:"L" help:"Label of a fastText model that counts as good."`
	JSON  bool   `help:"Print lines of JSON: id and score, or the number and error of a bad line."`
	File  string `arg:"" help:"JSON lines with text and optional id, url, title, language, plain or compressed; - is standard input."`
}

// scoreLine is a document's line of feilun quality score --json.
type scoreLine struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`

	Perplexity float64 `json:"perplexity,omitempty"` // of language models
}

// badLine stands where a line is no document.
type badLine struct {
	ID    string `json:"id"` // or the number of the line
	Error string `json:"error"`
}

func (c *qualityScoreCmd) Run(a *app) error {
	m, err := quality.Open(c.Model, c.Label)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	enc := json.NewEncoder(out)
	var bad func(int, error) error
	if c.JSON {
		bad = func(n int, err error) error { return enc.Encode(badLine{idOf(err, n), err.Error()}) }
	}
	err = documents(a, c.File, bad, func(d *feilun.Doc) error {
		if c.JSON {
			p, _ := m.Perplexity(d)
			return enc.Encode(scoreLine{d.ID, m.Score(d), p})
		}
		_, err := fmt.Fprintf(out, "%s\t%.6f\n", d.ID, m.Score(d))
		return err
	})
	return errors.Join(err, out.Flush())
}

type qualityExplainCmd struct {
	Model string `required:"" placeholder:"MODEL" help:"Model file."`
	Label string `placeholder:"L" help:"Label of a fastText model that counts as good."`
	ID    string `placeholder:"ID" help:"Explain the document with this id or URL alone."`
	Top   int    `default:"20" placeholder:"N" help:"How many features to show."`
	JSON  bool   `help:"Print a line of JSON for each document."`
	File  string `arg:"" help:"JSON lines with text; - is standard input."`
}

// explained is a document's line of feilun quality explain --json.
type explained struct {
	ID      string           `json:"id"`
	URL     string           `json:"url,omitempty"`
	Kind    string           `json:"kind"`
	Score   float64          `json:"score"`
	Reasons []quality.Reason `json:"reasons"`
}

func (c *qualityExplainCmd) Run(a *app) error {
	m, err := quality.Open(c.Model, c.Label)
	if err != nil {
		return err
	}
	found := 0
	err = documents(a, c.File, nil, func(d *feilun.Doc) error {
		if c.ID != "" && d.ID != c.ID && d.URL != c.ID {
			return nil
		}
		found++
		return explain(a, m, d, c.Top, c.JSON)
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("%s has no document %q", c.File, c.ID)
	}
	return err
}

func explain(a *app, m *quality.Model, d *feilun.Doc, top int, asJSON bool) error {
	e := explained{d.ID, d.URL, m.Kind, m.Score(d), m.Explain(d, top)}
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(e)
	}
	fmt.Fprintf(a.stdout, "%s\n  %s score %.4f\n", d.ID, m.Kind, e.Score)
	for _, r := range e.Reasons {
		if _, err := fmt.Fprintf(a.stdout, "  %+8.3f  %6.4g × %s\n", r.Weight, r.Value, oneLine(r.Name(), 40)); err != nil {
			return err
		}
	}
	return nil
}
