package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// TestWorkers holds losses and gradients to the same bits for any number of workers.
func TestWorkers(t *testing.T) {
	c := variants()["qwen3"]
	c.Width, c.Hidden, c.HeadDim = 96, 200, 16
	for _, bf16 := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(2, 2))
		m := randomModel(t, c, rng)
		b := randomBatch(c, 3, 170, rng)
		var first []float32
		var loss Loss
		for _, workers := range []int{1, 2, 3} {
			g := make([]float32, len(m.W))
			p := NewPass(m, tensor.New(workers), 3, 170, PassOptions{BF16: bf16})
			for range 2 { // what an earlier batch left must not matter
				clear(g)
				l, err := p.Gradient(b, g, 1)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first, loss = slices.Clone(g), l
				}
				if !slices.Equal(first, g) || l != loss {
					t.Errorf("bf16 %v, %d workers: other bits; loss %v, before %v", bf16, workers, l, loss)
				}
			}
		}
	}
}

// TestSetGradient: gradients set over others are those added to nothing.
func TestSetGradient(t *testing.T) {
	for name, c := range variants() {
		rng := rand.New(rand.NewPCG(6, 6))
		m := randomModel(t, c, rng)
		p := NewPass(m, tensor.New(2), 2, 70, PassOptions{})
		for _, some := range []float32{1, 0} {
			b := randomBatch(c, 2, 70, rng)
			for i := range b.Weights {
				b.Weights[i] *= some
			}
			want, got := make([]float32, len(m.W)), make([]float32, len(m.W))
			for i := range got {
				got[i] = float32(i)
			}
			l, err := p.Gradient(b, want, 0.5)
			if err != nil {
				t.Fatal(err)
			}
			if k, err := p.SetGradient(b, got, 0.5); err != nil || k != l || !slices.Equal(got, want) {
				t.Errorf("%s, weights times %v: SetGradient gives other numbers; loss %v, %v, want %v", name, some, k, err, l)
			}
		}
	}
}

// TestBF16 compares gradients of bfloat16 products with those of float32.
func TestBF16(t *testing.T) {
	for name, c := range variants() {
		rng := rand.New(rand.NewPCG(3, 3))
		m := randomModel(t, c, rng)
		b := randomBatch(c, 2, 100, rng)
		var g [2][]float32
		var loss [2]Loss
		for i, bf16 := range []bool{false, true} {
			g[i] = make([]float32, len(m.W))
			var err error
			if loss[i], err = NewPass(m, tensor.New(1), 2, 100, PassOptions{BF16: bf16}).Gradient(b, g[i], 1); err != nil {
				t.Fatal(err)
			}
		}
		dot, x2, y2 := 0.0, 0.0, 0.0
		for i, x := range g[0] {
			y := float64(g[1][i])
			dot, x2, y2 = dot+float64(x)*y, x2+float64(x)*float64(x), y2+y*y
		}
		if cos := dot / math.Sqrt(x2*y2); cos < 0.999 || math.Abs(loss[1].Sum-loss[0].Sum) > 0.02*math.Abs(loss[0].Sum) {
			t.Errorf("%s: gradients point apart by cosine %.5f, losses %v %v", name, cos, loss[0], loss[1])
		}
	}
}

// TestDocuments: a row of two documents costs what the two alone cost.
func TestDocuments(t *testing.T) {
	for name, c := range variants() {
		rng := rand.New(rand.NewPCG(4, 4))
		m := randomModel(t, c, rng)
		b := randomBatch(c, 1, 150, rng)
		b.Weights = nil
		cut := 83
		for i := range b.Starts {
			b.Starts[i] = 0
			if i >= cut {
				b.Starts[i] = int32(cut)
			}
		}
		p := NewPass(m, tensor.New(1), 1, 150, PassOptions{Forward: true})
		loss := func(b *Batch) []float64 {
			if _, err := p.Loss(b); err != nil {
				t.Fatal(err)
			}
			return slices.Clone(p.TokenLosses()[:b.Len])
		}
		all := loss(b)
		alone := append(loss(&Batch{Rows: 1, Len: cut, Tokens: b.Tokens[:cut], Targets: b.Targets[:cut]}),
			loss(&Batch{Rows: 1, Len: 150 - cut, Tokens: b.Tokens[cut:], Targets: b.Targets[cut:]})...)
		for i := range all {
			if math.Abs(all[i]-alone[i]) > 1e-4 {
				t.Errorf("%s: token %d costs %v, alone %v", name, i, all[i], alone[i])
				break
			}
		}
	}
}

// TestBatchErrors: what a batch can have wrong is an error.
func TestBatchErrors(t *testing.T) {
	c := variants()["gpt2"]
	m := randomModel(t, c, rand.New(rand.NewPCG(5, 5)))
	p := NewPass(m, tensor.New(1), 2, 10, PassOptions{Forward: true})
	ok := []uint32{1, 2, 3, 4}
	for _, b := range []*Batch{
		{Rows: 3, Len: 1, Tokens: ok[:3], Targets: ok[:3]},
		{Rows: 1, Len: 4, Tokens: ok},
		{Rows: 1, Len: 4, Tokens: ok[:3], Targets: ok},
		{Rows: 1, Len: 4, Tokens: []uint32{1, 2, 3, 37}, Targets: ok},
		{Rows: 1, Len: 4, Tokens: ok, Targets: ok, Starts: []int32{0, 1, 0, 0}},
		{Rows: 1, Len: 4, Tokens: ok, Targets: ok, Starts: []int32{0, 2, 2, 2}},
		{Rows: 1, Len: 4, Tokens: ok, Targets: ok, Weights: []float32{1}},
	} {
		if _, err := p.Loss(b); err == nil {
			t.Errorf("Loss(%+v) was no error", b)
		}
	}
}

// BenchmarkGradient is a training step without its optimizer on the shape of the
// issue's bar: 6 layers, 384 wide, context 256, 8 rows. It tells the share of the peak
// loop of the same run; operations are 6 for each weight and token, and 12·width·context
// a layer for attention.
func BenchmarkGradient(b *testing.B) {
	for _, bf16 := range []bool{false, true} {
		b.Run(fmt.Sprintf("bf16=%v", bf16), func(b *testing.B) {
			cpu := tensor.New(1)
			if bf16 && !cpu.BF16() {
				b.Skip("no bfloat16 here")
			}
			c := FromDepth(6, 4096)
			m, err := New(c)
			if err != nil {
				b.Fatal(err)
			}
			m.Init(1)
			batch := randomBatch(c, 8, 256, rand.New(rand.NewPCG(1, 1)))
			batch.Weights, batch.Starts = nil, nil
			p := NewPass(m, cpu, 8, 256, PassOptions{BF16: bf16})
			g := make([]float32, len(m.W))
			best, peak := 0.0, 0.0 // by processor time: the machine may be shared
			for b.Loop() {
				peak = max(peak, cpu.Peak(bf16, 3))
				best = max(best, 1/tensor.Seconds(1, func() {
					if _, err := p.Gradient(batch, g, 1); err != nil {
						b.Fatal(err)
					}
				}))
			}
			flops := c.FLOPs(256) * 2048
			b.ReportMetric(best*2048, "tok/s")
			b.ReportMetric(best*flops/1e9, "GFLOP/s")
			b.ReportMetric(best*flops/peak, "of-peak")
		})
	}
}
