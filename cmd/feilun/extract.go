package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"feilun"
	"feilun/extract"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/language"
)

type extractCmd struct {
	JSON        bool     `help:"Print a line of JSON for each file, also for those that fail."`
	ContentType string   `help:"Content-Type header to assume." placeholder:"TYPE"`
	URL         string   `help:"Address of the page, for relative links." placeholder:"URL"`
	Links       bool     `help:"List outgoing links (with --json)."`
	Files       []string `arg:"" name:"file" help:"Pages to extract, such as HTML files; - for stdin."`
}

// extracted is the line printed for a file.
type extracted struct {
	File      string         `json:"file"`
	Title     string         `json:"title"`
	Text      string         `json:"text"`
	Date      string         `json:"date"`
	Language  string         `json:"language"`
	Canonical string         `json:"canonical,omitempty"`
	Robots    string         `json:"robots,omitempty"`
	Links     []string       `json:"links,omitempty"`
	Layout    *feilun.Layout `json:"layout,omitempty"`
	Rule      string         `json:"rule,omitempty"`
	Value     float64        `json:"value,omitempty"`
	Limit     float64        `json:"limit,omitempty"`
	Note      string         `json:"note,omitempty"`
	Error     string         `json:"error,omitempty"`
}

func (c *extractCmd) Run(a *app) error {
	var p extract.Params
	if err := params.Fill(&p); err != nil {
		return err
	}
	p.Links = c.Links
	x, err := extract.New(p)
	if err != nil {
		return hint.Usage(err)
	}
	lang, err := language.Default()
	if err != nil {
		return err
	}
	var failed []error
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	for _, name := range c.Files {
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		e, err := c.one(a, x, lang, name)
		if err != nil {
			failed = append(failed, err)
		}
		switch {
		case c.JSON:
			err = enc.Encode(e)
		case err != nil: // told at the end
			err = nil
		case e.Rule != "":
			fmt.Fprintf(a.stderr, "feilun: %s: dropped by %s %s\n", name, e.Rule, e.Note)
		default:
			_, err = fmt.Fprintln(a.stdout, e.Text)
		}
		if err != nil {
			return err
		}
	}
	return partly(failed, len(c.Files))
}

// Help is shown below the flags.
func (*extractCmd) Help() string {
	return "A page without text is dropped by a rule, which is no failure; a file that cannot be read is (exit code 3 when others could be read)."
}

// one extracts the page in a file; - is standard input.
func (c *extractCmd) one(a *app, x *extract.Extractor, lang *language.Identifier, name string) (extracted, error) {
	read := os.ReadFile
	if name == "-" {
		read = func(string) ([]byte, error) { return io.ReadAll(a.stdin) }
	}
	body, err := read(name)
	if err != nil {
		return extracted{File: name, Error: err.Error()}, err
	}
	d := &feilun.Doc{URL: c.URL, Page: &feilun.Page{ContentType: c.ContentType, Body: body}}
	v := x.Page(d)
	if v.Kept() {
		d.Language = lang.Identify(d.Text).Language
	}
	return extracted{
		File: name, Title: d.Title, Text: d.Text, Date: d.Date, Language: d.Language, Canonical: d.Canonical,
		Robots: d.Robots, Links: d.Links, Layout: &d.Layout, Rule: v.Rule, Value: v.Value, Limit: v.Limit, Note: v.Note,
	}, nil
}
