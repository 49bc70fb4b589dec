package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// TestGreedy holds greedy generation in float32 to transformers'.
func TestGreedy(t *testing.T) {
	goldens(t, func(t *testing.T, dir string, want *expected) {
		e, err := OpenEngine(dir, tensor.New(2), EngineOptions{})
		if err != nil {
			t.Fatal(err)
		}
		streams, err := e.Generate(t.Context(), nil, []Request{{Prompt: want.Prompt, MaxTokens: len(want.Greedy)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := streams[0]; !slices.Equal(s.Tokens, want.Greedy) || s.Finish != FinishLength {
			t.Errorf("generated %v (%s), want %v", s.Tokens, s.Finish, want.Greedy)
		}
	})
}

// TestNotFinite: weights that are no numbers give an error, not a text of first tokens.
func TestNotFinite(t *testing.T) {
	for _, temperature := range []float64{0, 1} {
		m := randomModel(t, variants()["qwen3"], rand.New(rand.NewPCG(1, 1)))
		for i := range m.W {
			m.W[i] = float32(math.NaN())
		}
		streams, err := engineOf(t, m, tensor.New(1), F32).Generate(t.Context(), nil, []Request{{Prompt: []uint32{1}, MaxTokens: 3, Sampling: Sampling{Temperature: temperature}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := streams[0]; s.Err != errNotFinite || s.Finish != FinishCancelled || len(s.Tokens) != 0 {
			t.Errorf("temperature %v: %v, %v (%s)", temperature, s.Err, s.Tokens, s.Finish)
		}
	}
}

func engineOf(t testing.TB, m *Model, cpu *tensor.CPU, w Weights) *Engine {
	t.Helper()
	e, err := NewEngine(m, cpu, EngineOptions{Weights: w})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestStep holds the engine's logits to those of the forward pass, however the tokens are
// divided into steps, and to the same bits whoever else is in the batch.
func TestStep(t *testing.T) {
	for name, c := range variants() {
		for _, weights := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			rng := rand.New(rand.NewPCG(8, 8))
			m := randomModel(t, c, rng)
			const n = 140
			b := randomBatch(c, 1, n, rng)
			b.Starts = nil
			var last []float32
			if err := NewPass(m, tensor.New(1), 1, n, PassOptions{BF16: weights == BF16, Forward: true}).Logits(b, func(i int, x []float32) { last = slices.Clone(x) }); err != nil {
				t.Fatal(err)
			}
			e := engineOf(t, m, tensor.New(2), weights)
			step := func(all ...Extension) [][]float32 {
				out, err := e.Step(all)
				if err != nil {
					t.Fatal(err)
				}
				for i := range out {
					out[i] = slices.Clone(out[i])
				}
				return out
			}
			near := []float64{1e-5, 0.05, 0.05, 0.1, 0.7, 0.7}[weights] // rounding of weights, as far as random ones show it
			one, two, alone := e.NewSequence(), e.NewSequence(), e.NewSequence()
			step(Extension{Sequence: one, Tokens: b.Tokens[:100]})
			step(Extension{Sequence: alone, Tokens: b.Tokens[:100]})
			for i := 100; i < n-5; i++ {
				step(Extension{Sequence: one, Tokens: b.Tokens[i : i+1]}, Extension{Sequence: two, Tokens: b.Tokens[i-90 : i-87]})
				step(Extension{Sequence: alone, Tokens: b.Tokens[i : i+1]})
			}
			fork := alone.Fork()
			got := step(Extension{Sequence: two, Tokens: b.Tokens[:40]}, Extension{Sequence: one, Tokens: b.Tokens[n-5:]})[1]
			if d := distance(got, last); d > near {
				t.Errorf("%s, %s: logits differ by %.2g", name, weights, d)
			}
			if !slices.Equal(step(Extension{Sequence: alone, Tokens: b.Tokens[n-5:]})[0], got) {
				t.Errorf("%s, %s: other bits in company", name, weights)
			}
			fork.Truncate(90)
			step(Extension{Sequence: fork, Tokens: b.Tokens[90 : n-1]})
			if d := distance(step(Extension{Sequence: fork, Tokens: b.Tokens[n-1:]})[0], last); d > near {
				t.Errorf("%s, %s: logits differ by %.2g after going back", name, weights, d)
			}
		}
	}
}

// TestSettle: a stream never splits a character and never shows the beginning of a stop
// string.
func TestSettle(t *testing.T) {
	for _, tt := range []struct {
		stop       []string
		pieces     []string
		seen       []string // after each piece
		met, whole string
	}{
		{nil, []string{"\xe4", "\xbd", "\xa0!", "\xff"}, []string{"", "", "你!", "你!\ufffd"}, "", "你!\ufffd"},
		{[]string{"END"}, []string{"a", "E", "N", "x", "EN", "D y"}, []string{"a", "a", "a", "aENx", "aENx", "aENx"}, "END", "aENx"},
		{[]string{"。\n", "。。"}, []string{"好", "。", "吗", "。", "\n"}, []string{"好", "好", "好。吗", "好。吗", "好。吗"}, "。\n", "好。吗"},
		{[]string{"bc", "b"}, []string{"abc"}, []string{"a"}, "bc", "a"},
	} {
		s := &spelling{stop: tt.stop}
		met := ""
		for i, p := range tt.pieces {
			if met == "" {
				s.raw = append(s.raw, p...)
				if s.settle() {
					met = s.end()
				}
			}
			if s.Text() != tt.seen[i] {
				t.Errorf("%q: text %q after %d pieces, want %q", tt.pieces, s.Text(), i+1, tt.seen[i])
			}
		}
		if met != tt.met || s.Text() != tt.whole {
			t.Errorf("%q: %q ended by %q, want %q by %q", tt.pieces, s.Text(), met, tt.whole, tt.met)
		}
	}
}

// TestValid compares with what Python's bytes.decode("utf-8", "replace") gives.
func TestValid(t *testing.T) {
	for _, tt := range [][2]string{
		{"好", "好"}, {"\xff\xfe", "\ufffd\ufffd"}, {"\xe4\xbd", "\ufffd"}, {"\xe4\xbdx", "\ufffdx"}, {"\xe4\xe4\xbd\xa0", "\ufffd你"},
		{"\xf0\x9f\x8ea\x80\x80", "\ufffda\ufffd\ufffd"}, {"\xe0\x80\x80", "\ufffd\ufffd\ufffd"}, {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
	} {
		if got := valid([]byte(tt[0])); got != tt[1] {
			t.Errorf("valid(%q) = %q, want %q", tt[0], got, tt[1])
		}
	}
}
