package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestVectorBounds holds that no loop writes behind the end of its slices.
func TestVectorBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const guard = 20
	for _, level := range levels() {
		c := NewLevel(level, 1)
		for n := range 50 {
			var all, before [5][]float32
			var x [5][]float32
			for i := range all {
				all[i] = random(rng, n+guard)
				before[i] = slices.Clone(all[i])
				x[i] = all[i][:n:n]
			}
			c.Axpy(x[0], 2, x[1])
			c.Add(x[0], x[1])
			c.Scale(x[2], 0.5)
			c.MulScale(x[0], x[1], x[2], 0.5)
			c.MulAdd(x[0], x[1], x[2], 0.5)
			c.SoftmaxBack(x[0], x[1], 0.1)
			c.Turn(x[0], x[1], x[2], x[3], 1, -1)
			c.Dot(x[0], x[1])
			c.Max(x[0])
			c.SiluMul(x[0], x[1], x[2])
			c.SiluMulBack(x[0], x[1], x[2], x[3], x[4])
			c.ExpSum(x[4], 1)
			c.AdamW(x[0], x[1], x[2], x[4], AdamParams{Rate: 0.1, Beta1: 0.9, Beta2: 0.9, Eps: 1e-8, Step: 1})
			for i := range all {
				if !slices.Equal(all[i][n:], before[i][n:]) {
					t.Fatalf("%s: vectors of %d: the numbers behind slice %d changed", level, n, i)
				}
			}
		}
	}
}

// TestExpRange compares exponentials with those in float64 over all that do not leave
// float32, and holds what is beyond to the ends. Rounding x·log2(e) costs up to
// |x|·2⁻²⁴, rounding log2(e) a quarter of that.
func TestExpRange(t *testing.T) {
	for _, level := range levels() {
		c := NewLevel(level, 1)
		var x []float32
		for v := -87.0; v <= 88; v += 0.0137 {
			x = append(x, float32(v))
		}
		got := slices.Clone(x)
		c.ExpSum(got, 0)
		for i, v := range x {
			if want := math.Exp(float64(v)); math.Abs(float64(got[i])-want) > (3e-7+math.Abs(float64(v))*1.25*0x1p-24)*want {
				t.Fatalf("%s: e^%v is %v, want %v", level, v, got[i], want)
			}
		}
		for n := 1; n <= 40; n++ { // what is no number stays none, wherever it stands
			x := make([]float32, n)
			x[n/2] = float32(math.NaN())
			if sum := c.ExpSum(x, 0); sum == sum || x[n/2] == x[n/2] {
				t.Errorf("%s: %d numbers with one that is none: %v, sum %v", level, n, x, sum)
			}
		}
		low, high := []float32{-87, -100, -1e30, float32(math.Inf(-1))}, []float32{88, 90, 1e30, float32(math.Inf(1))}
		for _, ends := range [][]float32{low, high} {
			c.ExpSum(ends, 0)
			for _, v := range ends {
				if v != ends[0] || v == 0 || math.IsInf(float64(v), 0) {
					t.Errorf("%s: beyond an end: %v", level, ends)
				}
			}
		}
	}
}

// BenchmarkVectors tells how many elements a nanosecond each level's loops go through, of
// vectors in the first-level cache.
func BenchmarkVectors(b *testing.B) {
	rng := rand.New(rand.NewPCG(12, 12))
	const n = 1024
	x, y, w, z, v := random(rng, n), random(rng, n), random(rng, n), random(rng, n), Floats(n)
	for _, level := range levels() {
		c := NewLevel(level, 1)
		for _, f := range []struct {
			name string
			f    func()
		}{
			{"axpy", func() { c.Axpy(y, 1e-9, x) }},
			{"dot", func() { c.Dot(x, y) }},
			{"max", func() { c.Max(x) }},
			{"expSum", func() { copy(v, x); c.ExpSum(v, 0) }},
			{"siluMul", func() { c.SiluMul(v, x, w) }},
			{"siluMulBack", func() { c.SiluMulBack(v, z, x, w, y) }},
			{"turn", func() { c.Turn(z, v, x, y, 1e-9, 1) }},
			{"adamW", func() { c.AdamW(z, x, w, v, AdamParams{Rate: 1e-9, Beta1: 0.9, Beta2: 0.9, Eps: 1, Step: 1}) }},
		} {
			clear(v)
			b.Run(level.String()+"/"+f.name, func(b *testing.B) {
				for b.Loop() {
					f.f()
				}
				b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
