package tensor

import (
	"math/rand/v2"
	"testing"
)

// TestParts: parts cover all rows, none is larger than a slab, each worker has as many, and they
// differ by a tile at most.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 31))
	for _, level := range levels() {
		for range 200 {
			workers, m := 1+rng.IntN(9), 1+rng.IntN(3000)
			c := NewLevel(level, workers)
			var b Panels
			c.Pack(&b, Matrix(make([]float32, 16*16), 16), 16, 16, rng.IntN(2) == 0)
			x := c.product(make([]float32, 16*m), 16, Matrix(make([]float32, 16*m), 16), &b, m, false)
			n, nth := x.parts(m, 1)
			end, least, most := 0, m, 0
			for i := range n {
				p := nth(i)
				if p.m0 != end || p.m <= 0 || p.m > x.per {
					t.Fatalf("%s, %d rows, %d workers: part %d has rows %d to %d, the one before ends at %d, a slab has %d", level, m, workers, i, p.m0, p.m0+p.m, end, x.per)
				}
				end = p.m0 + p.m
				if i < n-1 || m%x.tile == 0 {
					least, most = min(least, p.m), max(most, p.m)
				}
			}
			tiles := (m + x.tile - 1) / x.tile
			if end != m || nth(n).m != 0 || n%workers != 0 && n != tiles || most-least > x.tile {
				t.Fatalf("%s, %d rows, %d workers: %d parts of %d to %d rows, to row %d", level, m, workers, n, least, most, end)
			}
		}
	}
}
