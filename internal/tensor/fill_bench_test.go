package tensor

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkFill rounds and lays out a matrix, in weights a second.
func BenchmarkFill(b *testing.B) {
	const rows, cols = 4096, 768
	rng := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = float32(rng.NormFloat64())
	}
	for _, kind := range []Weights{WeightsBF16, WeightsInt8, WeightsInt4} {
		b.Run(kind.String(), func(b *testing.B) {
			c, m := New(1), NewQuantMatrix(kind, rows, cols)
			for b.Loop() {
				if err := c.Fill(m, w); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*cols)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mweights/s")
		})
	}
}
