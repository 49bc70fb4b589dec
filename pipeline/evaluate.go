package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/evaluate"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/ngram"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/stats"
	"feilun/model"
	"feilun/train"

	"github.com/zeebo/xxh3"
)

// An evaluation is the stage evaluate of a run, at work.
type evaluation struct {
	dir     string // of the run
	section *evaluate.Section
	params  *evaluate.Params
	workers int
	memory  params.Size
	stderr  io.Writer

	files []string // of the corpus
	held  heldOut
	out   *stats.Evaluation
}

// EvaluationFile is the name of the results in a run folder.
const EvaluationFile = "evaluation.json"

// lossPoints is how many points of the loss curve are kept.
const lossPoints = 160

// evaluate measures the model of this run on what its recipe holds out and names. What
// an earlier process finished stays.
func (j *job) evaluate(ctx context.Context, o *train.Outcome) error {
	e := &evaluation{dir: j.Out, section: j.recipe.Evaluate, params: j.recipe.Evaluate.Params(), workers: j.Workers, memory: j.Memory, stderr: j.Stderr}
	var err error
	if e.files, err = corpusFiles(j.Out); err != nil {
		return err
	}
	if e.held, _, err = heldOutOf(j.Out); err != nil {
		return err
	}
	identity, err := e.identity()
	if err != nil {
		return err
	}
	name := j.folder.path(EvaluationFile)
	var old stats.Evaluation
	if ok, err := done(name, &old); err == nil && ok && old.Identity == identity {
		return nil
	}
	e.out = &stats.Evaluation{Format: stats.EvaluationFormat, Version: feilun.Version, Identity: identity}
	if err := e.run(ctx, o); err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	if err := writeJSON(name, e.out); err != nil {
		return err
	}
	for _, line := range e.remarks() {
		j.remark("%s", line)
	}
	return nil
}

// identity is the hash of all that decides the results.
func (e *evaluation) identity() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s", feilun.Version, encoded(e.section))
	inputs, err := CorpusInputs(e.dir)
	if err != nil {
		return "", err
	}
	for _, in := range inputs {
		fmt.Fprintf(h, " %s", in.SHA256)
	}
	names := []string{filepath.Join(e.dir, "model", "manifest.json")}
	if e.section.Data != "" {
		more, err := filepath.Glob(filepath.Join(e.section.Data, "*"))
		if err != nil {
			return "", err
		}
		names = append(names, more...)
	}
	for _, text := range e.section.Text {
		_, path := namedText(text)
		names = append(names, path)
	}
	for _, name := range names {
		if err := identify(h, name); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// identify hashes a file by its content, and a folder by its files' names and sizes.
func identify(h io.Writer, name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		sum, err := digest.File(name)
		fmt.Fprintf(h, " %s %s", filepath.Base(name), sum)
		return err
	}
	return filepath.WalkDir(name, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintf(h, " %s %d", d.Name(), info.Size())
		}
		return err
	})
}

func (e *evaluation) run(ctx context.Context, o *train.Outcome) error {
	m, err := evaluate.Open(o.Model, e.workers, false)
	if err != nil {
		return err
	}
	if err := e.facts(o); err != nil {
		return err
	}
	if len(e.held) > 0 {
		if err := os.MkdirAll(filepath.Join(e.dir, "heldout"), 0o777); err != nil {
			return err
		}
		if err := e.held.write(e.dir, e.files); err != nil {
			return err
		}
	}
	c := evaluate.NewComparison(m, e.params)
	if err := e.measure(ctx, c); err != nil {
		return err
	}
	sets, index, err := e.sets()
	if err != nil {
		return err
	}
	err = e.training(ctx, func(text string) error {
		c.Look(text)
		if index != nil {
			index.Look(text)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.baselines(ctx, c, filepath.Join(o.Model, "tokenizer.json")); err != nil {
		return err
	}
	if e.out.Text, err = c.Rows(ctx); err != nil {
		return err
	}
	if err := e.tasks(ctx, m, sets, index); err != nil {
		return err
	}
	e.out.Samples, err = evaluate.Samples(ctx, o.Model, e.section.Prompts, e.section.SampleTokens, e.section.Seed, e.workers)
	return err
}

// facts notes what the model is and how its loss went.
func (e *evaluation) facts(o *train.Outcome) error {
	c, err := model.ReadConfig(model.ConfigPath(o.Model))
	if err != nil {
		return err
	}
	e.out.Model = stats.ModelFacts{Weights: o.Weights, Layers: c.Layers, Width: c.Width, Vocab: c.Vocab, Context: c.Context, Steps: o.Steps, Tokens: o.Tokens}
	e.out.HeldOut = stats.HeldOut{Share: e.section.HoldOut, Choose: e.section.Choose, Part: 1}
	e.out.Curve, err = train.Curve(o.Model, lossPoints)
	return err
}

// measure enters the documents held out, or an even part of them where they are more
// than the recipe has measured, and the texts that the recipe names.
func (e *evaluation) measure(ctx context.Context, c *evaluate.Comparison) error {
	h := &e.out.HeldOut
	seen := map[string]bool{}
	each := func(take func(*feilun.Doc) error) error {
		clear(seen)
		if len(e.held) == 0 {
			return nil
		}
		return eachDoc(e.files, func(d *feilun.Doc) error {
			if !e.held[d.ID] || seen[d.ID] {
				return nil
			}
			seen[d.ID] = true
			return take(d)
		})
	}
	err := each(func(d *feilun.Doc) error {
		h.Docs++
		h.Bytes += int64(len(d.Text))
		return nil
	})
	if err != nil {
		return err
	}
	h.Part = min(1, float64(e.section.Size)/float64(max(1, h.Bytes)))
	meter := progress.New(e.stderr, "evaluate", int64(float64(h.Bytes)*h.Part), progress.Bytes)
	defer meter.Close()
	taken := int64(0)
	err = each(func(d *feilun.Doc) error {
		if float64(xxh3.HashStringSeed(d.ID, e.section.Seed^1)>>32) >= h.Part*(1<<32) {
			return nil
		}
		taken += int64(len(d.Text))
		meter.Add(int64(len(d.Text)))
		return c.Add(ctx, evaluate.Place{Domain: domain(d), Language: d.Language, Group: e.section.Group(d.Source)}, d.Text)
	})
	if err != nil {
		return err
	}
	meter.SetTotal(taken) // the part that was drawn is seldom just as large
	return e.named(ctx, c)
}

// named enters the texts that the recipe names.
func (e *evaluation) named(ctx context.Context, c *evaluate.Comparison) error {
	for _, text := range e.section.Text {
		name, path := namedText(text)
		r, err := NewReader()
		if err != nil {
			return err
		}
		bytes := 0
		err = r.Docs(ctx, path, func(d *feilun.Doc) error {
			bytes += len(d.Text)
			return c.Add(ctx, evaluate.Place{Domain: name, Language: d.Language, Named: true}, d.Text)
		})
		if err != nil {
			return err
		}
		if bytes == 0 && e.stderr != nil {
			fmt.Fprintf(e.stderr, "evaluate: %s holds no text to measure\n", path)
		}
	}
	return nil
}

// domain names what a document came from: the file, without what tells its form.
func domain(d *feilun.Doc) string {
	name := d.Source
	for {
		ext := filepath.Ext(name)
		switch ext {
		case ".zst", ".gz", ".bz2", ".txt", ".jsonl", ".json", ".warc", ".wet", ".parquet", ".html", ".xml", ".epub":
			name = strings.TrimSuffix(name, ext)
		default:
			return name
		}
	}
}

// training calls each with every document that training may have seen.
func (e *evaluation) training(ctx context.Context, each func(text string) error) error {
	return eachDoc(e.files, func(d *feilun.Doc) error {
		if e.held[d.ID] {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return each(d.Text)
	})
}

// baselines trains n-gram models on all that training may have seen, its validation
// text included, one after another, and measures with each.
func (e *evaluation) baselines(ctx context.Context, c *evaluate.Comparison, tokenizer string) error {
	if e.section.Order == 0 || len(e.held) == 0 && len(e.section.Text) == 0 {
		return nil
	}
	t, err := bpe.Open(tokenizer)
	if err != nil {
		return err
	}
	meter := progress.New(e.stderr, "n-grams", int64(len(evaluate.Units())), progress.Count("model"))
	defer meter.Close()
	limit := e.memory / 2
	if e.stderr != nil {
		fmt.Fprintf(e.stderr, "n-grams are counted in up to %v of memory, half of the limit\n", limit)
	}
	for _, unit := range evaluate.Units() {
		g, err := evaluate.NewGrams(unit, e.section.Order, t, int64(limit))
		if err != nil {
			return err
		}
		err = e.training(ctx, g.Add)
		if err == nil {
			err = g.Train()
		}
		meter.Add(1)
		if errors.Is(err, ngram.ErrMemory) {
			e.out.Baselines = append(e.out.Baselines, stats.Baseline{Unit: unit, Order: e.section.Order, Note: err.Error()})
			continue
		}
		if err != nil {
			return err
		}
		c.Baseline(g)
		e.out.Baselines = append(e.out.Baselines, g.Baseline())
	}
	return nil
}
