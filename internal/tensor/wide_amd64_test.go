package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWide compares products with panels of 48 columns and of 32, bit by bit.
func TestWide(t *testing.T) {
	if Best() < AVX512 {
		t.Skip("no kernels of 48 columns")
	}
	defer func(was bool) { intel = was }(intel)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		m, k, n := 1+rng.IntN(200), MaxStretch+1+rng.IntN(500), wideCols*(1+rng.IntN(9))-rng.IntN(2)
		a, b, start := random(rng, m*k), random(rng, k*n), random(rng, m*n)
		for _, v := range []View{Matrix(a, k), Matrix(a, m).T()} {
			c := NewLevel(AVX512, 1+rng.IntN(2))
			var all [2][]float32
			for i := range all {
				intel = i == 1
				var p Panels
				c.Pack(&p, Matrix(b, n), k, n, false)
				all[i] = slices.Clone(start)
				c.MatMul(all[i], n, v, &p, m, k%2 == 0)
				if wide := (n+wideCols-1)/wideCols*wideCols*100 <= 103*((n+maxCols-1)/maxCols*maxCols); (p.cols == wideCols) != (wide && intel) {
					t.Fatalf("%d columns: panels of %d", n, p.cols)
				}
			}
			if !slices.Equal(all[0], all[1]) {
				t.Fatalf("%d x %d x %d, A's columns %d apart, %d workers: the products differ", m, k, n, v.Col, c.Workers())
			}
		}
	}
}
