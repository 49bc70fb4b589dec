package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"

	"feilun"
	"feilun/evaluate"
	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/hint"

	"github.com/zeebo/xxh3"
)

// heldOut holds the ids of the documents of a run's corpus that neither
// vocabulary nor training may see.
type heldOut map[string]bool

// heldOutOf decides which documents of the corpus in the folder of a run its
// recipe keeps out of training. The rule is a function of corpus and recipe, so
// that every process decides alike.
func heldOutOf(dir string) (heldOut, *evaluate.Section, error) {
	name := filepath.Join(dir, "recipe.yaml")
	r, err := Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil // a corpus that no recipe made
	}
	if err != nil {
		return nil, nil, err
	}
	if r.Evaluate == nil || r.Evaluate.HoldOut == 0 {
		return nil, r.Evaluate, nil
	}
	files, err := corpusFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	held, err := chooseHeld(files, r.Evaluate)
	return held, r.Evaluate, err
}

// chooseHeld goes over the corpus twice where last documents are wanted: to count
// those of each source, and to take the last ones.
func chooseHeld(files []string, s *evaluate.Section) (heldOut, error) {
	held := heldOut{}
	if s.Choose == evaluate.Draw {
		most := s.HoldOut * (1 << 32)
		return held, eachDoc(files, func(d *feilun.Doc) error {
			if float64(xxh3.HashStringSeed(d.ID, s.Seed)>>32) < most {
				held[d.ID] = true
			}
			return nil
		})
	}
	count := map[string]int{}
	if err := eachDoc(files, func(d *feilun.Doc) error { count[d.Source]++; return nil }); err != nil {
		return nil, err
	}
	first := map[string]int{} // the first one held out, by source
	for source, n := range count {
		first[source] = n
		if n > 1 {
			first[source] = n - max(1, int(math.Round(s.HoldOut*float64(n))))
		}
	}
	seen := map[string]int{}
	return held, eachDoc(files, func(d *feilun.Doc) error {
		if seen[d.Source] >= first[d.Source] {
			held[d.ID] = true
		}
		seen[d.Source]++
		return nil
	})
}

func eachDoc(files []string, each func(*feilun.Doc) error) error {
	for _, name := range files {
		for d, err := range corpus.Docs(name) {
			if err == nil {
				err = each(d)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// corpusFiles lists the corpus files of a run, or of its mix.
func corpusFiles(dir string) ([]string, error) {
	files, err := corpus.Files(filepath.Join(dir, "mix", "corpus"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(files) == 0 {
		files, err = corpus.Files(filepath.Join(dir, "corpus"))
	}
	return files, err
}

// heldOutFile is where the documents held out lie for every model to be measured
// on, below a run's folder.
const heldOutFile = "heldout/part-00000.jsonl.zst"

// write writes the documents held out, in the order of the corpus, each once.
func (h heldOut) write(dir string, files []string) error {
	return atomicfile.Write(filepath.Join(dir, filepath.FromSlash(heldOutFile)), func(out io.Writer) error {
		w, err := corpus.NewWriter(out, "jsonl")
		if err != nil {
			return err
		}
		done := map[string]bool{}
		err = eachDoc(files, func(d *feilun.Doc) error {
			if !h[d.ID] || done[d.ID] {
				return nil
			}
			done[d.ID] = true
			return w.Write(d)
		})
		if err != nil {
			return err
		}
		return w.Close()
	})
}

// checkEvaluate refuses a section that the rest of the recipe does not allow.
func (r *Recipe) checkEvaluate() error {
	e := r.Evaluate
	if e == nil {
		return nil
	}
	if err := e.Check(); err != nil {
		return err
	}
	if r.Mix != nil && e.HoldOut > 0 && e.Choose == evaluate.Last {
		return hint.With(errors.New("evaluate: a mix is shuffled and has no last documents"), "draw them: evaluate: {choose: draw}")
	}
	return nil
}
