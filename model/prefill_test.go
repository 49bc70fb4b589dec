package model

import (
	"fmt"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// BenchmarkPrefill reads prompts with the model of feilun bench decode, half as deep, for
// profiles. Attention counts as far as each token sees.
func BenchmarkPrefill(b *testing.B) {
	m, err := New(Config{Arch: Llama, Vocab: 4096, Width: 768, Layers: 6, Heads: 12, KVHeads: 12, HeadDim: 64, Hidden: 2048, Context: 4096, Eps: 1e-5, Theta: 10_000, Tied: true})
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	cpu := tensor.New(1)
	e, err := NewEngine(m, cpu, EngineOptions{Weights: BF16})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{64, 128, 512, 2048} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			flops, peak := (e.Config().FLOPs(n/2)/3-2*768*4096)*float64(n), 0.0
			var speeds []float64
			for b.Loop() {
				peak = max(peak, cpu.Peak(true, 3))
				speeds = append(speeds, flops/tensor.Seconds(1, func() { prefill(b, e, n) }))
			}
			slices.Sort(speeds)
			b.ReportMetric(speeds[len(speeds)-1]/peak, "of-peak")
			b.ReportMetric(speeds[len(speeds)/2]/peak, "median")
		})
	}
}

// prefill reads n tokens, as many a step as a scheduler's.
func prefill(b *testing.B, e *Engine, n int) {
	s := e.NewSequence()
	for at := 0; at < n; at += stepTokens {
		if _, err := e.Step([]Extension{{Sequence: s, Tokens: make([]uint32, min(stepTokens, n-at))}}); err != nil {
			b.Fatal(err)
		}
	}
	e.kv.release(s, 0)
}
