package model

import (
	"fmt"
	"sort"
	"testing"

	"feilun/internal/tensor"
)

func BenchmarkPrefillLong(b *testing.B) {
	m, err := New(Config{Arch: Llama, Vocab: 4096, Width: 768, Layers: 6, Heads: 12, KVHeads: 12, HeadDim: 64, Hidden: 2048, Context: 4096, Eps: 1e-5, Theta: 10_000, Tied: true})
	if err != nil {
		b.Fatal(err)
	}
	for i := range m.W {
		m.W[i] = float32(i%61-30) / 2000
	}
	cpu := tensor.New(1)
	e, err := NewEngine(m, cpu, EngineOptions{Weights: BF16})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{64, 128, 512, 2048} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			// FLOPs counts attention whole over n tokens, which causality halves
			flops, peak := (e.Config().FLOPs(n)/3-2*768*4096)*float64(n), 0.0
			var all []float64
			for b.Loop() {
				peak = max(peak, cpu.Peak(true, 3))
				s := e.NewSequence()
				all = append(all, 1/tensor.Seconds(1, func() {
					for at := 0; at < n; at += 512 {
						if _, err := e.Step([]Extension{{Sequence: s, Tokens: make([]uint32, min(512, n-at))}}); err != nil {
							b.Fatal(err)
						}
					}
				}))
				e.kv.release(s, 0)
			}
			sort.Float64s(all)
			b.ReportMetric(flops*all[len(all)-1]/peak, "best")
			b.ReportMetric(flops*all[len(all)/2]/peak, "median")
		})
	}
}
