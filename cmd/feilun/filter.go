package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"feilun"
	"feilun/crawl"
	"feilun/dedup"
	"feilun/filter"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/pipeline"
	"feilun/quality"
)

type filterCmd struct {
	Recipe string   `required:"" placeholder:"R" help:"Recipe whose filter steps to apply."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a key of the recipe, such as filter.length.min_words=50."`
	JSON   bool     `help:"Print one line of JSON for each document: id, keep, filter, rule, value, limit; and error for a line that is none."`
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
	Cut    int     `json:"cut,omitempty"`   // bytes that edits cut
	Line   int     `json:"line,omitempty"`  // of a line that is no document, beside
	Error  string  `json:"error,omitempty"` // why it is none
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
	enc := json.NewEncoder(a.stdout)
	var bad func(int, error) error
	if c.JSON {
		bad = func(n int, err error) error {
			return enc.Encode(verdictLine{ID: idOf(err, n), Line: n, Error: err.Error()})
		}
	}
	return documents(a, c.File, bad, func(d *feilun.Doc) error {
		before := len(d.Text)
		step, v := judge.Document(d)
		line := verdictLine{d.ID, v.Kept(), step, v.Rule, v.Value, v.Limit, v.Note, before - len(d.Text), 0, ""}
		if c.JSON {
			return enc.Encode(line)
		}
		word := "keep"
		if !line.Keep {
			word = fmt.Sprintf("drop  %s.%s: %.4g, limit %.4g %s", line.Filter, line.Rule, line.Value, line.Limit, line.Note)
		}
		_, err := fmt.Fprintf(a.stdout, "%s\t%s\n", line.ID, word)
		return err
	})
}

// documents calls each with the documents of a file of JSON lines, plain or
// compressed; the id of a document without one is its line number. Lines that
// are none go to bad, or to stderr when bad is nil, and the others go on; the
// error then says how many there were.
func documents(a *app, name string, bad func(line int, err error) error, each func(*feilun.Doc) error) error {
	if bad == nil {
		bad = func(n int, err error) error {
			fmt.Fprintf(a.stderr, "feilun: %s line %d: %v\n", name, n, err)
			return nil
		}
	}
	wrong, all := 0, 0
	err := lines(a, name, func(n int, line []byte) error {
		all++
		d, err := document(line, n)
		if err == nil {
			return each(d)
		}
		wrong++
		return bad(n, err)
	})
	if err != nil {
		return err
	}
	return badLines(name, wrong, all)
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
			return fmt.Errorf("%s line %d: %w", name, n, err)
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

func badLines(name string, wrong, all int) error {
	err := fmt.Errorf("%s: %d of %d lines are no documents", name, wrong, all)
	err = hint.With(err, "each line is a JSON object with \"text\", and optionally \"id\", \"url\", \"title\", \"language\"")
	switch {
	case wrong == 0:
		return nil
	case wrong < all:
		return fmt.Errorf("%w: %w", errPartly, err)
	}
	return err
}

func document(line []byte, n int) (*feilun.Doc, error) {
	var in struct {
		ID        json.RawMessage `json:"id"`
		Text      *string         `json:"text"`
		URL       string          `json:"url"`
		Title     string          `json:"title"`
		Canonical string          `json:"canonical"`
		Language  string          `json:"language"`
		Script    string          `json:"script"`
		Status    int             `json:"status"`
	}
	if n == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, noDocument{crawl.IDText(in.ID), inWords(err)}
	}
	if in.Text == nil {
		return nil, noDocument{crawl.IDText(in.ID), errors.New("no field text")}
	}
	id := crawl.IDText(in.ID)
	if id == "" {
		id = strconv.Itoa(n)
	}
	d := &feilun.Doc{ID: id, URL: in.URL, Text: *in.Text, Title: in.Title, Canonical: in.Canonical, Language: in.Language, Script: in.Script, Confidence: 1}
	if in.Status != 0 {
		d.Page = &feilun.Page{Status: in.Status}
	}
	return d, nil
}

// noDocument is the error of a line that is no document, with the id it has all
// the same, or "".
type noDocument struct {
	id string
	error
}

// idOf returns the id of a line that is no document, or its number.
func idOf(err error, line int) string {
	if d, ok := errors.AsType[noDocument](err); ok && d.id != "" {
		return d.id
	}
	return strconv.Itoa(line)
}

// inWords says what is wrong with a JSON value without names of Go types.
func inWords(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case wrong.Field == "":
		return fmt.Errorf("the line is no object but of type %s", wrong.Value)
	case wrong.Type.Kind() == reflect.String:
		return fmt.Errorf("field %s is of type %s, not string", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("field %s is of type %s, not number", wrong.Field, wrong.Value)
}

type explainCmd struct {
	Filter string `arg:"" optional:"" help:"Filter, edit or quality step; lists all when absent."`
	JSON   bool   `help:"Print the JSON schema of its parameters; without a filter, one line of JSON for each."`
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
	all = append(all, quality.All()...)
	for _, f := range all {
		names = append(names, filter.Name(f))
		if c.Filter == "" {
			doc, err := filterDoc(f)
			if err != nil {
				return err
			}
			first, _, _ := strings.Cut(doc, ". ")
			if c.JSON {
				err = json.NewEncoder(a.stdout).Encode(map[string]string{"name": filter.Name(f), "about": doc})
			} else {
				_, err = fmt.Fprintf(a.stdout, "%-18s %s\n", filter.Name(f), first)
			}
			if err != nil {
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
	if slices.Contains(dedup.Names(), c.Filter) {
		err = hint.With(err, fmt.Sprintf("it is a step of dedup: feilun dedup %s --help", c.Filter))
	} else if near := params.Nearest(c.Filter, names); near != "" {
		err = hint.With(err, fmt.Sprintf("did you mean %q?", near))
	}
	return hint.Usage(err)
}

func filterDoc(f any) (string, error) {
	doc, _, err := params.Comments(filter.TypeName(f), sourceOf(f))
	return doc, err
}

// sourceOf is the source that holds the comments of a filter, edit or step.
func sourceOf(f any) fs.FS {
	if quality.New(filter.Name(f)) != nil {
		return quality.Source
	}
	return filter.Source
}

func (c *explainCmd) one(a *app, f any) error {
	ps, err := params.Describe(f, sourceOf(f))
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
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", filter.Name(f), doc)
	for _, p := range ps {
		fmt.Fprintf(&b, "  %s (%s, default %s", p.Name, p.Type, p.Default)
		if p.Range != "" {
			fmt.Fprintf(&b, ", range %s", p.Range)
		}
		fmt.Fprintf(&b, ")\n      %s\n", p.Help)
	}
	_, err = io.WriteString(a.stdout, b.String())
	return err
}
