package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"feilun"
	"feilun/filter"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/pipeline"
)

type filterCmd struct {
	Recipe string   `required:"" placeholder:"R" help:"Recipe whose filter steps to apply."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a key of the recipe, such as filter.length.min_words=50."`
	JSON   bool     `help:"Print one line of JSON for each document: id, keep, filter, rule, value, limit."`
	File   string   `arg:"" help:"JSON lines with text, optional id, url, title, language; - for stdin."`
}

// verdictLine is a document's line of feilun filter --json.
type verdictLine struct {
	ID     string  `json:"id"`
	Keep   bool    `json:"keep"`
	Filter string  `json:"filter"`
	Rule   string  `json:"rule"`
	Value  float64 `json:"value"`
	Limit  float64 `json:"limit"`
	Note   string  `json:"note,omitempty"`
	Cut    int     `json:"cut,omitempty"` // bytes that edits cut
}

func (c *filterCmd) Run(a *app) error {
	r, err := pipeline.Load(c.Recipe, c.Set...)
	if err != nil {
		return err
	}
	judge, err := pipeline.NewJudge(r)
	if err != nil {
		return err
	}
	return documents(a, c.File, func(d *feilun.Doc) error {
		before := len(d.Text)
		step, v := judge.Document(d)
		line := verdictLine{d.ID, v.Kept(), step, v.Rule, v.Value, v.Limit, v.Note, before - len(d.Text)}
		if c.JSON {
			return json.NewEncoder(a.stdout).Encode(line)
		}
		word := "keep"
		if !line.Keep {
			word = fmt.Sprintf("drop  %s.%s: %.4g, limit %.4g %s", line.Filter, line.Rule, line.Value, line.Limit, line.Note)
		}
		_, err := fmt.Fprintf(a.stdout, "%s\t%s\n", line.ID, word)
		return err
	})
}

// documents reads JSON lines, plain or compressed; the id of a document without one is its line
// number. A bad line is an error that names it.
func documents(a *app, name string, each func(*feilun.Doc) error) error {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return hint.Usage(err)
		}
		defer f.Close()
		in = f
	}
	lines, err := plain(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			d, bad := document(line, n)
			if bad != nil {
				return fmt.Errorf("%s line %d: %w", name, n, bad)
			}
			if err := each(d); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func document(line []byte, n int) (*feilun.Doc, error) {
	var in struct {
		ID        any     `json:"id"`
		Text      *string `json:"text"`
		URL       string  `json:"url"`
		Title     string  `json:"title"`
		Canonical string  `json:"canonical"`
		Language  string  `json:"language"`
		Script    string  `json:"script"`
		Status    int     `json:"status"`
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		return nil, err
	}
	if in.Text == nil {
		return nil, fmt.Errorf("no text: each line needs a \"text\" field")
	}
	id := strconv.Itoa(n)
	if in.ID != nil {
		id = fmt.Sprint(in.ID)
	}
	d := &feilun.Doc{ID: id, URL: in.URL, Text: *in.Text, Title: in.Title, Canonical: in.Canonical, Language: in.Language, Script: in.Script, Confidence: 1}
	if in.Status != 0 {
		d.Page = &feilun.Page{Status: in.Status}
	}
	return d, nil
}

type explainCmd struct {
	Filter string `arg:"" optional:"" help:"Filter or edit; lists all when absent."`
	JSON   bool   `help:"Print the JSON schema of its parameters."`
}

func (c *explainCmd) Run(a *app) error {
	var all []any
	var names []string
	for _, f := range filter.All() {
		all = append(all, f)
	}
	for _, e := range filter.Edits() {
		all = append(all, e)
	}
	for _, f := range all {
		names = append(names, filter.Name(f))
		if c.Filter == "" {
			doc, err := filterDoc(f)
			if err != nil {
				return err
			}
			first, _, _ := strings.Cut(doc, ". ")
			if _, err := fmt.Fprintf(a.stdout, "%-18s %s\n", filter.Name(f), first); err != nil {
				return err
			}
		}
		if filter.Name(f) == c.Filter {
			return c.one(a, f)
		}
	}
	if c.Filter == "" {
		return nil
	}
	err := fmt.Errorf("no filter %q; known are %s", c.Filter, strings.Join(names, ", "))
	if near := params.Nearest(c.Filter, names); near != "" {
		err = hint.With(err, fmt.Sprintf("did you mean %q?", near))
	}
	return hint.Usage(err)
}

func filterDoc(f any) (string, error) {
	doc, _, err := params.Comments(filter.TypeName(f), filter.Source)
	return doc, err
}

func (c *explainCmd) one(a *app, f any) error {
	ps, err := params.Describe(f, filter.Source)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(params.Schema(ps))
	}
	doc, err := filterDoc(f)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s\n%s\n\n", filter.Name(f), doc)
	for _, p := range ps {
		fmt.Fprintf(a.stdout, "  %s (%s, default %s", p.Name, p.Type, p.Default)
		if p.Range != "" {
			fmt.Fprintf(a.stdout, ", range %s", p.Range)
		}
		fmt.Fprintf(a.stdout, ")\n      %s\n", p.Help)
	}
	return nil
}
