package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPairEdges: the kernels of pairs that this processor's vendor does not use touch nothing
// beside weights, vector and product either.
func TestPairEdges(t *testing.T) {
	if !Best().vnni() {
		t.Skip("no products of bytes")
	}
	rng := rand.New(rand.NewPCG(24, 24))
	for kind, kernels := range map[Weights][]decodeKernel{
		WeightsF16:  {decodeF16Pair, decodeF16PairZen4},
		WeightsInt8: {decodeInt8Pair, decodeInt8PairIntel},
		WeightsInt4: {decodeInt4Pair, decodeInt4PairIntel},
		WeightsQ4K:  {decodeQ4KPair, decodeQ4KPairIntel},
	} {
		for groups := 1; groups < 12; groups++ {
			rows, cols := 2*tileRows, groups*groupCols
			m := QuantMatrixIn(kind, rows, cols, bytesOf(guarded(t, kind.Bytes(rows, cols)/4)))
			clear(m.data)
			c := New(1)
			if err := c.Fill(&m, random(rng, rows*cols)); err != nil {
				t.Fatal(err)
			}
			c.vector = guarded(t, groups*vectorBytes/4)
			x, want := random(rng, cols), make([]float32, rows)
			v := c.vectors(&m, x, 1, false)
			c.MatVec(want, &m, x)
			for _, f := range kernels {
				y := guarded(t, rows)
				f(groups, pointer(&m.data[0]), v.data, v.each, pointer(&y[0]), 0)
				if !slices.Equal(y, want) {
					t.Errorf("%s, %d groups: other products than those of MatVec", kind, groups)
				}
			}
		}
	}
}
