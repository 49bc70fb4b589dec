package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"feilun/internal/bpe"
	"feilun/internal/tensor"
)

// byteTokenizer has a token for every byte and one that ends texts.
func byteTokenizer(t testing.TB) *bpe.Tokenizer {
	c := bpe.NewCounter(bpe.GPT2, false)
	c.Add([]byte("ab"))
	tok, _, err := bpe.Train(t.Context(), c, 257, []string{"<end>"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// byteModel has random weights and the vocabulary of byteTokenizer.
func byteModel(t testing.TB, c Config) *Model {
	c.Vocab, c.EOS = 257, []int{256}
	return randomModel(t, c, rand.New(rand.NewPCG(3, 3)))
}

// someRequests differ in all that a request can want.
func someRequests(n int) []Request {
	rng := rand.New(rand.NewPCG(1, 2))
	var all []Request
	for i := range n {
		r := Request{Prompt: make([]uint32, 1+rng.IntN(90)), MaxTokens: 1 + rng.IntN(30)}
		for j := range r.Prompt {
			r.Prompt[j] = uint32(rng.IntN(256))
		}
		switch i % 4 {
		case 1:
			r.Sampling = Sampling{Temperature: 1, Seed: uint64(i)}
		case 2:
			r.Sampling = Sampling{Temperature: 0.7, TopK: 20, TopP: 0.9, MinP: 0.01, Penalty: 1.2, Seed: uint64(i)}
		case 3:
			r.Sampling = Sampling{Temperature: 1.5, Frequency: 0.5, Presence: -0.2, Bias: map[uint32]float64{7: 3, 8: -100}, Seed: 5}
			r.LogProbs, r.TopLogProbs, r.PromptLogProbs = true, 3, true
			r.Stop, r.StopTokens = []string{"e", "\xe4\xbd"}, []uint32{65, 66}
		}
		all = append(all, r)
	}
	return all
}

// TestScheduler: requests that come and go at any time get what each gets alone, in the
// same bits.
func TestScheduler(t *testing.T) {
	tok := byteTokenizer(t)
	for name, c := range variants() {
		if testing.Short() && name != "qwen3" && name != "mistral" {
			continue
		}
		for _, weights := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			m := byteModel(t, c)
			requests := someRequests(16)
			alone := engineOf(t, m, tensor.New(1), weights)
			e := engineOf(t, m, tensor.New(2), weights)
			s := NewScheduler(e, tok, SchedulerOptions{Running: 5, KVBytes: int64(10 * e.kv.blockBytes())})
			var group sync.WaitGroup
			for i, r := range requests {
				group.Go(func() {
					want, err := alone1(t.Context(), alone, tok, r)
					if err != nil {
						t.Error(err)
						return
					}
					g, err := s.Submit(t.Context(), r)
					if err != nil {
						t.Error(err)
						return
					}
					checkStream(t, fmt.Sprintf("%s, %s, request %d", name, weights, i), g, &r, want)
				})
			}
			group.Wait()
			s.Close()
			if st := s.Stats(); st.Requests != len(requests) || st.Cancelled != 0 || st.KVTokens != 0 {
				t.Errorf("%s: counts %+v after %d requests", name, st, len(requests))
			}
			if e.kv.blocks > 10 {
				t.Errorf("%s: %d blocks of keys and values, 10 were allowed", name, e.kv.blocks)
			}
		}
	}
}

var aloneLock sync.Mutex

// alone1 runs a request by itself.
func alone1(ctx context.Context, e *Engine, tok *bpe.Tokenizer, r Request) (*Stream, error) {
	aloneLock.Lock()
	defer aloneLock.Unlock()
	streams, err := e.Generate(ctx, tok, []Request{r}, nil)
	if err != nil {
		return nil, err
	}
	return streams[0], nil
}

// checkStream reads a generation and holds it to the stream of the same request.
func checkStream(t *testing.T, name string, g *Generation, r *Request, want *Stream) {
	var text strings.Builder
	var tokens []uint32
	var probs []LogProb
	for p := range g.Pieces() {
		if !utf8.ValidString(p.Text) {
			t.Errorf("%s: a piece %q splits a character", name, p.Text)
		}
		text.WriteString(p.Text)
		tokens, probs = append(tokens, p.Tokens...), append(probs, p.LogProbs...)
	}
	got := g.Result()
	if !slices.Equal(tokens, want.Tokens) || text.String() != want.Text() {
		t.Errorf("%s: pieces %v %q, alone %v %q", name, tokens, text.String(), want.Tokens, want.Text())
	}
	if !slices.Equal(got.Tokens, want.Tokens) || got.Text != want.Text() || got.Finish != want.Finish || got.Stopped != want.Stopped || got.Err != nil {
		t.Errorf("%s: result %+v, alone %v %q", name, got, want.Tokens, want.Finish)
	}
	if got.PromptTokens != len(r.Prompt) || got.CompletionTokens != len(want.Tokens) {
		t.Errorf("%s: %d and %d tokens, want %d and %d", name, got.PromptTokens, got.CompletionTokens, len(r.Prompt), len(want.Tokens))
	}
	if fmt.Sprint(got.PromptLogProbs) != fmt.Sprint(want.PromptLogProbs) || r.PromptLogProbs && len(got.PromptLogProbs) != len(r.Prompt)-1 {
		t.Errorf("%s: log-probabilities of the prompt %v, alone %v", name, got.PromptLogProbs, want.PromptLogProbs)
	}
	if fmt.Sprint(probs) != fmt.Sprint(want.LogProbs) || r.LogProbs && len(probs) != len(tokens) {
		t.Errorf("%s: log-probabilities %v, alone %v", name, probs, want.LogProbs)
	}
}

// TestPromptLogProbs holds log-probabilities of a prompt to what logits say.
func TestPromptLogProbs(t *testing.T) {
	e := engineOf(t, byteModel(t, variants()["qwen2"]), tensor.New(1), Int8)
	prompt := make([]uint32, 150)
	for i := range prompt {
		prompt[i] = uint32(i * 11 % 251)
	}
	s, err := alone1(t.Context(), e, nil, Request{Prompt: prompt, MaxTokens: 1, PromptLogProbs: true, TopLogProbs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.PromptLogProbs) != len(prompt)-1 {
		t.Fatalf("%d log-probabilities for %d tokens", len(s.PromptLogProbs), len(prompt))
	}
	err = e.Logits(e.NewSequence(), prompt, func(i int, x []float32) {
		if i+1 < len(prompt) {
			if want := logProb(x, prompt[i+1], 2); fmt.Sprint(s.PromptLogProbs[i]) != fmt.Sprint(want) {
				t.Errorf("token %d: %v, want %v", i+1, s.PromptLogProbs[i], want)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// never ends before its tokens are used up.
func never(n int) Request {
	return Request{Prompt: []uint32{1, 2, 3}, MaxTokens: n, Sampling: Sampling{Bias: map[uint32]float64{256: -1e9}}}
}

// TestCancel: a cancelled request ends at once, for its reader and for the others.
func TestCancel(t *testing.T) {
	c := variants()["llama"]
	c.Context = 1 << 20
	s := NewScheduler(engineOf(t, byteModel(t, c), tensor.New(2), F32), byteTokenizer(t), SchedulerOptions{Running: 1})
	defer s.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	long, err := s.Submit(ctx, never(1<<19))
	if err != nil {
		t.Fatal(err)
	}
	next, err := s.Submit(t.Context(), never(3))
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := s.Submit(ctx, never(5))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := long.Next(); !ok {
		t.Fatal("the request ended by itself")
	}
	why := errors.New("gone")
	cancel(why)
	for _, g := range []*Generation{long, waiting} {
		if r := g.Result(); r.Finish != FinishCancelled || r.Err != why {
			t.Errorf("cancelled: %q, %v", r.Finish, r.Err)
		}
		if p, ok := g.Next(); ok {
			t.Errorf("a cancelled request yields %+v", p)
		}
	}
	if r := next.Result(); r.Finish != FinishLength || len(r.Tokens) != 3 {
		t.Errorf("the request behind got %v, %q", r.Tokens, r.Finish)
	}
	if _, err := s.Submit(ctx, never(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Submit under a context that has ended: %v", err)
	}
}

// TestWholeBlocks: a prompt that ends where a block does and is known is read from its last
// block on: its last token's logits are needed.
func TestWholeBlocks(t *testing.T) {
	c := variants()["llama"]
	c.Context = 512
	s := NewScheduler(engineOf(t, byteModel(t, c), tensor.New(1), F32), byteTokenizer(t), SchedulerOptions{})
	defer s.Close()
	r := never(5)
	r.Prompt = nil
	for i := range 2 * blockTokens {
		r.Prompt = append(r.Prompt, uint32(i*7%251))
	}
	var first Result
	for i, cached := range []int{0, blockTokens} {
		g, err := s.Submit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		got := g.Result()
		if i == 0 {
			first = got
		}
		if got.CachedTokens != cached || !slices.Equal(got.Tokens, first.Tokens) || len(got.Tokens) != 5 {
			t.Errorf("time %d: %v behind %d tokens that were known, want %v and %d", i, got.Tokens, got.CachedTokens, first.Tokens, cached)
		}
	}
}

// TestLimits: what does not fit is an error, or waits; never is a prompt cut.
func TestLimits(t *testing.T) {
	c := variants()["llama"]
	e := engineOf(t, byteModel(t, c), tensor.New(1), F32)
	s := NewScheduler(e, nil, SchedulerOptions{Running: 1, Queue: 1, KVBytes: int64(2*e.kv.blockBytes() + 100)})
	if s.Context() != 128 {
		t.Errorf("context of %d tokens in memory for 130", s.Context())
	}
	var full *ContextError
	if _, err := s.Submit(t.Context(), Request{Prompt: make([]uint32, 128)}); !errors.As(err, &full) || full.Prompt != 128 || full.Limit != 128 {
		t.Errorf("a prompt of 128 tokens: %v", err)
	}
	for _, r := range []Request{{}, {Prompt: []uint32{257}}, {Prompt: []uint32{1}, Sampling: Sampling{TopP: 2}}, {Prompt: []uint32{1}, Sampling: Sampling{Bias: map[uint32]float64{300: 1}}}} {
		if _, err := s.Submit(t.Context(), r); err == nil {
			t.Errorf("request %+v was taken", r)
		}
	}
	g, err := s.Submit(t.Context(), Request{Prompt: make([]uint32, 127), Sampling: never(0).Sampling})
	if err != nil {
		t.Fatal(err)
	}
	if r := g.Result(); len(r.Tokens) != 1 || r.Finish != FinishLength {
		t.Errorf("one place behind the prompt: %v, %q", r.Tokens, r.Finish)
	}
	busy := 0
	var all []*Generation
	for range 200 {
		g, err := s.Submit(t.Context(), never(100))
		if errors.Is(err, ErrBusy) {
			busy++
		} else if err != nil {
			t.Fatal(err)
		} else {
			all = append(all, g)
		}
	}
	if busy == 0 {
		t.Error("200 requests at once found a place")
	}
	s.Close()
	for _, g := range all {
		if r := g.Result(); r.Finish == FinishCancelled && !errors.Is(r.Err, ErrClosed) {
			t.Errorf("closed: %v", r.Err)
		}
	}
	if _, err := s.Submit(t.Context(), never(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit after Close: %v", err)
	}
}

// TestSlowReader: one that does not read keeps nobody waiting, and gets it all in one.
func TestSlowReader(t *testing.T) {
	s := NewScheduler(engineOf(t, byteModel(t, variants()["gpt2"]), tensor.New(1), F32), byteTokenizer(t), SchedulerOptions{})
	defer s.Close()
	slow, err := s.Submit(t.Context(), never(20))
	if err != nil {
		t.Fatal(err)
	}
	slow.Result()
	if p, ok := slow.Next(); !ok || len(p.Tokens) != 20 || p.Text != slow.Result().Text {
		t.Errorf("got %+v, %v", p, ok)
	}
	if _, ok := slow.Next(); ok {
		t.Error("there was more")
	}
}

// TestAbandoned: many requests cancelled at random times leave nothing behind.
func TestAbandoned(t *testing.T) {
	s := NewScheduler(engineOf(t, byteModel(t, variants()["qwen3"]), tensor.New(2), F32), byteTokenizer(t), SchedulerOptions{Running: 4})
	defer s.Close()
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Millisecond)
			defer cancel()
			if g, err := s.Submit(ctx, never(150)); err == nil {
				g.Result()
			}
		})
	}
	group.Wait()
	g, err := s.Submit(t.Context(), never(2))
	if err != nil {
		t.Fatal(err)
	}
	g.Result()
	if st := s.Stats(); st.Waiting != 0 || st.Running > 1 {
		t.Errorf("left behind: %+v", st)
	}
}

// TestPrefixReuse: a conversation that goes on reads what is new alone, and gets the same
// bits as one that is read from its beginning.
func TestPrefixReuse(t *testing.T) {
	tok := byteTokenizer(t)
	for name, c := range variants() {
		if testing.Short() && name != "qwen3" && name != "mistral" {
			continue
		}
		for _, weights := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			m := byteModel(t, c)
			alone, e := engineOf(t, m, tensor.New(1), weights), engineOf(t, m, tensor.New(2), weights)
			s := NewScheduler(e, tok, SchedulerOptions{KVBytes: int64(5 * e.kv.blockBytes())})
			prompt, cached := someRequests(9)[8].Prompt[:20], 0
			for turn := range 5 {
				r := Request{Prompt: slices.Clone(prompt), MaxTokens: 25, Sampling: Sampling{Temperature: 1, Seed: uint64(turn)}}
				r.LogProbs = true
				want, err := alone1(t.Context(), alone, tok, r)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // another that says the same, and ends the same
					g, err := s.Submit(t.Context(), r)
					if err != nil {
						t.Fatal(err)
					}
					checkStream(t, fmt.Sprintf("%s, %s, turn %d", name, weights, turn), g, &r, want)
					cached += g.Result().CachedTokens
				}
				prompt = append(append(prompt, want.Tokens...), 9, 10, 11)
				if _, err := s.Submit(t.Context(), never(40)); err != nil { // takes part of the room
					t.Fatal(err)
				}
			}
			if cached < 64*3 {
				t.Errorf("%s, %s: %d tokens were there already", name, weights, cached)
			}
			s.Close()
			if e.kv.blocks > 5 {
				t.Errorf("%s, %s: %d blocks of keys and values, 5 were allowed", name, weights, e.kv.blocks)
			}
		}
	}
}

// TestForkTruncate: what forks share is not written over.
func TestForkTruncate(t *testing.T) {
	e := engineOf(t, byteModel(t, variants()["llama"]), tensor.New(1), BF16)
	tokens := make([]uint32, 190)
	for i := range tokens {
		tokens[i] = uint32(i * 7 % 251)
	}
	last := func(s *Sequence, from int) []float32 {
		out, err := e.Step([]Extension{{s, tokens[from:], true}})
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(out[0])
	}
	one := e.NewSequence()
	want := last(one, 0)
	two := one.Fork()
	two.Truncate(10)
	if _, err := e.Step([]Extension{{two, make([]uint32, 170), true}}); err != nil {
		t.Fatal(err)
	}
	one.Truncate(189)
	if !slices.Equal(last(one, 189), want) {
		t.Error("a fork wrote into what it shared")
	}
}
