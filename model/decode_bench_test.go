package model

import (
	"testing"

	"feilun/internal/tensor"
)

// BenchmarkDecode makes tokens with a model of 110 million weights, behind 128 others.
func BenchmarkDecode(b *testing.B) {
	m, err := New(Config{Arch: Llama, Vocab: 32000, Width: 768, Layers: 12, Heads: 12, KVHeads: 12, HeadDim: 64, Hidden: 2048, Context: 1 << 20, Eps: 1e-5, Theta: 10_000, Tied: true})
	if err != nil {
		b.Fatal(err)
	}
	for i := range m.W {
		m.W[i] = float32(i%61-30) / 2000
	}
	for _, w := range []Weights{BF16, Int8, Int4} {
		for _, batch := range []int{1, 8} {
			b.Run(w.String()+map[int]string{1: "", 8: "x8"}[batch], func(b *testing.B) {
				e := engineOf(b, m, tensor.New(1), w)
				all := make([]Extension, batch)
				for i := range all {
					all[i] = Extension{Sequence: e.NewSequence(), Tokens: make([]uint32, 128)}
				}
				step := func() {
					if _, err := e.Step(all); err != nil {
						b.Fatal(err)
					}
					for i := range all {
						if s := all[i].Sequence; s.Len() >= 192 {
							s.Truncate(129) // the third block stays
						}
						all[i].Tokens = []uint32{1}
					}
				}
				step()
				b.SetBytes(int64(e.Bytes()))
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}
