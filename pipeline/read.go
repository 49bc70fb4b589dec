package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/crawl"
	"feilun/extract"
	"feilun/internal/corpus"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/params"
	"feilun/language"
)

// A Reader reads documents of any form that crawl knows: JSON lines, Parquet,
// text, HTML and WARC files, plain or compressed, folders of them, and run
// folders, of which it takes the corpus. Pages are extracted, and languages
// told where the input does not. It is used by one goroutine.
type Reader struct {
	extractor *extract.Extractor
	language  *language.Stage
	Damaged   int64 // records that could not be read
	Dropped   int64 // pages that extract dropped
}

// NewReader returns a Reader.
func NewReader() (*Reader, error) {
	var p extract.Params
	if err := params.Fill(&p); err != nil {
		panic(err) // a default tag is wrong
	}
	x, err := extract.New(p)
	if err != nil {
		return nil, err
	}
	l, err := language.New(language.Params{})
	return &Reader{extractor: x, language: l}, err
}

// Docs calls each with every document of a path: a file, a folder, a pattern or
// a run folder. The document may be kept; its Page may not.
func (r *Reader) Docs(ctx context.Context, path string, each func(*feilun.Doc) error) error {
	if _, err := os.Stat(filepath.Join(path, "stats.json")); err == nil {
		return r.corpus(path, each)
	}
	source, tasks, err := matches(ctx, path)
	if err != nil {
		return err
	}
	lost := func(row ledger.Row) {
		if row.Rule == crawl.RuleDamaged {
			r.Damaged++
		}
	}
	for _, t := range tasks {
		for d, err := range source.Docs(ctx, t, lost) {
			if err != nil {
				return fmt.Errorf("%s: %w", t.File, err)
			}
			if err := r.document(d, each); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// matches returns the pieces of work behind a path, of which there is one at least.
func matches(ctx context.Context, path string) (crawl.Source, []feilun.Task, error) {
	source, err := crawl.New(crawl.Params{Source: "auto", Path: crawl.Paths(path)})
	if err != nil {
		return nil, nil, err
	}
	tasks, err := source.Tasks(ctx)
	if err == nil && len(tasks) == 0 {
		err = hint.Usage(fmt.Errorf("%s matches no file", path))
	}
	return source, tasks, err
}

func (r *Reader) document(d *feilun.Doc, each func(*feilun.Doc) error) error {
	if v := r.extractor.Page(d); !v.Kept() {
		r.Dropped++
		return nil
	}
	if strings.TrimSpace(d.Text) == "" {
		r.Dropped++
		return nil
	}
	if d.Language == "" {
		r.language.Check(d)
	}
	kept := feilun.Doc{
		ID: d.ID, URL: d.URL, Title: d.Title, Text: d.Text, Date: d.Date, Language: d.Language, Script: d.Script,
		Confidence: d.Confidence, Source: d.Source, Robots: d.Robots, Layout: d.Layout, Record: d.Record,
	}
	return each(&kept)
}

func (r *Reader) corpus(dir string, each func(*feilun.Doc) error) error {
	files, err := corpus.Files(filepath.Join(dir, "corpus"))
	if err != nil {
		return err
	}
	for _, name := range files {
		for d, err := range corpus.Docs(name) {
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := each(d); err != nil {
				return err
			}
		}
	}
	return nil
}
