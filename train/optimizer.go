package train

import (
	"fmt"
	"math"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/tensor"
)

// The optimizers and schedules.
const (
	AdamW    = "adamw"
	Muon     = "muon"
	Cosine   = "cosine"
	WSD      = "wsd"
	Constant = "constant"
)

// A Weight is a matrix or vector of parameters with its gradient.
type Weight struct {
	Name   string
	Shape  []int // rows and columns, or the length
	Data   []float32
	Grad   []float32
	Matrix bool // mixes features: no vector, no embedding
}

// epsAdam keeps AdamW's quotient finite (Kingma and Ba, 2015: 1e-8).
const epsAdam = 1e-8

// An optimizer moves weights against their gradients and remembers what it needs
// for that, in one slice for each weight and kind.
type optimizer struct {
	cpu     *tensor.CPU
	p       *Params
	weights []Weight
	m, v    [][]float32 // running means; v is nil for weights that Muon moves
	muon    muon
	step    int // steps made
}

func newOptimizer(cpu *tensor.CPU, p *Params, weights []Weight) *optimizer {
	o := &optimizer{cpu: cpu, p: p, weights: weights, muon: muon{bf16: p.BF16 && cpu.BF16()}}
	for i := range weights {
		w := &weights[i]
		o.m = append(o.m, tensor.Floats(len(w.Data)))
		if o.byMuon(w) {
			o.v = append(o.v, nil)
		} else {
			o.v = append(o.v, tensor.Floats(len(w.Data)))
		}
	}
	return o
}

func (o *optimizer) byMuon(w *Weight) bool { return o.p.Optimizer == Muon && w.Matrix }

// block is how many numbers a worker goes through at a time.
const block = 1 << 15

// blocks calls f with ranges that cover n numbers.
func blocks(cpu *tensor.CPU, n int, f func(from, to int)) {
	cpu.Do((n+block-1)/block, func(_, i int) { f(i*block, min(n, (i+1)*block)) })
}

// normBlock is how many numbers are squared and summed in float32.
const normBlock = 1 << 10

// squares returns the sum of squares, in blocks of fixed size.
func squares(cpu *tensor.CPU, x []float32) float64 {
	part := make([]float64, (len(x)+block-1)/block)
	cpu.Do(len(part), func(_, k int) {
		for i := k * block; i < min(len(x), (k+1)*block); i += normBlock {
			some := x[i:min(len(x), (k+1)*block, i+normBlock)]
			part[k] += float64(cpu.Dot(some, some))
		}
	})
	total := 0.0
	for _, s := range part {
		total += s
	}
	return total
}

// norm returns the length of the gradient. Where a square is beyond float32 it is
// infinite.
func (o *optimizer) norm() float64 {
	total := 0.0
	for i := range o.weights {
		total += squares(o.cpu, o.weights[i].Grad)
	}
	return math.Sqrt(total)
}

// update clips a gradient of that norm and makes a step.
func (o *optimizer) update(share, norm float64) {
	scale := 1.0
	if o.p.Clip > 0 && norm > o.p.Clip {
		scale = o.p.Clip / norm
	}
	o.move(share, scale)
}

// move makes a step whose rates are a share of the highest, by the gradient times scale.
func (o *optimizer) move(share, scale float64) {
	o.step++
	for i := range o.weights {
		w := &o.weights[i]
		decay := o.p.WeightDecay
		if !w.Matrix {
			decay = 0
		}
		if o.byMuon(w) {
			o.muon.move(o.cpu, w, o.m[i], float32(o.p.Matrix*share), float32(o.p.Momentum), float32(decay), float32(scale))
			continue
		}
		a := tensor.AdamParams{Rate: float32(o.p.Rate * share), Beta1: float32(o.p.Beta1), Beta2: float32(o.p.Beta2), Eps: epsAdam, Decay: float32(decay), Scale: float32(scale), Step: o.step}
		m, v := o.m[i], o.v[i]
		blocks(o.cpu, len(w.Data), func(from, to int) {
			o.cpu.AdamW(w.Data[from:to], w.Grad[from:to], m[from:to], v[from:to], a)
		})
	}
}

// share returns what part of the highest rate a step has, counted from 0, of so
// many: rising in a straight line, then as the schedule says. Cosine: Loshchilov
// and Hutter, 2017; wsd: Hu and others (MiniCPM), 2024.
func (p *Params) share(step, steps int) float64 {
	warm := int(math.Ceil(p.Warmup * float64(steps)))
	if step < warm {
		return float64(step+1) / float64(warm)
	}
	switch p.Schedule {
	case Cosine:
		x := float64(step-warm) / float64(max(1, steps-warm))
		return p.Final + (1-p.Final)*(1+math.Cos(math.Pi*min(1, x)))/2
	case WSD:
		fall := p.Decay * float64(steps)
		if left := float64(steps - step); left < fall {
			return p.Final + (1-p.Final)*left/fall
		}
	}
	return 1
}

// The rates of AdamW that 0 stands for: beside Muon, and of all weights.
const (
	rateBeside = 0.003
	rateAlone  = 0.0005
)

// check refuses names that stand for nothing, and sets the rate where it is 0.
func (p *Params) check() error {
	if p.Rate == 0 {
		p.Rate = rateBeside
		if p.Optimizer == AdamW {
			p.Rate = rateAlone
		}
	}
	for _, x := range []struct {
		what, got string
		known     []string
	}{
		{"optimizer", p.Optimizer, []string{Muon, AdamW}},
		{"schedule", p.Schedule, []string{WSD, Cosine, Constant}},
		{"packing", p.Packing, []string{Stream, Aligned}},
		{"keep", p.Keep, []string{keepBest, keepLast}},
	} {
		found := false
		for _, k := range x.known {
			found = found || k == x.got
		}
		if !found {
			return hint.Usage(fmt.Errorf("no %s %q; known are %s", x.what, x.got, strings.Join(x.known, ", ")))
		}
	}
	return nil
}

// Check reports a name that stands for nothing, as a usage error.
func (p Params) Check() error { return p.check() }

const (
	keepBest = "best"
	keepLast = "last"
)
