package main

import (
	"encoding/json"
	"fmt"
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
	Files       []string `arg:"" name:"file" help:"Pages to extract, such as HTML files."`
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
	failed := 0
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	for _, name := range c.Files {
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		e := c.one(x, lang, name)
		if e.Error != "" || e.Rule != "" {
			failed++
		}
		switch {
		case c.JSON:
			err = enc.Encode(e)
		case e.Error != "":
			fmt.Fprintf(a.stderr, "feilun: %s\n", e.Error)
		case e.Rule != "":
			fmt.Fprintf(a.stderr, "feilun: %s: dropped by %s %s\n", name, e.Rule, e.Note)
		default:
			_, err = fmt.Fprintln(a.stdout, e.Text)
		}
		if err != nil {
			return err
		}
	}
	if failed == len(c.Files) && !c.JSON {
		return fmt.Errorf("no text in %d of %d files", failed, len(c.Files))
	}
	return nil
}

// one extracts the page in a file.
func (c *extractCmd) one(x *extract.Extractor, lang *language.Identifier, name string) extracted {
	body, err := os.ReadFile(name)
	if err != nil {
		return extracted{File: name, Error: err.Error()}
	}
	d := &feilun.Doc{URL: c.URL, Page: &feilun.Page{ContentType: c.ContentType, Body: body}}
	v := x.Page(d)
	if v.Kept() {
		d.Language = lang.Identify(d.Text).Language
	}
	return extracted{
		File: name, Title: d.Title, Text: d.Text, Date: d.Date, Language: d.Language, Canonical: d.Canonical,
		Robots: d.Robots, Links: d.Links, Layout: &d.Layout, Rule: v.Rule, Value: v.Value, Limit: v.Limit, Note: v.Note,
	}
}
