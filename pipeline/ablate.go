package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/evaluate"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/tokenize"
	"feilun/train"
)

// An Ablation asks which of two corpora makes the better small model: it trains the
// same one on each, several times, with seeds in pairs, the same vocabulary and equally
// many tokens, and compares them on text that belongs to neither.
type Ablation struct {
	A, B  string   // each a recipe, a folder of a run, or files that crawl reads
	Set   []string // overrides of the recipes, key=value
	Text  []string // neutral text, each NAME=PATH
	Data  string   // folder of tasks' files; "" for none
	Tasks []string
	Limit int // items of a task; 0 for all
	Size  int // bytes of each neutral text at most

	Seeds     int
	Seed      uint64 // of the first pair
	Tokens    int64  // that each model is trained on
	Depth     int
	Context   int
	Batch     int
	Vocab     int
	Tokenizer string // file of a vocabulary; "" makes one of both corpora

	Out     string
	Workers int
	Memory  params.Size
	Fresh   bool
	Stderr  io.Writer
}

// An ablation is one at work.
type ablation struct {
	Ablation
	sides  [2]*side
	params *evaluate.Params
	sets   []evaluate.Set
	texts  []neutral
}

// A side is one of the two corpora.
type side struct {
	name   string // a or b
	from   string // as it was given
	input  tokenize.Input
	tokens int64 // of its training text
	docs   int64
	bytes  int64
	index  *evaluate.Index // of the tasks' items, shown this corpus
}

// A neutral is text that belongs to neither corpus, cut into pieces.
type neutral struct {
	name   string
	pieces []string
	cover  [2]float64 // share of its 13-grams that stand in each corpus
}

// check refuses numbers without meaning.
func (a *Ablation) check() error {
	switch {
	case a.Out == "":
		return hint.Usage(errors.New("no folder: name one with --out DIR"))
	case a.Seeds < 2:
		return hint.Usage(fmt.Errorf("--seeds %d: an interval needs two pairs of models at least", a.Seeds))
	case len(a.Text) == 0 && a.Data == "":
		return hint.Usage(hint.With(errors.New("nothing to compare the models on"), "name text that belongs to neither corpus with --text PATH, or a folder of minimal pairs with --data DIR"))
	case a.Limit < 0:
		return hint.Usage(fmt.Errorf("--limit %d: want 0, for all items, or more", a.Limit))
	}
	for name, n := range map[string]int{"depth": a.Depth, "context": a.Context, "batch": a.Batch} {
		if err := params.Set(&train.Params{}, name, fmt.Sprint(n)); err != nil {
			return hint.Usage(fmt.Errorf("--%w", err))
		}
	}
	if a.Tokens < int64(max(a.Batch, a.Context)) {
		return hint.Usage(fmt.Errorf("--tokens %d is less than one batch of %d", a.Tokens, max(a.Batch, a.Context)))
	}
	return nil
}

// Ablate carries it out in the folder Out, or goes on where an earlier process with
// the same arguments stopped.
func Ablate(ctx context.Context, o Ablation) (*AblationResult, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &ablation{Ablation: o, params: filled(&evaluate.Params{})}
	a.params.Tasks, a.params.Limit = o.Tasks, o.Limit
	if err := a.ahead(ctx); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(filepath.Join(a.Out, "lock"), a.Out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := a.open(); err != nil {
		return nil, err
	}
	for i, from := range []string{o.A, o.B} {
		if a.sides[i], err = a.side(ctx, "ab"[i:i+1], from); err != nil {
			return nil, err
		}
	}
	if err := a.material(ctx); err != nil {
		return nil, err
	}
	t, err := a.vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range a.sides {
		if err := a.pack(ctx, t, s); err != nil {
			return nil, err
		}
	}
	r, err := a.models(ctx)
	if err != nil {
		return nil, err
	}
	r.Vocab = t.Size()
	return r, writeJSON(filepath.Join(a.Out, "ablation.json"), r)
}

// ablationOwned lists what an ablation writes into its folder.
func ablationOwned() []string {
	return []string{"ablation.json", "ablation.html", "arguments.json", "vocabulary.sha256", "tokenizer.json", "tokens-a", "tokens-b", "a", "b", "run-a", "run-b"}
}

// open refuses a folder that holds another ablation, and notes what this one is.
func (a *ablation) open() error {
	plan := map[string]any{"version": feilun.Version, "a": a.A, "b": a.B, "set": a.Set, "text": a.Text, "data": a.Data, "tasks": a.Tasks, "limit": a.Limit, "size": a.Size,
		"seeds": a.Seeds, "seed": a.Seed, "tokens": a.Tokens, "depth": a.Depth, "context": a.Context, "batch": a.Batch, "vocab": a.Vocab, "tokenizer": a.Tokenizer}
	now := encoded(plan)
	name := filepath.Join(a.Out, "arguments.json")
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && a.Fresh {
		for _, n := range ablationOwned() {
			if err := os.RemoveAll(filepath.Join(a.Out, n)); err != nil {
				return err
			}
		}
		err = fs.ErrNotExist
	}
	if err == nil && strings.TrimSpace(string(old)) != string(now) {
		return hint.Usage(hint.With(fmt.Errorf("%s holds an ablation with other arguments", a.Out), "give the same ones to go on, another --out, or --fresh to delete it"))
	}
	return atomicfile.WriteBytes(name, append(now, '\n'))
}

// side makes one of the corpora ready to be read: a recipe is run first.
func (a *ablation) side(ctx context.Context, name, from string) (*side, error) {
	s := &side{name: name, from: from}
	dir := from
	r, err := a.recipe(from)
	if err != nil {
		return nil, err
	}
	if r != nil {
		dir = filepath.Join(a.Out, "run-"+name)
		if _, err := Run(ctx, r, Options{Out: dir, Workers: a.Workers, Memory: a.Memory, Stderr: a.Stderr}); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
	}
	h := sha256.New()
	s.input.Name = from
	if files, err := corpusFiles(dir); err == nil && len(files) > 0 {
		for _, f := range files {
			sum, err := digest.File(f)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(h, " %s", sum)
		}
		s.input.Docs = func(each func(*feilun.Doc) error) error { return eachDoc(files, each) }
	} else {
		matches, err := filepath.Glob(dir)
		if err != nil || len(matches) == 0 {
			return nil, noSide(from)
		}
		for _, m := range matches {
			if err := identify(h, m); err != nil {
				return nil, err
			}
		}
		s.input.Docs = func(each func(*feilun.Doc) error) error { return readAll(ctx, dir, each) }
	}
	s.input.SHA256 = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

func readAll(ctx context.Context, path string, each func(*feilun.Doc) error) error {
	r, err := NewReader()
	if err != nil {
		return err
	}
	return r.Docs(ctx, path, each)
}

// tokenizing are the parameters of vocabulary and packed tokens: no document is packed
// apart, since the models are measured on other text.
func (a *ablation) tokenizing() tokenize.Params {
	p := *filled(&tokenize.Params{})
	p.Vocab, p.Tokenizer, p.Valid = a.Vocab, a.Tokenizer, 0
	return p
}

// vocabulary opens the vocabulary of both corpora, or makes it: text that stands in both
// counts once.
func (a *ablation) vocabulary(ctx context.Context) (*bpe.Tokenizer, error) {
	both := tokenize.Input{Name: "both", SHA256: digest.Of([]byte(a.sides[0].input.SHA256 + a.sides[1].input.SHA256))}
	both.Docs = func(each func(*feilun.Doc) error) error {
		seen := map[[32]byte]bool{}
		return tokenize.Joined(a.sides[0].input, a.sides[1].input)(func(d *feilun.Doc) error {
			sum := sha256.Sum256([]byte(d.Text))
			if seen[sum] {
				return nil
			}
			seen[sum] = true
			return each(d)
		})
	}
	return vocabulary(ctx, a.Out, within(a.tokenizing(), a.Memory), []tokenize.Input{both}, a.Workers, a.Stderr)
}

// pack packs a corpus.
func (a *ablation) pack(ctx context.Context, t *bpe.Tokenizer, s *side) error {
	dir := filepath.Join(a.Out, "tokens-"+s.name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	meter := progress.New(a.Stderr, "packing "+s.name, 0, progress.Bytes)
	last := int64(0)
	m, err := tokenize.Pack(ctx, a.tokenizing(), t, []tokenize.Input{s.input}, dir, a.Workers, func(n int64) { meter.Add(max(0, n-last)); last = n })
	meter.Close()
	if err != nil {
		return err
	}
	if m.Train.Docs == 0 {
		return hint.Usage(fmt.Errorf("%s holds no document to train on", s.from))
	}
	s.tokens, s.docs, s.bytes = m.Train.Tokens, m.Train.Docs, m.Train.Bytes
	return nil
}

// training are the parameters of a model of a seed.
func (a *ablation) training(seed uint64) train.Params {
	p := *filled(&train.Params{})
	p.Depth, p.Context, p.Batch, p.Seed, p.Keep = a.Depth, a.Context, a.Batch, seed, "last"
	p.Steps = max(1, int(a.Tokens/int64(max(1, a.Batch/a.Context)*a.Context)))
	p.ValidEvery, p.SampleEvery, p.ValidTokens = p.Steps, p.Steps, a.Context // once, at the end: other text decides
	p.Prompts = nil
	return p
}
