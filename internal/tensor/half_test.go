package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestHalfProducts: matrices of bfloat16 give the bits that rounding them on the way gives.
func TestHalfProducts(t *testing.T) {
	if Best() < AVX512BF16 {
		t.Skip("no products of bfloat16 here")
	}
	rng := rand.New(rand.NewPCG(31, 1))
	for range 60 {
		m, k, n, pad := 1+rng.IntN(200), 1+rng.IntN(600), 1+rng.IntN(120), rng.IntN(5)
		c := New(1 + rng.IntN(3))
		side := func(rows, cols int) (v, h View) {
			turned := rng.IntN(2) == 0
			if turned {
				rows, cols = cols, rows
			}
			x := random(rng, rows*(cols+pad))
			y := make([]uint16, len(x))
			c.ToBF16(y, x)
			v, h = Matrix(x, cols+pad), Half(y, cols+pad)
			if turned {
				v, h = v.T(), h.T()
			}
			return v, h
		}
		a, ah := side(m, k)
		b, bh := side(k, n)
		var p, ph Panels
		c.Pack(&p, b, k, n, true)
		c.Pack(&ph, bh, k, n, true)
		want, got := make([]float32, m*n), make([]float32, m*n)
		c.MatMul(want, n, a, &p, m, false)
		c.MatMul(got, n, ah, &ph, m, false)
		if !slices.Equal(got, want) {
			t.Fatalf("%d x %d x %d: other numbers", m, k, n)
		}
	}
}

// TestHalfVectors holds the loops that give bfloat16 to their plain twins: at most one
// step of bfloat16 apart.
func TestHalfVectors(t *testing.T) {
	if Best() < AVX512BF16 {
		t.Skip("no bfloat16 here")
	}
	rng := rand.New(rand.NewPCG(32, 1))
	fast, plain := New(1), NewLevel(Generic, 1)
	for n := range 70 {
		x, y, z := random(rng, n), random(rng, n), random(rng, n)
		run := func(c *CPU) [][]uint16 {
			all := make([][]uint16, 5)
			for i := range all {
				all[i] = make([]uint16, n)
			}
			c.ScaleHalf(all[0], x, 0.7)
			c.MulScaleHalf(all[1], x, y, 0.7)
			c.SiluMulHalf(all[2], x, y)
			c.SiluMulBackHalf(all[3], all[4], x, y, z)
			return all
		}
		got, want := run(fast), run(plain)
		for i := range want {
			for j := range n {
				a, b := math.Float32frombits(uint32(got[i][j])<<16), math.Float32frombits(uint32(want[i][j])<<16)
				if d := math.Abs(float64(a - b)); d > math.Abs(float64(b))/120+1e-6 {
					t.Fatalf("loop %d of %d numbers: %v at %d, want %v", i, n, a, j, b)
				}
			}
		}
	}
}

// TestHeads holds norms and rotation of heads to the plain form, there and back.
func TestHeads(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 1))
	for _, half := range []int{3, 16, 32, 48, 64} {
		for n := range 5 {
			x, dy, w := random(rng, n*2*half), random(rng, n*2*half), random(rng, 2*half)
			h := &Heads{W: w, Cos: random(rng, half), Sin: random(rng, half), Eps: 1e-5, Scale: 0.125}
			run := func(c *CPU) (y, dx, dw []float32) {
				y, dx, dw = make([]float32, len(x)), slices.Clone(dy), slices.Clone(w)
				c.Heads(h, y, x)
				c.HeadsBack(h, dx, x, dw)
				return y, dx, dw
			}
			y, dx, dw := run(New(1))
			wy, wx, ww := run(NewLevel(Generic, 1))
			for _, both := range [][2][]float32{{y, wy}, {dx, wx}, {dw, ww}} {
				for i, v := range both[1] {
					if d := math.Abs(float64(both[0][i] - v)); d > 2e-5*(1+math.Abs(float64(v))) {
						t.Fatalf("%d heads of %d: %v at %d, want %v", n, 2*half, both[0][i], i, v)
					}
				}
			}
		}
	}
}
