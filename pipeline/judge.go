package pipeline

import (
	"context"
	"fmt"
	"strings"

	"feilun"
	"feilun/crawl"
	"feilun/filter"
	"feilun/internal/hint"
	"feilun/language"
	"feilun/quality"
)

// prepare loads the language model and readies the recipe's filters, edits and
// quality models: lists are read, patterns compiled, languages checked. Workers
// take copies.
func (r *Recipe) prepare() (*language.Stage, error) {
	if err := r.lacks(); err != nil {
		return nil, err
	}
	l, err := language.New(r.Language)
	if err != nil {
		return nil, r.placed("language", "language", err)
	}
	for _, part := range []struct {
		stage string
		steps []Step
		ready func(any) error
	}{{"filter", r.Filter, filter.Prepare}, {"quality", r.Quality, quality.Prepare}} {
		for _, s := range part.steps {
			for _, name := range s.Languages {
				if err := l.Accepts(name); err != nil {
					return nil, r.placed(part.stage+"."+s.Key, "step "+s.Key, err)
				}
			}
			if err := part.ready(s.Params); err != nil {
				return nil, r.placed(part.stage+"."+s.Key, part.stage+" "+s.Key, err)
			}
		}
	}
	if err := r.checkWhole(); err != nil {
		return nil, err
	}
	if len(r.Quality) > 0 {
		r.labelled, err = readLabels(r.Output.Labels)
	}
	return l, err
}

// live makes one worker's copies of the recipe's filters and edits.
func (r *Recipe) live() ([]liveStep, error) {
	var steps []liveStep
	for _, s := range r.Filter {
		f, err := filter.Clone(s.Params)
		if err != nil {
			return nil, fmt.Errorf("filter %s: %w", s.Key, err)
		}
		l := liveStep{Step: s}
		l.check, _ = f.(filter.Filter)
		l.edit, _ = f.(filter.Edit)
		l.measure, _ = f.(measurer)
		steps = append(steps, l)
	}
	return steps, nil
}

// emptied is the verdict on a document of which an edit left nothing.
var emptied = feilun.Drop("empty", 0, 1)

// A Judge applies a recipe's language and filter steps to single documents.
// It is used by one goroutine.
type Judge struct {
	language *language.Stage
	steps    []liveStep
}

// NewJudge prepares the filter steps of a recipe.
func NewJudge(r *Recipe) (*Judge, error) {
	filters := *r
	filters.Quality, filters.Mix = nil, nil // no model is asked
	l, err := filters.prepare()
	if err != nil {
		return nil, err
	}
	l.Keep, l.MinConfidence = nil, 0 // languages are told, not judged
	steps, err := filters.live()
	return &Judge{language: l, steps: steps}, err
}

// Document returns the step that drops the document and its verdict, or "" and
// Keep. Edits change d.Text. A document without a language gets one.
func (j *Judge) Document(d *feilun.Doc) (step string, v feilun.Verdict) {
	if d.Language == "" {
		j.language.Check(d)
	}
	for i := range j.steps {
		s := &j.steps[i]
		if !s.applies(d.Language, d.Script) {
			continue
		}
		if s.edit != nil {
			if d.Text, _ = s.edit.Edit(d); strings.TrimSpace(d.Text) == "" {
				return s.Key, emptied
			}
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
	if _, err := r.prepare(); err != nil {
		return err
	}
	if err := r.modelFiles(); err != nil {
		return err
	}
	p := r.Crawl
	if p.Path == "" {
		p.Path = "." // any: the rest of the parameters is checked
	}
	source, err := crawl.New(p)
	if err != nil {
		return r.inCrawl(err)
	}
	if r.Crawl.Path == "" {
		return nil
	}
	tasks, err := source.Tasks(ctx)
	if err == nil && len(tasks) == 0 {
		err = hint.Usage(fmt.Errorf("crawl: path %q matches no file", r.Crawl.Path))
	}
	return r.inCrawl(err)
}

// Idle tells of the filter steps that can drop nothing, since a list they need
// is not named, and where such lists can be had. The sample crawl has no page
// that is on one.
func (r *Recipe) Idle() []string {
	if r.Crawl.Source == "sample" {
		return nil
	}
	var all []string
	for _, s := range r.Filter {
		if f, ok := s.Params.(interface{ Idle() string }); ok {
			if why := f.Idle(); why != "" {
				all = append(all, fmt.Sprintf("filter %s: %s", s.Key, why))
			}
		}
	}
	return all
}
