package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"feilun"
	"feilun/internal/hint"
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

// badLine stands where a line could not be read.
type badLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

func (c *qualityScoreCmd) Run(a *app) error {
	m, err := openModel(c.Model, c.Label)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	enc := json.NewEncoder(out)
	bad := 0
	err = lines(a, c.File, func(n int, line []byte) error {
		d, err := document(line, n)
		switch {
		case err != nil:
			bad++
			if c.JSON {
				return enc.Encode(badLine{n, err.Error()})
			}
			_, err = fmt.Fprintf(a.stderr, "line %d: %v\n", n, err)
		case c.JSON:
			p, _ := m.Perplexity(d)
			err = enc.Encode(scoreLine{d.ID, m.Score(d), p})
		default:
			_, err = fmt.Fprintf(out, "%s\t%.6f\n", d.ID, m.Score(d))
		}
		return err
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf("%w: %d lines could not be read; the others are scored", errPartly, bad)
	}
	return err
}

// lines calls each with every line of a file that is not blank, and its number.
func lines(a *app, name string, each func(n int, line []byte) error) error {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return hint.Usage(err)
		}
		defer f.Close()
		in = f
	}
	r, err := plain(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := each(n, line); err != nil {
				return err
			}
		}
		if err == io.EOF || a.ctx.Err() != nil {
			return a.ctx.Err()
		}
	}
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
	m, err := openModel(c.Model, c.Label)
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
		if _, err := fmt.Fprintf(a.stdout, "  %+8.3f  %6.4g × %s\n", r.Weight, r.Value, oneLine(r.Feature, 40)); err != nil {
			return err
		}
	}
	return nil
}
