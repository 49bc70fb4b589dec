package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/crawl"
	"feilun/evaluate"
	"feilun/internal/bpe"
	"feilun/internal/hint"
)

// ahead looks for all that an ablation reads before anything is written or run: both sides,
// the neutral texts and the tasks.
func (a *ablation) ahead(ctx context.Context) error {
	for i, from := range []string{a.A, a.B} {
		name := "AB"[i : i+1]
		r, err := a.recipe(from)
		if err != nil {
			return err
		}
		if r != nil {
			err := r.Check(ctx)
			if err == nil { // which lets a recipe without input pass
				_, err = crawl.New(r.Crawl)
			}
			if err != nil {
				return fmt.Errorf("side %s: %w", name, err)
			}
			continue
		}
		if found, err := filepath.Glob(from); err != nil || len(found) == 0 {
			return noSide(from)
		}
	}
	for _, text := range a.Text {
		name, path := namedText(text)
		if _, err := os.Stat(filepath.Join(path, "stats.json")); err == nil {
			continue // a run folder
		}
		if _, _, err := matches(ctx, path); err != nil {
			return fmt.Errorf("neutral text %s: %w", name, err)
		}
	}
	if err := a.vocabularyAhead(); err != nil {
		return err
	}
	if a.Data == "" {
		return nil
	}
	return evaluate.Present(a.params, a.Data)
}

// vocabularyAhead reports a vocabulary that is of no use or cannot be made.
func (a *ablation) vocabularyAhead() error {
	if a.Tokenizer != "" {
		_, err := bpe.Open(a.Tokenizer)
		return hint.Usage(err)
	}
	if least := 256 + len(a.tokenizing().Special); a.Vocab < least {
		return hint.Usage(fmt.Errorf("--vocab %d: bytes and special tokens alone are %d", a.Vocab, least))
	}
	return nil
}

// recipe loads a side that is a recipe, without its model, since the models here are others;
// nil where it is something else.
func (a *ablation) recipe(from string) (*Recipe, error) {
	if !slices.Contains(Names(), from) && !strings.HasSuffix(from, ".yaml") && !strings.HasSuffix(from, ".yml") {
		return nil, nil
	}
	r, err := Load(from, a.Set...)
	if err != nil {
		return nil, err
	}
	r.Tokenize, r.Train, r.Evaluate = nil, nil, nil
	return r, nil
}

func noSide(from string) error {
	return hint.Usage(hint.With(fmt.Errorf("%s is no recipe, run folder or corpus", from), "name a YAML file, the --out folder of a run, or files of documents"))
}
