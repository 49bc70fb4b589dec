package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/search"
)

type searchCmd struct {
	Index  searchIndexCmd  `cmd:"" help:"Bring an index up to date with documents."`
	Query  searchQueryCmd  `cmd:"" default:"withargs" help:"Ask an index; the word query may be left out."`
	Embed  searchEmbedCmd  `cmd:"" help:"Ask an embedding server for vectors of all passages."`
	Remove searchRemoveCmd `cmd:"" help:"Remove documents by address, for good."`
	Show   searchShowCmd   `cmd:"" help:"Print the text of a span."`
	Verify searchVerifyCmd `cmd:"" help:"Compare an index with the hashes it was written with, and count what it holds."`
}

func searchHelp(ptr any) string {
	ps, err := params.Describe(ptr, search.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	help := ""
	for _, p := range ps {
		help += fmt.Sprintf("--%s (%s): %s\n\n", p.Name, p.Default, p.Help)
	}
	return help
}

type searchIndexCmd struct {
	search.Params
	Out     string   `required:"" placeholder:"INDEX" help:"Folder of the index. One that is there is brought up to date: new and changed documents are added, others removed."`
	Workers int      `placeholder:"N" help:"How many segments are made side by side; all processors by default."`
	JSON    bool     `help:"Print what was done as a line of JSON."`
	Input   []string `arg:"" name:"path" help:"Run folders, or files and folders of any form that crawl reads."`
}

func (c *searchIndexCmd) Help() string { return searchHelp(&c.Params) }

func (c *searchIndexCmd) Run(a *app) error {
	if err := checkRanges(&c.Params); err != nil {
		return err
	}
	if err := outside(c.Out, c.Input); err != nil {
		return err
	}
	if c.Workers < 1 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	meter := progress.New(a.stderr, "indexing", 0, progress.Count("document"))
	last := 0
	docs := readDocs(a, c.Input)
	r, err := search.Update(a.ctx, c.Out, c.Params, func(each func(*feilun.Doc) error) error { return docs(each) }, c.Workers,
		func(n int) { meter.Add(int64(n - last)); last = n })
	meter.Close()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "feilun: hint: the same command goes on where it stopped")
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(r)
	}
	_, err = fmt.Fprintf(a.stdout, "%d documents added, %d kept, %d removed\n%d documents in %d passages, %s of text in %s\n",
		r.Added, r.Kept, r.Removed, r.Docs, r.Chunks, progress.Bytes(r.Text), progress.Bytes(r.Size))
	return err
}

// outside refuses an index in a folder that it would read. Of run folders the
// corpus alone is read.
func outside(out string, inputs []string) error {
	to, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if _, err := os.Stat(filepath.Join(in, "stats.json")); err == nil {
			in = filepath.Join(in, "corpus")
		}
		from, err := filepath.Abs(in)
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(from, to); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return hint.Usage(hint.With(fmt.Errorf("the index %s would stand in %s, which is read", out, in), "take an --out outside of it"))
		}
	}
	return nil
}

type searchQueryCmd struct {
	search.Ranking
	K    int  `default:"10" help:"How many hits."`
	JSON bool `help:"Print a line of JSON a hit."`
	embedFlags
	Color string `default:"auto" enum:"auto,always,never" help:"Whether to mark matches with colour: auto, always, never."`
	Index string `arg:"" help:"Folder of the index."`
	Text  string `arg:"" help:"The question. Quoted words must stand together, -word may not occur, site:HOST keeps to one host."`
}

func (c *searchQueryCmd) Help() string { return searchHelp(&c.Ranking) }

func (c *searchQueryCmd) Run(a *app) error {
	if err := checkRanges(&c.Ranking); err != nil {
		return err
	}
	if c.K < 1 {
		return hint.Usage(hint.With(fmt.Errorf("--k %d asks for no hit", c.K), "it must be 1 or more"))
	}
	x, err := search.Open(c.Index)
	if err != nil {
		return err
	}
	defer x.Close()
	q := search.Query{Text: c.Text, K: c.K, Ranking: &c.Ranking}
	if c.Embeddings != "" {
		vectors, err := c.embedder().Embed(a.ctx, []string{c.Text})
		if err != nil {
			return err
		}
		q.Vector = vectors[0]
	}
	hits, err := x.Search(a.ctx, q)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(a.stdout)
		out.SetEscapeHTML(false)
		for _, h := range hits {
			if err := out.Encode(h); err != nil {
				return err
			}
		}
		return nil
	}
	if len(hits) == 0 {
		_, err = fmt.Fprintln(a.stderr, "nothing found")
		return err
	}
	return printHits(a, hits, c.Color == "always" || c.Color == "auto" && isTerminal(a))
}

// isTerminal reports whether results go to a terminal that shows colours.
func isTerminal(a *app) bool {
	f, ok := a.stdout.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func printHits(a *app, hits []search.Hit, color bool) error {
	bold, mark, dim, end := "", "[", "", "]"
	off := ""
	if color {
		bold, mark, dim, end, off = "\x1b[1m", "\x1b[1;33m", "\x1b[2m", "\x1b[0m", "\x1b[0m"
	}
	for i, h := range hits {
		title := shown(h.Title)
		if title == "" {
			title = shown(h.ID)
		}
		where := shown(strings.TrimSpace(h.URL + "  " + h.Date))
		if where == "" {
			where = shown(h.ID)
		}
		fmt.Fprintf(a.stdout, "%2d. %s%s%s  %.2f\n    %s%s%s\n    ", i+1, bold, title, off, h.Score, dim, where, off)
		at := 0
		for _, m := range h.Marks {
			fmt.Fprint(a.stdout, shown(h.Snippet[at:m[0]]), mark, shown(h.Snippet[m[0]:m[1]]), end)
			at = m[1]
		}
		fmt.Fprintf(a.stdout, "%s\n    %s%s%s\n", shown(h.Snippet[at:]), dim, h.Best, off)
		if len(h.Same) > 0 {
			fmt.Fprintf(a.stdout, "    %ssaid nearly the same: %s%s\n", dim, shown(strings.Join(h.Same, ", ")), off)
		}
	}
	return nil
}

// shown keeps control characters of pages off the terminal.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

// embedFlags name an embedding server.
type embedFlags struct {
	Embeddings string `placeholder:"URL" help:"Embedding server of OpenAI's form, such as http://127.0.0.1:11434/v1."`
	Model      string `placeholder:"NAME" help:"Its model."`
	Key        string `placeholder:"KEY" env:"OPENAI_API_KEY" help:"Its key, if it wants one."`
}

func (f *embedFlags) embedder() *search.Embedder {
	return &search.Embedder{URL: f.Embeddings, Model: f.Model, Key: f.Key}
}

type searchEmbedCmd struct {
	embedFlags
	Index string `arg:"" help:"Folder of the index."`
}

func (c *searchEmbedCmd) Run(a *app) error {
	if c.Embeddings == "" {
		return hint.Usage(hint.With(errors.New("embed needs a server"), "name one with --embeddings URL --model NAME"))
	}
	meter := progress.New(a.stderr, "embedding", 0, progress.Count("passage"))
	last := 0
	err := search.Vectors(a.ctx, c.Index, c.embedder(), func(done, of int) {
		meter.SetTotal(int64(of))
		meter.Add(int64(done - last))
		last = done
	})
	meter.Close()
	return err
}

type searchRemoveCmd struct {
	JSON  bool     `help:"Print a line of JSON a document removed."`
	Index string   `arg:"" help:"Folder of the index."`
	URL   []string `arg:"" help:"Addresses. Later runs of index leave them out too."`
}

func (c *searchRemoveCmd) Run(a *app) error {
	gone, err := search.Remove(a.ctx, c.Index, c.URL)
	if err != nil {
		return err
	}
	for _, g := range gone {
		if c.JSON {
			err = json.NewEncoder(a.stdout).Encode(g)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%s  %s  %s\n", g.Version, g.ID, g.URL)
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stderr, "%s removed\n", progress.Count("document")(int64(len(gone))))
	return nil
}

type searchShowCmd struct {
	Index string `arg:"" help:"Folder of the index."`
	Span  string `arg:"" help:"VERSION:START-END, as hits show it; VERSION alone for the whole text."`
}

func (c *searchShowCmd) Run(a *app) error {
	x, err := search.Open(c.Index)
	if err != nil {
		return err
	}
	defer x.Close()
	sp, err := x.ParseSpan(c.Span)
	if err != nil {
		return err
	}
	text, err := x.Text(sp)
	if err != nil {
		return hint.Usage(err)
	}
	_, err = fmt.Fprintln(a.stdout, text)
	return err
}

type searchVerifyCmd struct {
	JSON  bool   `help:"Print the counts as a line of JSON."`
	Index string `arg:"" help:"Folder of the index."`
}

func (c *searchVerifyCmd) Run(a *app) error {
	x, err := search.Open(c.Index)
	if err != nil {
		return err
	}
	defer x.Close()
	if err := x.Verify(); err != nil {
		return err
	}
	r := x.Stats()
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"docs": r.Docs, "chunks": r.Chunks, "text": r.Text, "size": r.Size})
	}
	_, err = fmt.Fprintf(a.stdout, "%d documents in %d passages, %s of text in %s\n", r.Docs, r.Chunks, progress.Bytes(r.Text), progress.Bytes(r.Size))
	return err
}
