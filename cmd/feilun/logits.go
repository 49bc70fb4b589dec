package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/tensor"
	"feilun/model"
)

type logitsCmd struct {
	Model   string      `arg:"" help:"Folder with config.json, model.safetensors and tokenizer.json, or a GGUF file."`
	Text    *string     `placeholder:"TEXT" help:"Text to measure. Default: standard input."`
	IDs     string      `name:"ids" placeholder:"LIST" help:"Numbers of tokens instead of a text; tokenizer.json is not needed then."`
	Top     int         `placeholder:"N" help:"Also print the N likeliest tokens after each token; -1 for all of the vocabulary."`
	Special bool        `help:"Take special tokens in the text for what they stand for."`
	Workers int         `placeholder:"N" help:"How many calculate side by side; all processors by default."`
	BF16    bool        `name:"bf16" help:"Products of bfloat16 instead of float32."`
	Weights string      `placeholder:"W" enum:",stored,f32,bf16,f16,int8,int4,q4_k" default:"" help:"Measure as feilun generate calculates with such weights: stored, f32, bf16, f16, int8, int4, q4_k."`
	Memory  params.Size `default:"8GiB" help:"Limit for the whole process; what is needed is told before the start."`
	JSON    bool        `help:"Print one line of JSON: ids, logprobs, and with --top the likeliest."`
}

// A likely is a token with its log-probability.
type likely struct {
	ID      uint32  `json:"id"`
	LogProb float32 `json:"logprob"`
}

// A logitsLine is the result. LogProbs has for each token that of the token given those
// before it, nothing for the first; Top what was likeliest behind each token.
type logitsLine struct {
	IDs      []uint32   `json:"ids"`
	LogProbs []*float32 `json:"logprobs"`
	Top      [][]likely `json:"top,omitempty"`
}

func (c *logitsCmd) Run(a *app) error {
	if c.Top < -1 {
		return hint.Usage(fmt.Errorf("--top %d: want 0 or more, or -1 for all of the vocabulary", c.Top))
	}
	ids, err := c.ids(a)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return hint.Usage(errors.New("no tokens to measure: the text is empty"))
	}
	if err := c.fits(ids); err != nil {
		return err
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(c.Memory) - programBytes)) // which counts no pages of the program
	line := logitsLine{IDs: ids, LogProbs: make([]*float32, 1)}
	damaged := -1
	err = c.measure(a.ctx, ids, func(i int, x []float32) {
		model.LogProbs(x)
		if v := float64(x[0]); damaged < 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
			damaged = i
		}
		if i+1 < len(ids) {
			v := x[ids[i+1]]
			line.LogProbs = append(line.LogProbs, &v)
		}
		if c.Top != 0 {
			line.Top = append(line.Top, likeliest(x, c.Top))
		}
	})
	if err == nil && damaged >= 0 {
		err = fmt.Errorf("behind token %d the log-probabilities are not finite: the weights are damaged, or the numbers inside the model grow too large", damaged)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(line)
	}
	return line.print(a.stdout)
}

// What the program itself takes, and what a token and each of the likeliest behind it
// take in the result and as JSON, in bytes.
const (
	programBytes = 36 << 20
	tokenBytes   = 128
	likelyBytes  = 128
)

// fits refuses what does not fit into the model's context, or into memory before much of it
// is taken.
func (c *logitsCmd) fits(ids []uint32) error {
	var weights *model.Weights
	if c.Weights != "" {
		w, err := model.ParseWeights(c.Weights)
		if err != nil {
			return hint.Usage(err)
		}
		weights = &w
	}
	config, need, err := model.LogitsMemory(c.Model, weights, tensor.New(c.Workers), len(ids), c.BF16)
	if err != nil {
		return modelError(err)
	}
	if len(ids) > config.Context {
		return hint.Usage(hint.With(fmt.Errorf("the text has %d tokens, more than the model's context of %d", len(ids), config.Context),
			"give less text at a time; feilun evaluate --text measures long texts in parts"))
	}
	top := c.Top
	if top < 0 || top > config.Vocab {
		top = config.Vocab
	}
	need += programBytes + int64(len(ids))*(tokenBytes+int64(top)*likelyBytes)
	if need > int64(c.Memory) {
		return hint.Usage(hint.With(fmt.Errorf("the log-probabilities of %d tokens need about %s of memory, more than --memory %v", len(ids), progress.Bytes(need), c.Memory),
			"a shorter text and a smaller --top need less, and so do --weights int8, int4 and q4_k"))
	}
	return nil
}

// measure calls each with the logits behind every token. It returns at once when ctx is
// cancelled: what is calculated then ends with the process.
func (c *logitsCmd) measure(ctx context.Context, ids []uint32, each func(i int, x []float32)) error {
	done := make(chan error, 1)
	go func() { done <- c.logits(ids, each) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *logitsCmd) logits(ids []uint32, each func(i int, x []float32)) error {
	if c.Weights != "" {
		e, err := (&heldWeights{c.Weights, c.Workers}).open(c.Model)
		if err != nil {
			return err
		}
		return hint.Usage(e.Logits(e.NewSequence(), ids, each))
	}
	m, err := model.Open(c.Model)
	if err != nil {
		return modelError(err)
	}
	p := model.NewPass(m, tensor.New(c.Workers), 1, len(ids), model.PassOptions{Forward: true, BF16: c.BF16})
	return hint.Usage(p.Logits(&model.Batch{Rows: 1, Len: len(ids), Tokens: ids}, each))
}

// ids returns the tokens to measure.
func (c *logitsCmd) ids(a *app) ([]uint32, error) {
	if c.IDs != "" {
		ids, err := numbers([]byte(c.IDs))
		return ids, hint.Usage(err)
	}
	words, err := openWords(c.Model)
	if err != nil {
		return nil, err
	}
	if c.Text == nil {
		most := int64(c.Memory) / tokenBytes * 8 // bytes; a token of 8 is a long one
		b, err := io.ReadAll(io.LimitReader(a.stdin, most+1))
		if err != nil {
			return nil, err
		}
		if int64(len(b)) > most {
			return nil, hint.Usage(fmt.Errorf("a text of more than %s does not fit into --memory %v", progress.Bytes(most), c.Memory))
		}
		text := string(b)
		c.Text = &text
	}
	return words.Encode(&model.Config{}, *c.Text, c.Special), nil
}

// likeliest returns the n likeliest tokens, all for -1; equal ones by number.
func likeliest(x []float32, n int) []likely {
	all := make([]likely, len(x))
	for i, v := range x {
		all[i] = likely{uint32(i), v}
	}
	slices.SortStableFunc(all, func(a, b likely) int { return cmp.Compare(b.LogProb, a.LogProb) })
	if n >= 0 {
		all = slices.Clone(all[:min(n, len(all))]) // not the memory of the others
	}
	return all
}

func (l *logitsLine) print(w io.Writer) error {
	for i, id := range l.IDs {
		p := "-"
		if l.LogProbs[i] != nil {
			p = fmt.Sprintf("%.6f", *l.LogProbs[i])
		}
		if _, err := fmt.Fprintf(w, "%d\t%s", id, p); err != nil {
			return err
		}
		if l.Top != nil {
			for _, t := range l.Top[i] {
				fmt.Fprintf(w, "\t%d %.6f", t.ID, t.LogProb)
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}
