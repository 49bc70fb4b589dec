package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// models lists what can be asked; none is no error.
func (s *Server) models(ctx context.Context) ([]Model, error) {
	if s.o.Generator == nil {
		return nil, nil
	}
	return s.o.Generator.Models(ctx)
}

// model finds a model by its id; the empty id is the first one's.
func (s *Server) model(ctx context.Context, id string) (Model, error) {
	all, err := s.models(ctx)
	if err != nil {
		return Model{}, err
	}
	var ids []string
	for _, m := range all {
		if id == "" || m.ID == id {
			return m, nil
		}
		ids = append(ids, m.ID)
	}
	if len(ids) == 0 {
		return Model{}, fmt.Errorf("%w: this server has none", ErrNoModel)
	}
	return Model{}, fmt.Errorf("%w as %q; there is %s", ErrNoModel, id, strings.Join(ids, ", "))
}

// generate writes one answer and keeps the counts. All generation goes through it.
func (s *Server) generate(ctx context.Context, r *Request, emit func(Piece) error) (res Result, err error) {
	if s.o.Generator == nil {
		return Result{}, ErrNoModel
	}
	m := s.metrics
	m.streams.Add(1)
	defer m.streams.Add(-1)
	defer func() { // in a goroutine of generateAll it would end the server
		if p := recover(); p != nil {
			s.log.Error("panic", "id", about(ctx).id, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	began, first := time.Now(), true
	res, err = s.o.Generator.Generate(ctx, r, func(p Piece) error {
		if first {
			first = false
			m.firstPiece(time.Since(began))
		}
		return emit(p)
	})
	m.prompt.Add(int64(res.PromptTokens))
	m.completion.Add(int64(res.CompletionTokens))
	switch {
	case ctx.Err() != nil:
		m.canceled.Add(1)
		return res, context.Cause(ctx)
	case errors.Is(err, ErrBusy):
		m.refused.Add(1)
	}
	return res, err
}

// generateAll writes several answers side by side. Emit is called by several goroutines, in
// order for each answer. The first error ends all.
func (s *Server) generateAll(ctx context.Context, all []*Request, emit func(i int, p Piece) error) ([]Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]Result, len(all))
	var group sync.WaitGroup
	for i, r := range all {
		group.Go(func() {
			res, err := s.generate(ctx, r, func(p Piece) error { return emit(i, p) })
			results[i] = res
			if err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return results, context.Cause(ctx)
}

// copies returns n requests that differ in their seeds alone. Without a seed one is drawn, so
// that what was used can be told.
func copies(r *Request, n int) []*Request {
	seed := rand.Int64N(1 << 53) // a number that JavaScript holds
	if r.Seed != nil {
		seed = *r.Seed
	}
	all := make([]*Request, n)
	for i := range all {
		c, own := *r, seed+int64(i)
		c.Seed = &own
		all[i] = &c
	}
	return all
}

// total sums what answers to one prompt took.
func total(results []Result) Result {
	t := Result{}
	for _, r := range results {
		t.PromptTokens = max(t.PromptTokens, r.PromptTokens)
		t.CompletionTokens += r.CompletionTokens
	}
	return t
}

// finishOf returns a legal reason for an end.
func finishOf(r Result) string { return cmp.Or(r.Finish, "stop") }
