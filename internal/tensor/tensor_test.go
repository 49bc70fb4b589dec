package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/quant"
)

func levels() []Level {
	var all []Level
	for l := Generic; l <= Best(); l++ {
		if Has(l) {
			all = append(all, l)
		}
	}
	return all
}

func random(rng *rand.Rand, n int) []float32 {
	x := Floats(n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func rounded(x []float32) []float32 {
	y := slices.Clone(x)
	for i, v := range y {
		y[i] = quant.FromBF16(BF16(v))
	}
	return y
}

// TestMatMul compares every level with a sum in float64, over random shapes and
// ways the matrices lie in memory.
func TestMatMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, level := range levels() {
		for n := range 120 {
			c := NewLevel(level, 1+n%3)
			m, n, k := 1+rng.IntN(70), 1+rng.IntN(90), 1+rng.IntN(120)
			if rng.IntN(3) == 0 {
				m = 1 + rng.IntN(10)
			}
			switch rng.IntN(6) {
			case 0:
				k = 500 + rng.IntN(600)
			case 1:
				m = 150 + rng.IntN(300)
			}
			bf16, add, pad := rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(5)
			av, bv := Matrix(random(rng, m*(k+pad)), k+pad), Matrix(random(rng, k*(n+pad)), n+pad)
			if rng.IntN(2) == 0 {
				av = Matrix(random(rng, k*(m+pad)), m+pad).T()
			}
			if rng.IntN(2) == 0 {
				bv = Matrix(random(rng, n*(k+pad)), k+pad).T()
			}
			dst := random(rng, m*(n+pad))
			want := plainProduct(dst, n+pad, av, bv, m, n, k, bf16, add)
			var p Panels
			c.Pack(&p, bv, k, n, bf16)
			c.MatMul(dst, n+pad, av, &p, m, add)
			what := fmt.Sprintf("%s: %d x %d x %d, bf16 %v, add %v, views %v %v", level, m, n, k, bf16, add, av.Row == 1, bv.Row == 1)
			compare(t, what, dst, want, 1e-5*math.Sqrt(float64(k)))
		}
	}
}

func plainProduct(dst []float32, ldc int, a, b View, m, n, k int, bf16, add bool) []float32 {
	want := slices.Clone(dst)
	if bf16 {
		a.Data, b.Data = rounded(a.Data), rounded(b.Data)
	}
	for i := range m {
		for j := range n {
			s := 0.0
			for x := range k {
				s += float64(a.Data[i*a.Row+x*a.Col]) * float64(b.Data[x*b.Row+j*b.Col])
			}
			if add {
				s += float64(dst[i*ldc+j])
			}
			want[i*ldc+j] = float32(s)
		}
	}
	return want
}

func compare(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestMatMulWorkers holds the same product to the same bits for any number of
// workers.
func TestMatMulWorkers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, level := range levels() {
		m, n, k := 333, 130, 700
		a, b := random(rng, m*k), random(rng, n*k)
		var want []float32
		for _, workers := range []int{1, 2, 3, 8} {
			c := NewLevel(level, workers)
			var p Panels
			c.Pack(&p, Matrix(b, k).T(), k, n, level >= AVX512BF16)
			got := Floats(m * n)
			c.MatMul(got, n, Matrix(a, k), &p, m, false)
			if want == nil {
				want = got
			} else if !slices.Equal(got, want) {
				t.Errorf("%s: %d workers give other bits", level, workers)
			}
		}
	}
}

// TestVectors compares the levels with plain arithmetic, for lengths with and
// without a rest.
func TestVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, level := range levels() {
		c := NewLevel(level, 1)
		for n := range 70 {
			x, y, w, z := random(rng, n), random(rng, n), random(rng, n), random(rng, n)
			a := float32(rng.NormFloat64())
			each := func(f func(i int) float64) []float32 {
				out := make([]float32, n)
				for i := range out {
					out[i] = float32(f(i))
				}
				return out
			}
			f := func(x []float32, i int) float64 { return float64(x[i]) }
			s := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
			check := func(what string, got, want []float32) {
				t.Helper()
				compare(t, fmt.Sprintf("%s: %s of %d", level, what, n), got, want, 2e-6)
			}
			got := slices.Clone(y)
			c.Axpy(got, a, x)
			check("Axpy", got, each(func(i int) float64 { return f(y, i) + float64(a)*f(x, i) }))
			got = slices.Clone(y)
			c.Add(got, x)
			check("Add", got, each(func(i int) float64 { return f(y, i) + f(x, i) }))
			got = slices.Clone(y)
			c.MulAdd(got, x, w, a)
			check("MulAdd", got, each(func(i int) float64 { return f(y, i) + f(x, i)*f(w, i)*float64(a) }))
			got = slices.Clone(y)
			c.SoftmaxBack(got, x, a)
			check("SoftmaxBack", got, each(func(i int) float64 { return f(x, i) * (f(y, i) - float64(a)) }))
			got, other := slices.Clone(x), slices.Clone(y)
			c.Turn(got, other, w, z, a, -1)
			check("Turn x", got, each(func(i int) float64 { return float64(a) * (f(x, i)*f(w, i) + f(y, i)*f(z, i)) }))
			check("Turn y", other, each(func(i int) float64 { return float64(a) * (f(y, i)*f(w, i) - f(x, i)*f(z, i)) }))
			got = slices.Clone(y)
			c.Scale(got, a)
			check("Scale", got, each(func(i int) float64 { return f(y, i) * float64(a) }))
			c.MulScale(got, x, w, a)
			check("MulScale", got, each(func(i int) float64 { return f(x, i) * f(w, i) * float64(a) }))
			c.SiluMul(got, x, w)
			check("SiluMul", got, each(func(i int) float64 { return f(x, i) * s(f(x, i)) * f(w, i) }))
			da, db := slices.Clone(x), slices.Clone(w)
			c.SiluMulBack(da, db, da, db, z)
			check("SiluMulBack a", da, each(func(i int) float64 { s := s(f(x, i)); return s * (1 + f(x, i)*(1-s)) * f(w, i) * f(z, i) }))
			check("SiluMulBack b", db, each(func(i int) float64 { return f(x, i) * s(f(x, i)) * f(z, i) }))
			sum, big := 0.0, math.Inf(-1)
			for i := range n {
				sum += f(x, i) * f(y, i)
				big = max(big, f(x, i))
			}
			check("Dot and Max", append([]float32{c.Dot(x, y)}, each(func(int) float64 { return 0 })...)[:1], []float32{float32(sum)})
			if m := c.Max(x); float64(m) != big {
				t.Errorf("%s: Max of %d is %v, want %v", level, n, m, big)
			}
			if n > 0 {
				checkSoftmax(t, c, x)
			}
		}
	}
}

func checkSoftmax(t *testing.T, c *CPU, x []float32) {
	t.Helper()
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v))
	}
	got := slices.Clone(x)
	log := c.Softmax(got)
	want := make([]float32, len(x))
	for i, v := range x {
		want[i] = float32(math.Exp(float64(v)) / sum)
	}
	compare(t, c.level.String()+": Softmax", append(got, log), append(want, float32(math.Log(sum))), 2e-6)
}

func TestAdamW(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, level := range levels() {
		c := NewLevel(level, 1)
		p, m, v := random(rng, 37), Floats(37), Floats(37)
		q := make([]float64, 37)
		qm, qv := make([]float64, 37), make([]float64, 37)
		for i, x := range p {
			q[i] = float64(x)
		}
		for step := 1; step <= 20; step++ {
			g := random(rng, 37)
			c.AdamW(p, g, m, v, AdamParams{Rate: 0.01, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Decay: 0.1, Scale: 0.5, Step: step})
			for i, x := range g {
				x := float64(x)
				qm[i] = 0.9*qm[i] + 0.1*x
				qv[i] = 0.95*qv[i] + 0.05*x*x
				hat := qm[i] / (1 - math.Pow(0.9, float64(step)))
				q[i] = q[i]*(1-0.01*0.1) - 0.01*hat/(math.Sqrt(qv[i]/(1-math.Pow(0.95, float64(step))))+1e-8)
			}
		}
		want := make([]float32, len(q))
		for i, x := range q {
			want[i] = float32(x)
		}
		compare(t, level.String()+": AdamW", p, want, 1e-5)
	}
}

func TestBF16(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	x := random(rng, 1000)
	x = append(x, 0, float32(math.Copysign(0, -1)), 1, -1, 1.00390625, 1.01171875, math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), 1e-40, 1.1754944e-38)
	for range 500 {
		x = append(x, math.Float32frombits(rng.Uint32()&0xff7fffff))
	}
	for b := range 1 << 16 { // every bfloat16, and the middle to the next
		v := math.Float32bits(quant.FromBF16(uint16(b)))
		x = append(x, math.Float32frombits(v), math.Float32frombits(v|0x8000))
	}
	for _, level := range levels() {
		got := make([]uint16, len(x))
		NewLevel(level, 1).ToBF16(got, x)
		for i, v := range x {
			if got[i] != BF16(v) {
				t.Errorf("%s: ToBF16(%v) = %04x, want %04x", level, v, got[i], BF16(v))
			}
			if d := math.Abs(float64(quant.FromBF16(got[i]) - v)); math.Abs(float64(v)) > 1e-30 && math.Abs(float64(v)) < 1e38 && d > math.Abs(float64(v))/256 {
				t.Errorf("BF16(%v) = %v", v, quant.FromBF16(got[i]))
			}
		}
	}
}

// BenchmarkMatMul tells the share of the peak loop of the same run.
func BenchmarkMatMul(b *testing.B) {
	for _, bf16 := range []bool{false, true} {
		for _, s := range [][2]int{{384, 384}, {384, 1536}, {1536, 384}, {768, 3072}} {
			m, k, n := 4096, s[0], s[1]
			b.Run(fmt.Sprintf("bf16=%v/%dx%d", bf16, k, n), func(b *testing.B) {
				c := New(1)
				if bf16 && !c.BF16() {
					b.Skip("no bfloat16 here")
				}
				rng := rand.New(rand.NewPCG(1, 1))
				a, w, out := random(rng, m*k), random(rng, n*k), Floats(m*n)
				var p Panels
				best, peak := 0.0, 0.0
				for b.Loop() {
					best = max(best, 2*float64(m*n*k)/Seconds(1, func() {
						c.Pack(&p, Matrix(w, k).T(), k, n, bf16)
						c.MatMul(out, n, Matrix(a, k), &p, m, false)
					}))
					peak = max(peak, c.peak(bf16, peakTurns))
				}
				b.ReportMetric(best/1e9, "GFLOP/s")
				b.ReportMetric(best/peak, "of-peak")
			})
		}
	}
}
