package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrNotFinite is an error of [Scheduler.Embed]: weights of the model are broken.
var ErrNotFinite = errors.New("the model's hidden states are not finite")

// togetherTokens is how many tokens' keys and values texts that are read together may take:
// short ones take a block each.
const togetherTokens = 4 * stepTokens

// Embed returns embeddings of texts, in their order: of the first ones, as many as go together
// well, at least one. Callers go on with the rest, so that others come to their turns between.
//
// An embedding is the mean over a text's tokens of what comes out of the last layer, behind the
// model's final norm, divided by its length: as llama.cpp makes it with --pooling mean. It has as
// many numbers as the model is wide, and the same bits whatever is read beside it.
//
// Errors are those of [Scheduler.Submit]. Each of the texts, those left for later too, must have
// from one token to as many as [Scheduler.Context]; a longer one is a [ContextError]. When ctx
// ends, Embed returns at once, and the engine drops the texts after the step in hand.
func (s *Scheduler) Embed(ctx context.Context, texts [][]uint32) ([][]float32, error) {
	if err := s.checkTexts(texts); err != nil {
		return nil, err
	}
	p := newPooling(texts[:s.together(texts)], s.e.m.Config.Width)
	g := newGeneration(&Stream{seq: s.e.NewSequence(), pool: p})
	for _, t := range p.texts {
		g.reserved += roundUp(len(t), blockTokens)
		g.result.PromptTokens += len(t)
	}
	if err := s.enqueue(ctx, g); err != nil {
		return nil, err
	}
	if r := g.Result(); r.Finish == FinishCancelled {
		return nil, r.Err
	}
	return p.vectors()
}

func (s *Scheduler) checkTexts(texts [][]uint32) error {
	if len(texts) == 0 {
		return errors.New("there is no text to embed")
	}
	for i, text := range texts {
		switch {
		case len(text) == 0:
			return fmt.Errorf("text %d has no token", i)
		case len(text) > s.Context():
			return fmt.Errorf("text %d: %w", i, &ContextError{len(text), s.Context()})
		}
		for _, t := range text {
			if int(t) >= s.e.m.Config.Vocab {
				return fmt.Errorf("token %d is not below the model's vocabulary of %d", t, s.e.m.Config.Vocab)
			}
		}
	}
	return nil
}

// together returns how many of the first texts fill a step.
func (s *Scheduler) together(texts [][]uint32) int {
	tokens, kv := 0, 0
	for i, t := range texts {
		tokens, kv = tokens+len(t), kv+roundUp(len(t), blockTokens)
		if i > 0 && (tokens > stepTokens || kv > min(togetherTokens, s.kvLimit)) {
			return i
		}
	}
	return len(texts)
}

// embed goes a step with streams that are read for embeddings, the one whose turn it is first.
func (s *Scheduler) embed(streams []*Stream, room int) (tokens int, err error) {
	var all []*pooling
	for _, t := range streams {
		if t.pool != nil {
			all = append(all, t.pool)
		}
	}
	if len(all) == 0 {
		return 0, nil
	}
	s.turn++
	first := s.turn % len(all)
	tokens, err = s.e.readTexts(slices.Concat(all[first:], all[:first]), room)
	for _, t := range streams {
		if t.pool != nil && t.pool.done() {
			t.finish(FinishStop)
		}
	}
	return tokens, err
}

// A pooling is texts that are read for their embeddings.
type pooling struct {
	texts     [][]uint32
	sequences []*Sequence
	sums      [][]float64 // of the hidden states of each text's tokens so far
}

func newPooling(texts [][]uint32, width int) *pooling {
	p := &pooling{texts: texts}
	for range texts {
		p.sequences, p.sums = append(p.sequences, &Sequence{}), append(p.sums, make([]float64, width))
	}
	return p
}

func (p *pooling) done() bool { return p.sequences[len(p.texts)-1].n == len(p.texts[len(p.texts)-1]) }

// readTexts reads room tokens of texts at most, and returns how many it took. As in [Engine.advance]
// they are read in chunks that begin at multiples of chunkTokens, and none is begun before those
// in front of it are read.
func (e *Engine) readTexts(all []*pooling, room int) (tokens int, err error) {
	var parts []Extension
	var sums [][]float64
	for _, p := range all {
		for i, s := range p.sequences {
			left := p.texts[i][s.n:]
			n := min(len(left), room/chunkTokens*chunkTokens)
			if n > 0 {
				parts, sums = append(parts, Extension{s, left[:n], true}), append(sums, p.sums[i])
				room, tokens = room-n, tokens+n
			}
			if n < len(left) {
				break
			}
		}
	}
	if err := e.forward(parts); err != nil {
		return 0, err
	}
	e.norm(e.m.lay.final, e.n, e.x, tokens)
	e.pool(parts, sums)
	for _, p := range all {
		for i, s := range p.sequences {
			if s.n == len(p.texts[i]) {
				e.kv.release(s, 0)
			}
		}
	}
	return tokens, nil
}

// pool adds each part's hidden states, which are in e.n, to its text's sum.
func (e *Engine) pool(parts []Extension, sums [][]float64) {
	width, starts, at := e.m.Config.Width, make([]int, len(parts)), 0
	for i, x := range parts {
		starts[i] = at
		at += len(x.Tokens)
	}
	e.cpu.Do(len(parts), func(_, i int) {
		for t := range parts[i].Tokens {
			for k, v := range e.n[(starts[i]+t)*width:][:width] {
				sums[i][k] += float64(v)
			}
		}
	})
}

// vectors returns the embeddings of texts that are read.
func (p *pooling) vectors() ([][]float32, error) {
	var out [][]float32
	for _, sum := range p.sums {
		square := 0.0
		for _, v := range sum {
			square += v * v
		}
		if math.IsNaN(square) || math.IsInf(square, 0) {
			return nil, ErrNotFinite
		}
		vector := make([]float32, len(sum))
		for k, v := range sum {
			if square > 0 { // the direction of the mean is that of the sum
				vector[k] = float32(v / math.Sqrt(square))
			}
		}
		out = append(out, vector)
	}
	return out, nil
}

// drop gives back what a stream holds of keys and values.
func (e *Engine) drop(s *Stream) {
	e.kv.release(s.seq, 0)
	if s.pool != nil {
		for _, q := range s.pool.sequences {
			e.kv.release(q, 0)
		}
	}
}
