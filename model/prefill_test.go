package model

import (
	"testing"

	"feilun/internal/tensor"
)

// BenchmarkPrefill reads prompts of 128 tokens with the model of feilun bench decode, for
// profiles.
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
	flops, best, peak := (e.Config().FLOPs(128)/3-2*768*4096)*128, 0.0, 0.0
	for b.Loop() {
		peak = max(peak, cpu.Peak(true, 3))
		best = max(best, 1/tensor.Seconds(1, func() {
			if _, err := e.Step([]Extension{{Sequence: e.NewSequence(), Tokens: make([]uint32, 128)}}); err != nil {
				b.Fatal(err)
			}
		}))
	}
	b.ReportMetric(flops*best/peak, "of-peak")
}
