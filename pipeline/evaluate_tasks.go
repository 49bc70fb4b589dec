package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"feilun/evaluate"
	"feilun/internal/stats"
)

// namedText cuts NAME=PATH; a path alone is named after its last part.
func namedText(text string) (name, path string) {
	if name, path, ok := strings.Cut(text, "="); ok {
		return name, path
	}
	return filepath.Base(filepath.Clean(text)), text
}

// sets reads the tasks' items, and an index that finds them in the training text.
func (e *evaluation) sets() ([]evaluate.Set, *evaluate.Index, error) {
	if e.section.Data == "" {
		return nil, nil, nil
	}
	sets, err := evaluate.Load(e.params, e.section.Data)
	if err != nil {
		return nil, nil, err
	}
	index := evaluate.NewIndex()
	for _, s := range sets {
		index.Add(s)
	}
	return sets, index, nil
}

// tasks has the model answer the tasks, and notes how much of each the training text
// holds.
func (e *evaluation) tasks(ctx context.Context, m *evaluate.Model, sets []evaluate.Set, index *evaluate.Index) error {
	for _, s := range sets {
		r, err := evaluate.Run(ctx, m, e.params, s)
		if err != nil {
			return err
		}
		index.Report(r)
		if e.stderr != nil {
			fmt.Fprintf(e.stderr, "%s: %d items\n", r.Task, r.Items)
		}
		t := stats.Task{Task: r.Task, About: r.About, Form: r.Form, Shots: r.Shots, Items: r.Items, By: r.Main,
			Accuracy: r.Accuracy[r.Main], Chance: r.Chance, Perplexity: r.Perplexity, Truncated: r.Truncated}
		if d := r.Overlap; d != nil {
			t.Looked, t.Found, t.Flagged = d.Items, d.Found, d.Flagged
		}
		e.out.Tasks = append(e.out.Tasks, t)
	}
	return nil
}

// remarks puts the results into lines.
func (e *evaluation) remarks() []string {
	var all []string
	for _, r := range e.out.Text {
		if r.Kind != evaluate.KindAll && r.Kind != evaluate.KindText {
			continue
		}
		what := "text held out"
		if r.Kind == evaluate.KindText {
			what = r.Name
		}
		line := fmt.Sprintf("evaluate: %.4f bits a byte on %s, %d documents", r.Bits.Value, what, r.Docs)
		if r.Ratio != nil {
			line += fmt.Sprintf("; best %d-gram model, of %ss: %.4f", e.section.Order, r.Best, r.Baselines[r.Best])
		}
		all = append(all, line)
	}
	for _, t := range e.out.Tasks {
		line := fmt.Sprintf("evaluate: %s %.1f %% (%.1f to %.1f), guessing %.1f %%", t.Task, 100*t.Accuracy.Value, 100*t.Accuracy.Low, 100*t.Accuracy.High, 100*t.Chance)
		if t.Truncated > 0 {
			line += fmt.Sprintf("; %d of %d items did not fit the context and were cut", t.Truncated, t.Items)
		}
		if t.Flagged {
			line += fmt.Sprintf("; CONTAMINATED: %d of %d items stand in the training text", t.Found, t.Looked)
		}
		all = append(all, line)
	}
	return all
}
