package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/evaluate"
	"feilun/internal/hint"
	"feilun/train"
)

// An AblationResult is the content of ablation.json.
type AblationResult struct {
	Format   string            `json:"format"`
	Version  string            `json:"version"`
	A        AblationSide      `json:"a"`
	B        AblationSide      `json:"b"`
	Seeds    []uint64          `json:"seeds"`
	Tokens   int64             `json:"tokens"` // that each model was trained on
	Weights  int               `json:"weights"`
	Depth    int               `json:"depth"`
	Context  int               `json:"context"`
	Vocab    int               `json:"vocab"`
	Measures []AblationMeasure `json:"measures"`
}

// ablationFormat names the form of ablation.json, with its version.
const ablationFormat = "feilun.ablation/1"

// An AblationSide is one of the corpora.
type AblationSide struct {
	From   string  `json:"from"`
	Docs   int64   `json:"docs"`
	Bytes  int64   `json:"bytes"`
	Tokens int64   `json:"tokens"`
	Epochs float64 `json:"epochs"` // how often it was read
}

// An AblationMeasure is one comparison.
type AblationMeasure struct {
	Name       string              `json:"name"`
	Kind       string              `json:"kind"` // bits (for each byte; less is better) or accuracy
	Pieces     int                 `json:"pieces"`
	A          float64             `json:"a"` // mean over seeds
	B          float64             `json:"b"`
	Difference evaluate.Difference `json:"difference"` // A less B, with its 95 % interval
	Better     string              `json:"better"`     // A, B, or "" when the interval holds zero
	OverlapA   float64             `json:"overlap_a"`  // share of its 13-grams, or of its items, that stand in A
	OverlapB   float64             `json:"overlap_b"`
	FlaggedA   bool                `json:"flagged_a,omitempty"` // a hundredth of the items or more stand in it
	FlaggedB   bool                `json:"flagged_b,omitempty"`
}

// pieceBytes is about how much text is one piece, the unit that intervals are drawn
// over.
const pieceBytes = 2000

// material reads the neutral text and the tasks, and looks for both in the corpora.
func (a *ablation) material(ctx context.Context) error {
	for _, text := range a.Text {
		name, path := namedText(text)
		n := neutral{name: name}
		size := 0
		err := readAll(ctx, path, func(d *feilun.Doc) error {
			for _, p := range pieces(d.Text) {
				if size < a.Size {
					size += len(p)
					n.pieces = append(n.pieces, p)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("neutral text %s: %w", name, err)
		}
		if len(n.pieces) < 2 {
			return hint.Usage(fmt.Errorf("neutral text %s has %d pieces of %d bytes; an interval needs two at least", name, len(n.pieces), pieceBytes))
		}
		a.texts = append(a.texts, n)
	}
	if a.Data != "" {
		var err error
		if a.sets, err = evaluate.Load(a.params, a.Data); err != nil {
			return err
		}
		if len(a.sets) == 0 {
			return hint.Usage(hint.With(fmt.Errorf("%s holds no file of the tasks", a.Data), "feilun evaluate --list names the files"))
		}
	}
	for i := range a.sides {
		if err := a.look(i); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pieces cuts a text at line ends into pieces of about pieceBytes.
func pieces(text string) []string {
	var all []string
	from := 0
	for at, line := 0, ""; at < len(text); at += len(line) {
		line = text[at:]
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		if end := at + len(line); end-from >= pieceBytes || end == len(text) {
			if p := strings.TrimSpace(text[from:end]); p != "" {
				all = append(all, p)
			}
			from = end
		}
	}
	return all
}

// look looks for the neutral text in a corpus.
func (a *ablation) look(i int) error {
	covers := make([]*evaluate.Cover, len(a.texts))
	for k := range covers {
		covers[k] = evaluate.NewCover()
		for _, p := range a.texts[k].pieces {
			covers[k].Add(p)
		}
	}
	index := evaluate.NewIndex()
	for _, s := range a.sets {
		index.Add(s)
	}
	err := a.sides[i].input.Docs(func(d *feilun.Doc) error {
		for _, c := range covers {
			c.Look(d.Text)
		}
		index.Look(d.Text)
		return nil
	})
	a.sides[i].index = index
	for k := range covers {
		found, all := 0, 0
		for n := range a.texts[k].pieces {
			f, g := covers[k].Found(n)
			found, all = found+f, all+g
		}
		a.texts[k].cover[i] = float64(found) / float64(max(1, all))
	}
	return err
}

// A modelScore is what one model scored, kept beside it for a process that goes on.
type modelScore struct {
	Weights int                    `json:"weights"`
	Scores  []evaluate.PairedScore `json:"scores"` // neutral texts, then tasks
}

// models trains and measures all models and compares them.
func (a *ablation) models(ctx context.Context) (*AblationResult, error) {
	r := &AblationResult{Format: ablationFormat, Version: feilun.Version, Depth: a.Depth, Context: a.Context}
	var scores [2][]modelScore
	for k := range a.Seeds {
		seed := a.Seed + uint64(k)
		r.Seeds = append(r.Seeds, seed)
		for i, s := range a.sides {
			if a.Stderr != nil {
				fmt.Fprintf(a.Stderr, "model %d of %d: corpus %s, seed %d\n", 2*k+i+1, 2*a.Seeds, strings.ToUpper(s.name), seed)
			}
			m, err := a.model(ctx, s, seed, r)
			if err != nil {
				return nil, err
			}
			scores[i] = append(scores[i], *m)
		}
	}
	r.A, r.B = a.sides[0].result(r.Tokens), a.sides[1].result(r.Tokens)
	r.Weights = scores[0][0].Weights
	for n := range a.texts {
		t := &a.texts[n]
		m := AblationMeasure{Name: t.name, Kind: "bits", Pieces: len(t.pieces), OverlapA: t.cover[0], OverlapB: t.cover[1]}
		r.Measures = append(r.Measures, m.compare(scores, n))
	}
	for n, s := range a.sets {
		m := AblationMeasure{Name: s.Task.Name(), Kind: "accuracy", Pieces: len(s.Items)}
		for i, share := range []*float64{&m.OverlapA, &m.OverlapB} {
			found := &evaluate.Result{Task: s.Task.Name()}
			a.sides[i].index.Report(found)
			*share = found.Overlap.Share.Value
			*[]*bool{&m.FlaggedA, &m.FlaggedB}[i] = found.Overlap.Flagged
		}
		r.Measures = append(r.Measures, m.compare(scores, len(a.texts)+n))
	}
	return r, nil
}

func (s *side) result(tokens int64) AblationSide {
	return AblationSide{From: s.from, Docs: s.docs, Bytes: s.bytes, Tokens: s.tokens, Epochs: float64(tokens) / float64(max(1, s.tokens))}
}

func (m AblationMeasure) compare(scores [2][]modelScore, n int) AblationMeasure {
	var pair [2][]evaluate.PairedScore
	for i := range pair {
		for _, s := range scores[i] {
			pair[i] = append(pair[i], s.Scores[n])
		}
	}
	m.Difference = evaluate.Paired(pair[0], pair[1])
	m.A, m.B = m.Difference.A, m.Difference.B
	m.Better = m.Difference.Verdict(m.Kind == "bits")
	return m
}

// model trains a model and measures it; what an earlier process measured stays.
func (a *ablation) model(ctx context.Context, s *side, seed uint64, r *AblationResult) (*modelScore, error) {
	dir := filepath.Join(a.Out, s.name, fmt.Sprintf("seed-%d", seed))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	o, err := train.Run(ctx, a.training(seed), filepath.Join(a.Out, "tokens-"+s.name), train.Options{Out: dir, Workers: a.Workers, Memory: a.Memory, Lang: "auto", Stderr: a.Stderr})
	if err != nil {
		return nil, err
	}
	r.Tokens = o.Tokens
	name := filepath.Join(dir, "scores.json")
	var m modelScore
	if b, err := os.ReadFile(name); err == nil && json.Unmarshal(b, &m) == nil {
		return &m, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	em, err := evaluate.Open(dir, a.Workers, false)
	if err != nil {
		return nil, err
	}
	m = modelScore{Weights: o.Weights}
	for _, t := range a.texts {
		p, err := evaluate.Pieces(ctx, em, a.params, t.pieces)
		if err != nil {
			return nil, err
		}
		m.Scores = append(m.Scores, p)
	}
	for _, set := range a.sets {
		p, err := evaluate.Hits(ctx, em, a.params, set)
		if err != nil {
			return nil, err
		}
		m.Scores = append(m.Scores, p)
	}
	return &m, writeJSON(name, m)
}
