package model

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"feilun/internal/constrain"
	"feilun/internal/tensor"
)

// TestGrammar: a model of random weights writes JSON when it must, however few tokens it
// has, greedily or by chance, beside others that write freely.
func TestGrammar(t *testing.T) {
	schema, err := constrain.Schema([]byte(`{"type":"object","properties":{"你":{"type":"integer"},"s":{"type":"string"}},"required":["你"],"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	list, err := constrain.Parse(`root ::= "x" ("," "x")*`)
	if err != nil {
		t.Fatal(err)
	}
	tok := byteTokenizer(t)
	c := variants()["qwen3"]
	m := byteModel(t, c)
	alone := engineOf(t, m, tensor.New(1), BF16)
	s := NewScheduler(engineOf(t, m, tensor.New(2), BF16), tok, SchedulerOptions{})
	defer s.Close()
	for i := range 60 {
		r := someRequests(4)[i%4]
		r.Prompt, r.Stop, r.StopTokens, r.Bias, r.MaxTokens, r.Seed = r.Prompt[:1], nil, nil, nil, 10+i, uint64(i)
		r.Grammar = []*constrain.Grammar{constrain.JSON(), schema, list}[i%3]
		if i >= 30 {
			r.Bias = map[uint32]float64{256: math.Inf(-1)} // the end is out of reach
		}
		want, err := alone1(t.Context(), alone, tok, r)
		if err != nil {
			t.Fatal(err)
		}
		if r.Bias != nil && i%3 == 2 && want.Err != nil {
			continue // after the last x the end alone was left
		}
		g, err := s.Submit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		checkStream(t, "grammar", g, &r, want)
		if i%3 < 2 && !json.Valid([]byte(want.Text())) || i%3 == 2 && len(want.Text())%2 != 1 {
			t.Errorf("request %d of %d tokens wrote %q (%s)", i, r.MaxTokens, want.Text(), want.Finish)
		}
	}
	x, _ := tok.ID("x")
	r := Request{Prompt: []uint32{1}, Grammar: list, Sampling: Sampling{Bias: map[uint32]float64{x: math.Inf(-1)}}}
	g, err := s.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Result(); got.Finish != FinishCancelled || !errors.Is(got.Err, errForbidden) {
		t.Errorf("the only way is forbidden: %q, %v", got.Finish, got.Err)
	}
	if _, err := alone.Start(nil, r); err == nil {
		t.Error("a grammar without a tokenizer was no error")
	}
}
