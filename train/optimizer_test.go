package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"feilun/internal/tensor"
)

// TestOrthogonal checks that singular values come near 1: the product of the
// result with itself has a diagonal near 1 and little beside it.
func TestOrthogonal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][2]int{{24, 24}, {16, 48}, {48, 16}} {
		rows, cols := shape[0], shape[1]
		x := tensor.Floats(rows * cols)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		var m muon
		y := m.orthogonal(tensor.New(2), x, rows, cols)
		n := min(rows, cols)
		for i := range n {
			for j := range n {
				sum := 0.0
				for k := range max(rows, cols) {
					if rows <= cols {
						sum += float64(y[i*cols+k]) * float64(y[j*cols+k])
					} else {
						sum += float64(y[k*cols+i]) * float64(y[k*cols+j])
					}
				}
				want := 0.0
				if i == j {
					want = 1
				}
				// the coefficients let singular values end between 0.68 and 1.13 (Jordan, 2024)
				if math.Abs(sum-want) > 0.6 {
					t.Fatalf("%d x %d: product at %d, %d is %v, want about %v", rows, cols, i, j, sum, want)
				}
			}
		}
	}
}

// TestMuonStep holds a step to the formula in float64.
func TestMuonStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	rows, cols := 12, 5
	w := Weight{Shape: []int{rows, cols}, Data: tensor.Floats(60), Grad: tensor.Floats(60), Matrix: true}
	before := make([]float64, 60)
	for i := range w.Data {
		w.Data[i], w.Grad[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
		before[i] = float64(w.Data[i])
	}
	// one step from zero momentum: u = orthogonal part of (1−μ²)·g, whose scale cancels
	u := schulz(w.Grad, rows, cols)
	var m muon
	m.move(tensor.New(1), &w, tensor.Floats(60), 0.02, 0.95, 0.1, 0.5)
	for i := range w.Data {
		want := before[i]*(1-0.02*0.1) - 0.02*math.Sqrt(12.0/5)*u[i]
		if math.Abs(float64(w.Data[i])-want) > 1e-4 {
			t.Fatalf("weight %d is %v, want %v", i, w.Data[i], want)
		}
	}
}

// schulz is Newton–Schulz by definition, on x·(a + b·xᵀx + c·(xᵀx)²).
func schulz(g []float32, rows, cols int) []float64 {
	x := make([]float64, len(g))
	sum := 0.0
	for i, v := range g {
		x[i] = float64(v)
		sum += x[i] * x[i]
	}
	for i := range x {
		x[i] /= math.Sqrt(sum)
	}
	mul := func(a, b []float64, n, k, m int) []float64 {
		c := make([]float64, n*m)
		for i := range n {
			for j := range m {
				for l := range k {
					c[i*m+j] += a[i*k+l] * b[l*m+j]
				}
			}
		}
		return c
	}
	for range 5 {
		xt := make([]float64, len(x))
		for i := range rows {
			for j := range cols {
				xt[j*rows+i] = x[i*cols+j]
			}
		}
		a := mul(xt, x, cols, rows, cols)
		aa := mul(a, a, cols, cols, cols)
		for i := range a {
			a[i] = -4.7750*a[i] + 2.0315*aa[i]
			if i%(cols+1) == 0 {
				a[i] += 3.4445
			}
		}
		x = mul(x, a, rows, cols, cols)
	}
	return x
}

func TestShare(t *testing.T) {
	p := &Params{Schedule: WSD, Warmup: 0.1, Decay: 0.5, Final: 0.1}
	for _, tt := range []struct {
		schedule string
		step     int
		want     float64
	}{
		{WSD, 0, 0.1}, {WSD, 9, 1}, {WSD, 10, 1}, {WSD, 50, 1}, {WSD, 75, 0.55}, {WSD, 99, 0.118},
		{Cosine, 4, 0.5}, {Cosine, 10, 1}, {Cosine, 55, 0.55}, {Constant, 99, 1},
	} {
		p.Schedule = tt.schedule
		if got := p.share(tt.step, 100); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: share(%d, 100) = %v, want %v", tt.schedule, tt.step, got, tt.want)
		}
	}
}

// TestDecayRules moves weights without gradient: only matrices shrink.
func TestDecayRules(t *testing.T) {
	for _, optimizer := range []string{AdamW, Muon} {
		p := usual(t)
		p.Optimizer = optimizer
		net := newToy(6, 4, 1)
		o := newOptimizer(tensor.New(1), p, net.Weights())
		embed, mix := net.w[0].Data[3], net.w[1].Data[3]
		o.move(1, 1)
		rate := p.Rate
		if optimizer == Muon {
			rate = p.Matrix
		}
		if want := float64(mix) * (1 - rate*p.WeightDecay); net.w[0].Data[3] != embed || math.Abs(float64(net.w[1].Data[3])-want) > 1e-7 {
			t.Errorf("%s: embedding %v → %v, matrix %v → %v, want %v", optimizer, embed, net.w[0].Data[3], mix, net.w[1].Data[3], want)
		}
	}
}
