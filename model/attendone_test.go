package model

import (
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// TestAttendOnes: tokens that come one by one, of several sequences in a step, get the bits of
// the same text read as one prompt, for heads that the kernels of one token take.
func TestAttendOnes(t *testing.T) {
	if !tensor.New(1).Attends(64) {
		t.Skip("no kernels of bfloat16")
	}
	rng := rand.New(rand.NewPCG(7, 7))
	groups := []int{1, 2, 3, 4, 5, 8, 9} // queries that share keys
	for _, window := range []int{0, 1, 64, 70} {
		for _, workers := range []int{1, 3} {
			group := groups[0]
			groups = append(groups[1:], group)
			c := Config{Arch: Mistral, Vocab: 50, Width: 64, Layers: 2, Heads: 2 * group, KVHeads: 2, HeadDim: 64, Hidden: 32, Context: 400, Eps: 1e-5, Theta: 100, Window: window}
			if workers > 1 {
				c.HeadDim = 128
			}
			e, err := NewEngine(randomModel(t, c, rng), tensor.New(workers), EngineOptions{Weights: BF16})
			if err != nil {
				t.Fatal(err)
			}
			texts, all := make([][]uint32, 3), make([]Extension, 3)
			got := make([][][]float32, 3)
			for i := range texts {
				for range 150 {
					texts[i] = append(texts[i], uint32(rng.IntN(c.Vocab)))
				}
				all[i] = Extension{Sequence: e.NewSequence(), Tokens: texts[i][:10*i+1]}
			}
			for n := 0; n < 120; n++ {
				logits, err := e.Step(all)
				if err != nil {
					t.Fatal(err)
				}
				for i := range all {
					got[i] = append(got[i], slices.Clone(logits[i]))
					all[i].Tokens = texts[i][10*i+1+n:][:1]
				}
			}
			for i, text := range texts {
				e.Logits(e.NewSequence(), text[:10*i+120], func(at int, want []float32) {
					if n := at - 10*i; n >= 0 && !slices.Equal(want, got[i][n]) {
						t.Fatalf("window %d, %d workers, %d queries a head of keys, sequence %d: token %d gets other logits alone than in a prompt", window, workers, group, i, at)
					}
				})
			}
		}
	}
}
