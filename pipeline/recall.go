package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"feilun"
	"feilun/crawl"
	"feilun/extract"
	"feilun/internal/hint"
	"feilun/internal/ledger"
)

// A Recaller reads documents that a run dropped from the source anew. It is
// used by one goroutine.
type Recaller struct {
	source    crawl.Source
	tasks     []feilun.Task
	extractor *extract.Extractor
	judge     *Judge
}

// NewRecaller prepares the recipe of the run in dir. Paths of the recipe are
// relative to the current folder, as they were.
func NewRecaller(ctx context.Context, dir string) (*Recaller, error) {
	r, err := Load(filepath.Join(dir, "recipe.yaml"))
	if err != nil {
		return nil, err
	}
	c := &Recaller{}
	if c.source, err = crawl.New(r.Crawl); err != nil {
		return nil, err
	}
	if c.tasks, err = c.source.Tasks(ctx); err != nil {
		return nil, err
	}
	if c.extractor, err = extract.New(r.Extract); err != nil {
		return nil, err
	}
	c.judge, err = NewJudge(r)
	return c, err
}

// Recall reads a document that the run in dir dropped from the source anew, and
// takes it through extract, language and the recipe's edits, as far as it came.
// Paths of the recipe are relative to the current folder, as they were.
func Recall(ctx context.Context, dir string, row ledger.Row) (*feilun.Doc, error) {
	r, err := NewRecaller(ctx, dir)
	if err != nil {
		return nil, err
	}
	var found *feilun.Doc
	failed := error(nil)
	if err := r.Docs(ctx, []ledger.Row{row}, func(_ int, d *feilun.Doc, err error) { found, failed = d, err }); err != nil {
		return nil, err
	}
	return found, failed
}

// Docs reads the documents of rows, each file once, and calls each with a row's
// number and its document, or why it has none, in any order.
func (r *Recaller) Docs(ctx context.Context, rows []ledger.Row, each func(i int, d *feilun.Doc, err error)) error {
	wanted := map[feilun.Record][]int{}
	for i, row := range rows {
		wanted[row.Record] = append(wanted[row.Record], i)
	}
	for _, t := range r.order(rows) {
		if len(wanted) == 0 {
			return nil
		}
		if !slices.ContainsFunc(rows, func(row ledger.Row) bool { return row.Record.File == t.File && wanted[row.Record] != nil }) {
			continue
		}
		if err := r.task(ctx, t, rows, wanted, each); err != nil {
			return err
		}
	}
	for record, at := range wanted {
		name := fmt.Sprintf("%s@%d", record.File, record.Offset) // damaged records have no id
		for _, i := range at {
			each(i, nil, hint.With(fmt.Errorf("%s is no document of the recipe's input, or not any more", cmp.Or(rows[i].ID, name)),
				"run from the folder that feilun run was started in, with its input where it was"))
		}
	}
	return nil
}

// order puts the tasks in whose range of bytes a row lies first. Rows of formats
// of lines have numbers of lines, which say nothing.
func (r *Recaller) order(rows []ledger.Row) []feilun.Task {
	var first, rest []feilun.Task
	for _, t := range r.tasks {
		if slices.ContainsFunc(rows, func(row ledger.Row) bool {
			return row.Record.File == t.File && row.Record.Offset >= t.Start && row.Record.Offset < t.End
		}) {
			first = append(first, t)
		} else {
			rest = append(rest, t)
		}
	}
	return append(first, rest...)
}

func (r *Recaller) task(ctx context.Context, t feilun.Task, rows []ledger.Row, wanted map[feilun.Record][]int, each func(int, *feilun.Doc, error)) error {
	for d, err := range r.source.Docs(ctx, t, func(ledger.Row) {}) {
		if err != nil {
			return err
		}
		at := wanted[d.Record]
		if at == nil || d.ID != rows[at[0]].ID {
			continue
		}
		delete(wanted, d.Record)
		kept, err := r.document(d)
		for _, i := range at {
			each(i, kept, err)
		}
		if len(wanted) == 0 {
			return nil
		}
	}
	return ctx.Err()
}

func (r *Recaller) document(d *feilun.Doc) (*feilun.Doc, error) {
	if v := r.extractor.Page(d); !v.Kept() {
		return nil, fmt.Errorf("extract drops %s (%s): there is no text to score", d.ID, v.Rule)
	}
	r.judge.Document(d)
	kept := *d
	kept.Page = nil
	return &kept, nil
}
