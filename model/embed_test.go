package model

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"feilun/internal/tensor"
)

// embedAll makes embeddings of all texts.
func embedAll(t testing.TB, s *Scheduler, texts [][]uint32) [][]float32 {
	t.Helper()
	var out [][]float32
	for len(out) < len(texts) {
		some, err := s.Embed(t.Context(), texts[len(out):])
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			t.Fatal("no embedding and no error")
		}
		out = append(out, some...)
	}
	return out
}

// randomTexts have lengths around those of chunks, blocks and steps.
func randomTexts(c *Config) [][]uint32 {
	rng := rand.New(rand.NewPCG(4, 4))
	var all [][]uint32
	for _, n := range []int{1, 5, 63, 64, 65, 130, c.Context, 2, 3, 150, 199, 128, 17} {
		text := make([]uint32, n)
		for i := range text {
			text[i] = rng.Uint32N(uint32(c.Vocab))
		}
		all = append(all, text)
	}
	for i := range 40 { // more than go together
		all = append(all, all[0], all[1][:1+i%5])
	}
	return all
}

// meanHidden is an embedding by the pass that training uses.
func meanHidden(p *Pass, text []uint32) []float32 {
	p.forward(&Batch{Rows: 1, Len: len(text), Tokens: text})
	n := p.m.Config.Width
	out, square := make([]float32, n), 0.0
	for k := range out {
		sum := 0.0
		for i := range text {
			sum += float64(p.hidden[i*n+k])
		}
		mean := sum / float64(len(text))
		out[k], square = float32(mean), square+mean*mean
	}
	for k := range out {
		out[k] /= float32(math.Sqrt(square))
	}
	return out
}

// TestEmbed holds embeddings to those of the forward pass, and to the same bits alone, in a
// batch, and among others' and generations.
func TestEmbed(t *testing.T) {
	tok := byteTokenizer(t)
	for name, c := range variants() {
		for _, weights := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			m := byteModel(t, c)
			texts := randomTexts(&m.Config)
			p := NewPass(m, tensor.New(1), 1, m.Config.Context, PassOptions{BF16: weights == BF16, Forward: true})
			one := NewScheduler(engineOf(t, m, tensor.New(1), weights), tok, SchedulerOptions{})
			near := []float64{1e-5, 0.05, 0.05, 0.1, 0.7, 0.7}[weights]
			var alone [][]float32
			for i, text := range texts {
				v := embedAll(t, one, [][]uint32{text})[0]
				if d := distance(v, meanHidden(p, text)); d > near || math.IsNaN(d) {
					t.Errorf("%s, %s: text %d differs by %.2g from the forward pass", name, weights, i, d)
				}
				if d := math.Abs(float64(tensor.New(1).Dot(v, v)) - 1); d > 1e-5 {
					t.Errorf("%s, %s: text %d has a length 1 off by %.2g", name, weights, i, d)
				}
				alone = append(alone, v)
			}
			one.Close()
			e := engineOf(t, m, tensor.New(2), weights)
			s := NewScheduler(e, tok, SchedulerOptions{Running: 5, KVBytes: int64(10 * e.kv.blockBytes())})
			var group sync.WaitGroup
			for range 2 {
				group.Go(func() {
					for i, v := range embedAll(t, s, texts) {
						if !slices.Equal(v, alone[i]) {
							t.Errorf("%s, %s: text %d has other bits in company", name, weights, i)
						}
					}
				})
			}
			for _, r := range someRequests(6) {
				g, err := s.Submit(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				group.Go(func() { g.Result() })
			}
			group.Wait()
			s.Close()
			if st := s.Stats(); st.Cancelled != 0 || st.KVTokens != 0 || e.kv.blocks > 10 {
				t.Errorf("%s: counts %+v, %d blocks of keys and values, 10 were allowed", name, st, e.kv.blocks)
			}
		}
	}
}

// TestEmbedErrors: what cannot be read is refused before anything is.
func TestEmbedErrors(t *testing.T) {
	m := byteModel(t, variants()["llama"])
	s := NewScheduler(engineOf(t, m, tensor.New(1), F32), nil, SchedulerOptions{})
	long := make([]uint32, m.Config.Context+1)
	for _, tt := range [][][]uint32{nil, {{}}, {{1}, {}}, {{1}, {257}}} {
		if v, err := s.Embed(t.Context(), tt); err == nil {
			t.Errorf("Embed(%v) = %v, want an error", tt, v)
		}
	}
	_, err := s.Embed(t.Context(), [][]uint32{{1}, long})
	if full, ok := errors.AsType[*ContextError](err); !ok || full.Prompt != len(long) || full.Limit != m.Config.Context {
		t.Errorf("a text of %d tokens: %v, want a ContextError", len(long), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Embed(ctx, [][]uint32{{1}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v, want Canceled", err)
	}
	if n := s.Stats().PromptTokens; n != 0 {
		t.Errorf("%d tokens were read", n)
	}
	s.Close()
	if _, err := s.Embed(t.Context(), [][]uint32{{1}}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

// TestEmbedCancel: who leaves gives back what he has, while others go on.
func TestEmbedCancel(t *testing.T) {
	c := variants()["llama"]
	c.Context = 4000
	e := engineOf(t, byteModel(t, c), tensor.New(1), F32)
	s := NewScheduler(e, byteTokenizer(t), SchedulerOptions{})
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := Request{Prompt: []uint32{1}, MaxTokens: 40, Sampling: Sampling{Bias: map[uint32]float64{256: -100}}}
	r.Adjust = func(generated []uint32, _ []float32) { // between steps of the text, which takes eight at least
		st := s.Stats()
		for len(generated) == 0 && st.Waiting+st.Running < 2 {
			runtime.Gosched()
			st = s.Stats()
		}
		if st.Running == 2 {
			cancel()
		}
	}
	g, err := s.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Embed(ctx, [][]uint32{make([]uint32, 4000)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Embed = %v, want Canceled", err)
	}
	if r := g.Result(); r.CompletionTokens != 40 {
		t.Errorf("beside it %d tokens were generated, want 40 (%v)", r.CompletionTokens, r.Err)
	}
	s.Close()
	if st := s.Stats(); st.Cancelled != 1 || st.KVTokens != 0 || len(e.kv.free)+e.kv.idle.Len() != e.kv.blocks {
		t.Errorf("counts %+v and %d of %d blocks, want one cancelled and all given back", st, len(e.kv.free)+e.kv.idle.Len(), e.kv.blocks)
	}
}
