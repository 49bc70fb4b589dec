package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Join makes one generator of several, by their models; of two models with one id the first
// is asked.
func Join(all ...Generator) Generator {
	if len(all) == 1 {
		return all[0]
	}
	return joined(all)
}

type joined []Generator

// Models implements [Generator]. What cannot be reached is left out, unless nothing can.
func (j joined) Models(ctx context.Context) (out []Model, err error) {
	some := false
	for _, g := range j {
		models, e := g.Models(ctx)
		err = errors.Join(err, e)
		some = some || e == nil
		for _, m := range models {
			if !slices.ContainsFunc(out, func(o Model) bool { return o.ID == m.ID }) {
				out = append(out, m)
			}
		}
	}
	if some {
		return out, nil
	}
	return nil, err
}

func (j joined) of(ctx context.Context, id string) (Generator, error) {
	for _, g := range j {
		models, err := g.Models(ctx)
		if err == nil && slices.ContainsFunc(models, func(m Model) bool { return m.ID == id }) {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w as %q", ErrNoModel, id)
}

func (j joined) Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
	g, err := j.of(ctx, r.Model)
	if err != nil {
		return Result{}, err
	}
	return g.Generate(ctx, r, emit)
}

func (j joined) Embed(ctx context.Context, model string, texts []string) ([][]float32, int, error) {
	g, err := j.of(ctx, model)
	if err != nil {
		return nil, 0, err
	}
	return g.Embed(ctx, model, texts)
}

func (j joined) Tokens(ctx context.Context, model, text string) ([]Token, error) {
	g, err := j.of(ctx, model)
	if err != nil {
		return nil, err
	}
	return g.Tokens(ctx, model, text)
}

// Detokenize implements [Detokenizer].
func (j joined) Detokenize(ctx context.Context, model string, ids []int) ([]byte, error) {
	g, err := j.of(ctx, model)
	if err != nil {
		return nil, err
	}
	if d, ok := g.(Detokenizer); ok {
		return d.Detokenize(ctx, model, ids)
	}
	return nil, Unsupported("tokens", "this model takes texts, not tokens")
}

// Waiting returns how many requests wait for models of ours.
func (j joined) Waiting() (n int) {
	for _, g := range j {
		if w, ok := g.(waiter); ok {
			n += w.Waiting()
		}
	}
	return n
}

// A waiter is a generator that has a queue.
type waiter interface{ Waiting() int }
