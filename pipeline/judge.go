package pipeline

import (
	"context"
	"fmt"

	"feilun"
	"feilun/crawl"
	"feilun/filter"
	"feilun/internal/hint"
	"feilun/language"
)

// prepare makes a fresh, ready instance of a filter or edit of the recipe.
func prepare(s Step) (liveStep, error) {
	f, err := filter.Clone(s.Params)
	if err != nil {
		return liveStep{}, fmt.Errorf("filter %s: %w", s.Key, err)
	}
	live := liveStep{Step: s}
	live.check, _ = f.(filter.Filter)
	live.edit, _ = f.(filter.Edit)
	live.measure, _ = f.(measurer)
	return live, nil
}

// A Judge applies a recipe's language and filter steps to single documents.
// It is used by one goroutine.
type Judge struct {
	language *language.Stage
	steps    []liveStep
}

// NewJudge prepares the filter steps of a recipe.
func NewJudge(r *Recipe) (*Judge, error) {
	l, err := language.New(language.Params{Model: r.Language.Model})
	if err != nil {
		return nil, err
	}
	j := &Judge{language: l}
	for _, s := range r.Filter {
		live, err := prepare(s)
		if err != nil {
			return nil, err
		}
		j.steps = append(j.steps, live)
	}
	return j, nil
}

// Document returns the step that drops the document and its verdict, or "" and
// Keep. Edits change d.Text. A document without a language gets one.
func (j *Judge) Document(d *feilun.Doc) (step string, v feilun.Verdict) {
	if d.Language == "" {
		j.language.Check(d)
	}
	for i := range j.steps {
		s := &j.steps[i]
		if !s.applies(d.Language) {
			continue
		}
		if s.edit != nil {
			d.Text, _ = s.edit.Edit(d)
			continue
		}
		if v := s.check.Check(d); !v.Kept() {
			return s.Key, v
		}
	}
	return "", feilun.Keep
}

// Check finds what is wrong with a recipe before a run does: filters that do
// not prepare, models and lists that are not there, input that matches nothing.
// A recipe that names no input passes.
func (r *Recipe) Check(ctx context.Context) error {
	for _, s := range r.Filter {
		if _, err := prepare(s); err != nil {
			return err
		}
	}
	if _, err := language.New(r.Language); err != nil {
		return err
	}
	if r.Crawl.Path == "" {
		return nil
	}
	source, err := crawl.New(r.Crawl)
	if err != nil {
		return err
	}
	tasks, err := source.Tasks(ctx)
	if err == nil && len(tasks) == 0 {
		err = hint.Usage(fmt.Errorf("crawl.path %q matches no file", r.Crawl.Path))
	}
	return err
}
