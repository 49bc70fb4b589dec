package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/tensor"
	"feilun/model"
)

// A Model is a model with its vocabulary, ready to be measured. It is for one
// goroutine. Answers are the same for any number of workers; what is asked together
// can change their last digits.
type Model struct {
	m     *model.Model
	tok   *bpe.Tokenizer
	enc   *bpe.Encoder
	pass  *model.Pass
	first uint32 // token before every text: that which begins texts, else one that ends them
	rows  int
	size  int // tokens of a row
}

// passTokens is about how many tokens go through the model at a time.
const passTokens = 4096

// mostContext is the longest context that is measured with, in tokens.
const mostContext = 4096

// Open opens a folder with config.json, model.safetensors and tokenizer.json, or a GGUF
// file.
func Open(dir string, workers int, bf16 bool) (*Model, error) {
	m, err := model.Open(dir)
	if err != nil {
		return nil, hint.Usage(err)
	}
	words, err := model.OpenWords(dir)
	if err != nil {
		return nil, hint.Usage(err)
	}
	t := words.Tokenizer
	if err := words.Fit(dir, &m.Config); err != nil {
		return nil, err
	}
	e := &Model{m: m, tok: t, enc: t.Encoder(), size: min(m.Config.Context, mostContext)}
	if len(m.Config.BOS) > 0 {
		e.first = uint32(m.Config.BOS[0])
	} else if id, ok := t.ID("<|endoftext|>"); ok {
		e.first = id
	} else if len(m.Config.EOS) > 0 {
		e.first = uint32(m.Config.EOS[0])
	}
	cpu := tensor.New(workers)
	e.rows = max(1, passTokens/e.size)
	e.pass = model.NewPass(m, cpu, e.rows, e.size, model.PassOptions{BF16: bf16 && cpu.BF16(), Forward: true})
	return e, nil
}

// A sequence is tokens of which those from a place on are scored.
type sequence struct {
	ids   []uint32
	from  int // ≥ 1
	score Score
}

// pack returns the number of sequences that one pass takes, and the batch of them:
// one behind another in rows, hidden from one another. At tells where each one's
// first target lies.
func (e *Model) pack(all []*sequence) (n int, b *model.Batch, at []int) {
	b = &model.Batch{Len: e.size}
	left := 0 // free in the last row
	for _, s := range all {
		need := len(s.ids) - 1
		if need > left {
			if b.Rows == e.rows {
				break
			}
			for range left {
				add(b, 0, 0, 0, int32(e.size-left))
			}
			b.Rows++
			left = e.size
		}
		begin := int32(e.size - left)
		at = append(at, len(b.Tokens))
		for i := range need {
			w := float32(0)
			if i+1 >= s.from {
				w = 1
			}
			add(b, s.ids[i], s.ids[i+1], w, begin)
		}
		left -= need
		n++
	}
	for range left {
		add(b, 0, 0, 0, int32(e.size-left))
	}
	return n, b, at
}

func add(b *model.Batch, id, target uint32, weight float32, start int32) {
	b.Tokens, b.Targets, b.Weights, b.Starts = append(b.Tokens, id), append(b.Targets, target), append(b.Weights, weight), append(b.Starts, start)
}

// run scores sequences; with greedy it also finds out whether each token was the
// likeliest.
func (e *Model) run(ctx context.Context, all []*sequence, greedy bool) error {
	for len(all) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, b, at := e.pack(all)
		if greedy {
			if err := e.greedy(b, all[:n], at); err != nil {
				return err
			}
		} else {
			if _, err := e.pass.Loss(b); err != nil {
				return err
			}
			losses := e.pass.TokenLosses()
			for k, s := range all[:n] {
				for i := s.from; i < len(s.ids); i++ {
					s.score.LogProb -= losses[at[k]+i-1]
				}
			}
		}
		for _, s := range all[:n] {
			if s.score.Tokens = len(s.ids) - s.from; math.IsNaN(s.score.LogProb) || math.IsInf(s.score.LogProb, 0) {
				return errors.New("the model gives no probabilities: its weights or what it calculates are not finite")
			}
		}
		all = all[n:]
	}
	return nil
}

// greedy scores sequences by their logits.
func (e *Model) greedy(b *model.Batch, all []*sequence, at []int) error {
	owner := make([]int, len(b.Tokens))
	for i := range owner {
		owner[i] = -1
	}
	for k, s := range all {
		s.score.Greedy = true
		for i := s.from; i < len(s.ids); i++ {
			owner[at[k]+i-1] = k
		}
	}
	return e.pass.Logits(b, func(token int, logits []float32) {
		k := owner[token]
		if k < 0 {
			return
		}
		target := b.Targets[token]
		sum, top := 0.0, logits[target]
		most := logits[0]
		for _, x := range logits {
			most = max(most, x)
		}
		for _, x := range logits {
			sum += math.Exp(float64(x - most))
		}
		all[k].score.LogProb += float64(top-most) - math.Log(sum)
		if top < most {
			all[k].score.Greedy = false
		}
	})
}

// encode returns the tokens of a request: those of both texts together, split where
// the context's own end. Spaces at the end of the context belong to the text, as
// words begin with a space (as in the evaluation harness of Gao and others, 2021).
func (e *Model) encode(r Request) *sequence {
	trimmed := strings.TrimRight(r.Context, " ")
	text := r.Context[len(trimmed):] + r.Text
	s := &sequence{ids: []uint32{e.first}}
	before := len(e.enc.Encode(nil, []byte(trimmed)))
	s.ids = e.enc.Encode(s.ids, []byte(trimmed+text))
	s.from = min(1+before, len(s.ids)-1)
	if over := len(s.ids) - 1 - e.size; over > 0 {
		s.ids = s.ids[over:]
		s.from = max(1, s.from-over)
		s.score.Truncated = true
	}
	return s
}

// Score implements scorer.
func (e *Model) Score(ctx context.Context, all []Request) ([]Score, error) {
	return e.score(ctx, all, false)
}

// Greedy is [Model.Score] that also tells whether each token was the likeliest.
func (e *Model) Greedy(ctx context.Context, all []Request) ([]Score, error) {
	return e.score(ctx, all, true)
}

func (e *Model) score(ctx context.Context, all []Request, greedy bool) ([]Score, error) {
	var seqs []*sequence
	for _, r := range all {
		if r.Text == "" {
			return nil, fmt.Errorf("nothing to score behind %q", clip(r.Context, 40))
		}
		seqs = append(seqs, e.encode(r))
	}
	if err := e.run(ctx, seqs, greedy); err != nil {
		return nil, err
	}
	scores := make([]Score, len(all))
	for i, s := range seqs {
		scores[i] = s.score
	}
	return scores, nil
}
