package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"feilun"
	"feilun/crawl"
	"feilun/extract"
	"feilun/internal/hint"
	"feilun/internal/ledger"
)

// Recall reads a document that the run in dir dropped from the source anew, and
// takes it through extract, language and the recipe's edits, as far as it came.
// Paths of the recipe are relative to the current folder, as they were.
func Recall(ctx context.Context, dir string, row ledger.Row) (*feilun.Doc, error) {
	r, err := Load(filepath.Join(dir, "recipe.yaml"))
	if err != nil {
		return nil, err
	}
	source, err := crawl.New(r.Crawl)
	if err != nil {
		return nil, err
	}
	tasks, err := source.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if t.File != row.Record.File {
			continue
		}
		d, err := find(ctx, source, t, row, r)
		if d != nil || err != nil {
			return d, err
		}
	}
	return nil, hint.With(fmt.Errorf("%s is not in the input of the recipe any more", row.ID),
		"run from the folder that feilun run was started in, with its input where it was")
}

func find(ctx context.Context, source crawl.Source, t feilun.Task, row ledger.Row, r *Recipe) (*feilun.Doc, error) {
	for d, err := range source.Docs(ctx, t, func(ledger.Row) {}) {
		if err != nil {
			return nil, err
		}
		if d.ID != row.ID || d.Record.Offset != row.Record.Offset {
			continue
		}
		x, err := extract.New(r.Extract)
		if err != nil {
			return nil, err
		}
		if v := x.Page(d); !v.Kept() {
			return nil, fmt.Errorf("extract drops %s (%s): there is no text to score", row.ID, v.Rule)
		}
		j, err := NewJudge(r)
		if err != nil {
			return nil, err
		}
		j.Document(d)
		kept := *d
		kept.Page = nil
		return &kept, nil
	}
	return nil, nil
}
