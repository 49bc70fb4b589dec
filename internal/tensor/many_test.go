package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMatVecsTurns: so many vectors that they go through the weights in several turns give
// the bits of each alone.
func TestMatVecsTurns(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for _, kind := range allWeights {
		rows, cols, n := 16*5+3, 2048+32, 131
		c, x := New(2), random(rng, n*cols)
		m, err := c.Quantize(kind, random(rng, rows*cols), rows, cols)
		if err != nil {
			t.Fatal(err)
		}
		got, one := make([]float32, n*rows), make([]float32, rows)
		c.MatVecs(got, m, x, n)
		for j := range n {
			if c.MatVec(one, m, x[j*cols:][:cols]); !slices.Equal(one, got[j*rows:][:rows]) {
				t.Fatalf("%s: vector %d of %d alone gives other bits", kind, j, n)
			}
		}
	}
}
