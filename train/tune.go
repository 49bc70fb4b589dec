package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/model"
)

// TuneParams steer supervised fine-tuning and learning from preferences.
type TuneParams struct {
	// Context is the number of tokens of a row; longer conversations are cut at the end. 0 takes the model's own, at most 2048.
	Context int `json:"context" default:"0" range:"0..131072"`
	// Batch is the number of tokens of a step.
	Batch int `json:"batch" default:"8192" range:"1..1073741824"`
	// Rows is the number of rows that go through the model at a time.
	Rows int `json:"rows" default:"8" range:"1..65536"`
	// Epochs is how often the conversations are gone through.
	Epochs float64 `json:"epochs" default:"2" range:"0.01..1000"`
	// Steps is the number of steps; 0 takes what epochs come to.
	Steps int `json:"steps" default:"0" range:"0..999999999"`
	// Rate is the learning rate of AdamW, which falls as a cosine.
	Rate float64 `json:"rate" default:"0.0003" range:"0..10"`
	// Warmup is the share of the steps in which the rate rises from 0.
	Warmup float64 `json:"warmup" default:"0.03" range:"0..1"`
	// WeightDecay pulls matrices to 0, by this times the rate a step.
	WeightDecay float64 `json:"weight_decay" default:"0" range:"0..10"`
	// Valid is the share of conversations that are measured on and not learned.
	Valid float64 `json:"valid" default:"0.02" range:"0..0.5"`
	// Beta is how strongly preferences may pull away from the model as it was (Rafailov and others, 2023); for feilun train dpo alone.
	Beta float64 `json:"beta" default:"0.1" range:"0..100"`
	// Seed decides the order of conversations and which are held out.
	Seed uint64 `json:"seed" default:"1"`
	// BF16 multiplies in bfloat16, where the processor does that faster.
	BF16 bool `json:"bf16" name:"bf16" default:"true" negatable:""`
	// Prompts are questions to which answers are sampled on the way.
	Prompts params.List `json:"prompts" default:"[\"你好\",\"Who are you?\"]"`
}

// params returns the parameters of the loop.
func (t *TuneParams) params(context int) *Params {
	return &Params{Context: context, Batch: t.Batch, Rows: t.Rows, Steps: t.Steps, Seed: t.Seed, Mask: true, Optimizer: AdamW, Rate: t.Rate, Schedule: Cosine, Packing: Stream,
		Warmup: t.Warmup, Final: 0.1, Beta1: 0.9, Beta2: 0.95, WeightDecay: t.WeightDecay, Clip: 1, Spike: 20, BadBatches: 10, BF16: t.BF16, Prompts: t.Prompts, Keep: keepBest}
}

// An example is a conversation in tokens, and which of them are learned.
type example struct {
	ids   []uint32
	learn []bool
}

// Tune teaches a model to answer by conversations, with the loss on answers alone.
func Tune(ctx context.Context, t TuneParams, dir string, files []string, o Options) (*Outcome, error) {
	j, err := t.job(kindChat, dir, files, o)
	if err != nil {
		return nil, err
	}
	all, held, cut, err := t.examples(j, files)
	if err != nil {
		return nil, err
	}
	f := &chatFeed{all: all, size: j.p.Context, seed: t.Seed, batch: j.p.batchRows()}
	steps := t.Steps
	if steps == 0 {
		steps = max(1, int(t.Epochs*float64(f.perEpoch())/float64(f.batch)))
	}
	j.p.settle(steps)
	j.fact("conversations", "对话数", fmt.Sprint(len(all)))
	j.fact("cut at the end", "截断", fmt.Sprint(cut))
	l := &loop{steps: steps, feed: f}
	return j.run(ctx, l, func(net network) error {
		rows := (&chatFeed{all: held, size: j.p.Context}).epochRows()
		l.check = likelihood(net, rows, j.p.Rows, tokenBytes(j.tok))
		return nil
	})
}

// examples encodes the conversations of files: those to learn from and those to
// measure on. It counts and tells the ones that were cut at the end.
func (t *TuneParams) examples(j *job, files []string) (all, held []example, cut int, err error) {
	lost := 0
	err = t.chats(j, files, func(chat Chat, hold bool) error {
		some, err := j.form.examples(chat.Turns, false)
		if err != nil {
			return err
		}
		long, learned := false, false
		for _, e := range some {
			if len(e.ids) > j.p.Context+1 {
				long = true
				e.ids, e.learn = e.ids[:j.p.Context+1], e.learn[:j.p.Context+1]
			}
			switch {
			case !slices.Contains(e.learn, true): // what was cut off held all answers
				continue
			case hold:
				held = append(held, e)
			default:
				all = append(all, e)
			}
			learned = true
		}
		if long {
			cut++
		}
		if !learned {
			lost++
		}
		return nil
	})
	if err == nil && cut > 0 {
		j.say("%d conversations are longer than --context %d tokens: they are cut at the end, and %d of them, whose answers all lay behind the cut, are left out", cut, j.p.Context, lost)
	}
	if err == nil && len(all) == 0 {
		err = nothingLearned("no conversation in these files can be learned from", lost)
	}
	return all, held, cut, err
}

// say tells a remark before training begins.
func (j *job) say(format string, args ...any) {
	if j.Stderr != nil {
		fmt.Fprintf(j.Stderr, format+"\n", args...)
	}
}

// nothingLearned is the error of files without a usable row; long counts the rows that were
// too long.
func nothingLearned(text string, long int) error {
	if long > 0 {
		return hint.Usage(hint.With(errors.New(text), "the rows are too long; give more --context"))
	}
	return hint.Usage(hint.With(errors.New(text), "a row holds conversations (ShareGPT), instruction and output (Alpaca), messages, or prompt and completion; one of preferences chosen and rejected"))
}

// job opens the model that is to learn.
func (t *TuneParams) job(kind, dir string, files []string, o Options) (*job, error) {
	m, err := model.Open(dir)
	if err != nil {
		return nil, hint.Usage(err)
	}
	words, err := model.OpenWords(dir)
	if err != nil {
		return nil, hint.Usage(err)
	}
	if err := words.Fit(dir, &m.Config); err != nil {
		return nil, err
	}
	context := t.Context
	if context == 0 {
		context = min(2048, m.Config.Context)
	}
	p := t.params(context)
	if err := p.stretch(m); err != nil {
		return nil, err
	}
	sums, err := inputSums(append(slices.Clone(files), weightFiles(dir)...))
	if err != nil {
		return nil, err
	}
	j := &job{Options: o, kind: kind, p: p, m: m, tok: words.Tokenizer, prefix: words.Prefix, made: map[string]any{"inputs_sha256": sums, "tune": t}}
	return j, j.takeForm(dir, words)
}

// weightFiles returns the files that hold a model's weights: several where it is sharded, or
// the file of llama.cpp itself.
func weightFiles(path string) []string {
	if model.IsGGUF(path) {
		return []string{path}
	}
	var all []string
	entries, _ := os.ReadDir(path) // the model was read from there
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".safetensors" {
			all = append(all, filepath.Join(path, e.Name()))
		}
	}
	return all
}

// inputSums returns the hash of each file by its name, with its folder where two have one name.
func inputSums(files []string) (map[string]string, error) {
	sums := map[string]string{}
	for _, f := range files {
		name := filepath.Base(f)
		if _, twice := sums[name]; twice {
			name = filepath.ToSlash(f)
		}
		sum, err := digest.File(f)
		if err != nil {
			return nil, err
		}
		sums[name] = sum
	}
	return sums, nil
}

// chats reads the conversations of files; hold is true for those to measure on.
func (t *TuneParams) chats(j *job, files []string, each func(c Chat, hold bool) error) error {
	rng := rand.New(rand.NewPCG(t.Seed, 7))
	for _, name := range files {
		refused, first := 0, error(nil)
		n, err := ReadChats(name, func(c Chat) error {
			err := each(c, rng.Float64() < t.Valid)
			if errors.Is(err, errRefused) {
				refused, first = refused+1, cmp.Or(first, err)
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s: %d of %d rows used", name, n.Used, n.Rows)
		var why []string
		for reason, k := range n.Skipped {
			why = append(why, fmt.Sprintf("%d %s", k, reason))
		}
		slices.Sort(why)
		if len(why) > 0 {
			text += "; left out: " + strings.Join(why, ", ")
		}
		if n.Tools > 0 {
			text += fmt.Sprintf("; %d rows list tools, which the model is not told of: their conversations alone are learned", n.Tools)
		}
		j.say("%s", text)
		if refused > 0 {
			j.say("%s: %d conversations are left out, for which the chat template of the model has no form: %v", name, refused, first)
		}
	}
	return nil
}

// A chatFeed packs whole conversations into rows, in an order shuffled for each
// epoch.
type chatFeed struct {
	all   []example
	size  int
	seed  uint64
	batch int

	epoch uint64
	order []int
	at    int // in order
	buf   []row
}

// row packs the conversations that come next and fit; the rest of the row is not
// learned.
func (f *chatFeed) row() row {
	if f.at == len(f.order) {
		f.shuffle()
	}
	var ids []uint32
	var learn []bool
	var begins []int32
	for f.at < len(f.order) {
		e := &f.all[f.order[f.at]]
		if len(ids) > 0 && len(ids)+len(e.ids) > f.size+1 {
			break
		}
		for range e.ids {
			begins = append(begins, int32(len(ids)))
		}
		// nothing predicts the first token of a conversation
		ids, learn = append(ids, e.ids...), append(append(learn, false), e.learn[1:]...)
		f.at++
	}
	r := padded(ids, learn, f.size)
	for len(begins) < f.size {
		begins = append(begins, int32(len(ids)))
	}
	r.starts = begins[:f.size]
	return r
}

func (f *chatFeed) shuffle() {
	if f.order == nil {
		f.order = make([]int, len(f.all))
	}
	for i := range f.order {
		f.order[i] = i
	}
	rng := rand.New(rand.NewPCG(f.seed, f.epoch))
	rng.Shuffle(len(f.order), func(i, j int) { f.order[i], f.order[j] = f.order[j], f.order[i] })
	f.epoch++
	f.at = 0
}

// perEpoch returns the number of rows of the first epoch.
func (f *chatFeed) perEpoch() int {
	return len((&chatFeed{all: f.all, size: f.size, seed: f.seed}).epochRows())
}

// epochRows returns the rows of one epoch.
func (f *chatFeed) epochRows() []row {
	var rows []row
	for len(f.all) > 0 && (len(rows) == 0 || f.at < len(f.order)) {
		rows = append(rows, f.row())
	}
	return rows
}

func (f *chatFeed) next(b *batch) error {
	f.buf = f.buf[:0]
	for range f.batch {
		f.buf = append(f.buf, f.row())
	}
	b.fill(f.buf)
	return nil
}

func (f *chatFeed) skip(batches int64) {
	for range batches * int64(f.batch) {
		f.row()
	}
}
