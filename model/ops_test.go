package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"feilun/internal/tensor"
)

// An op is an operator under test: its plain form in float64, and the pass's way there
// and back.
type op struct {
	name  string
	x     [][]float32 // inputs, weights among them
	plain func(x [][]float64) []float64
	there func() []float32               // the output
	back  func(dy []float32) [][]float32 // gradients of the inputs; nil for those that have none
}

// check compares outputs with the plain form's, and gradients with its differences.
func (o *op) check(t *testing.T, rng *rand.Rand) {
	t.Helper()
	var x [][]float64
	for _, v := range o.x {
		w := make([]float64, len(v))
		for i := range v {
			w[i] = float64(v[i])
		}
		x = append(x, w)
	}
	want, got := o.plain(x), o.there()
	dy := make([]float32, len(want))
	for i, v := range want {
		if math.Abs(float64(got[i])-v) > 2e-5*(1+math.Abs(v)) {
			t.Fatalf("%s: output %d is %v, want %v", o.name, i, got[i], v)
		}
		dy[i] = float32(rng.NormFloat64())
	}
	value := func() float64 {
		s := 0.0
		for i, v := range o.plain(x) {
			s += v * float64(dy[i])
		}
		return s
	}
	for k, g := range o.back(append([]float32{}, dy...)) {
		for range min(12, len(g)) {
			i := rng.IntN(len(g))
			const h = 1e-5
			was := x[k][i]
			x[k][i] = was + h
			up := value()
			x[k][i] = was - h
			d := (up - value()) / (2 * h)
			x[k][i] = was
			if math.Abs(float64(g[i])-d) > 1e-4*(1+math.Abs(d)) {
				t.Errorf("%s: gradient of input %d at %d is %v, want %v", o.name, k, i, g[i], d)
			}
		}
	}
}

// TestOperators checks every operator, there and back.
func TestOperators(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for name, c := range variants() {
		m := randomModel(t, c, rng)
		const rows, length = 2, 70
		b := randomBatch(c, rows, length, rng)
		p := NewPass(m, tensor.New(2), rows, length, PassOptions{})
		l, a, g := &m.lay.blocks[1], p.act(1), make([]float32, len(m.W))
		n := rows * length
		fill := func(x []float32) []float32 {
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			return x
		}
		weights := func(from, n int) []float32 { return m.W[from : from+n] }
		grad := func(from, n int) []float32 { return g[from : from+n] }
		tests := []op{
			normOp(p, l.in, a, fill, g, n),
			linearOp(p, l.down, fill, g, n),
			linearOp(p, l.up, fill, g, n),
			{name: "activation", x: [][]float32{fill(a.up)},
				plain: func(x [][]float64) []float64 { return plainActivation(&c, x[0]) },
				there: func() []float32 { p.activate(l, a, 0, n); return a.act.f },
				back:  func(dy []float32) [][]float32 { p.activateBack(l, a, dy, 0, n); return [][]float32{p.dup.f} }},
			{name: "prepare", x: [][]float32{fill(a.qkv), weights(max(0, l.qNorm.w), c.HeadDim), weights(max(0, l.kNorm.w), c.HeadDim)},
				plain: func(x [][]float64) []float64 { return plainPrepare(&c, b, x[0], x[1], x[2]) },
				there: func() []float32 { p.prepare(l, a, b, 0, n); return a.qk },
				back: func(dy []float32) [][]float32 {
					from, to := c.queryWidth()+c.kvWidth(), c.qkvWidth()
					clear(p.dqkv)
					for i := range n {
						copy(p.dqkv[i*to:i*to+from], dy[i*from:(i+1)*from])
					}
					p.stage(n, func(_, from, to int) { p.prepareBack(l, a, b, from, to) })
					p.prepareSum(l, n, g)
					if !l.headNorm {
						return [][]float32{p.dqkv}
					}
					return [][]float32{p.dqkv, grad(l.qNorm.w, c.HeadDim), grad(l.kNorm.w, c.HeadDim)}
				}},
			{name: "attention", x: [][]float32{fill(a.qk), fill(a.qkv)},
				plain: func(x [][]float64) []float64 { return plainAttention(&c, b, l.window, x[0], x[1]) },
				there: func() []float32 { p.attend(l, a, b); return a.y },
				back:  func(dy []float32) [][]float32 { copy(p.dy, dy); p.attendBack(l, a, b); return splitQKV(&c, p.dqkv, n) }},
			{name: "head", x: [][]float32{fill(p.hidden), weights(m.lay.head, c.Vocab*c.Width)},
				plain: func(x [][]float64) []float64 { return plainLoss(&c, b, x[0], x[1]) },
				there: func() []float32 { return []float32{float32(p.head(b, nil, 0).Sum)} },
				back: func(dy []float32) [][]float32 {
					p.head(b, g, dy[0])
					return [][]float32{p.dn[:n*c.Width], grad(m.lay.head, c.Vocab*c.Width)}
				}},
		}
		for i := range tests {
			tests[i].name = name + " " + tests[i].name
			clear(g)
			tests[i].check(t, rng)
		}
	}
}

func normOp(p *Pass, l norm, a *activations, fill func([]float32) []float32, g []float32, n int) op {
	c := &p.m.Config
	width := c.Width
	o := op{name: "norm", x: [][]float32{fill(a.x), p.m.W[l.w : l.w+width]}}
	if l.b >= 0 {
		o.x = append(o.x, p.m.W[l.b:l.b+width])
	}
	o.plain = func(x [][]float64) []float64 {
		var y []float64
		for i := range n {
			row := x[0][i*width : (i+1)*width]
			if l.b >= 0 {
				y = append(y, plainLayerNorm(row, x[1], x[2], c.Eps)...)
			} else {
				y = append(y, plainRMS(row, x[1], c.Eps)...)
			}
		}
		return y
	}
	o.there = func() []float32 { p.norm(0, l, a.n1, a.stat1, a.x, 0, n); return a.n1.f }
	o.back = func(dy []float32) [][]float32 {
		clear(p.dx)
		p.stage(n, func(_, from, to int) { p.normBack(l, a.stat1, a.x, dy[from*width:], from, to) })
		p.normSum(l, n, g)
		out := [][]float32{p.dx, g[l.w : l.w+width]}
		if l.b >= 0 {
			out = append(out, g[l.b:l.b+width])
		}
		return out
	}
	return o
}

func linearOp(p *Pass, l linear, fill func([]float32) []float32, g []float32, n int) op {
	w := l.in * l.out
	x, y, dx := fill(make([]float32, n*l.in)), make([]float32, n*l.out), make([]float32, n*l.in)
	o := op{name: "linear", x: [][]float32{x, p.m.W[l.w : l.w+w]}}
	if l.b >= 0 {
		o.x = append(o.x, p.m.W[l.b:l.b+l.out])
	}
	o.plain = func(x [][]float64) []float64 {
		out := make([]float64, n*l.out)
		for i := range out {
			row, j := i/l.out, i%l.out
			for k := range l.in {
				at := j*l.in + k
				if l.conv {
					at = k*l.out + j
				}
				out[i] += x[0][row*l.in+k] * x[1][at]
			}
			if l.b >= 0 {
				out[i] += x[2][j]
			}
		}
		return out
	}
	o.there = func() []float32 {
		p.cpu.Pack(&p.a, p.m.matrix(l), l.in, l.out, false)
		p.stage(n, func(w, from, to int) { p.linear(w, l, &p.a, y, operand{f: x}, from, to, false) })
		return y
	}
	o.back = func(dy []float32) [][]float32 {
		p.cpu.Pack(&p.a, p.m.matrix(l).T(), l.out, l.in, false)
		p.stage(n, func(w, from, to int) { p.linearBack(w, l, &p.a, dx[from*l.in:], operand{f: dy}, from, to) })
		p.matrixBack(l, operand{f: dy}, operand{f: x}, n, g)
		out := [][]float32{dx, g[l.w : l.w+w]}
		if l.b >= 0 {
			out = append(out, g[l.b:l.b+l.out])
		}
		return out
	}
	return o
}

func plainRMS(x, w []float64, eps float64) []float64 {
	y, s := make([]float64, len(x)), 0.0
	for _, v := range x {
		s += v * v
	}
	for i, v := range x {
		y[i] = v / math.Sqrt(s/float64(len(x))+eps) * w[i]
	}
	return y
}

func plainLayerNorm(x, w, b []float64, eps float64) []float64 {
	y, mean, s := make([]float64, len(x)), 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		s += (v - mean) * (v - mean) / float64(len(x))
	}
	for i, v := range x {
		y[i] = (v-mean)/math.Sqrt(s+eps)*w[i] + b[i]
	}
	return y
}

func plainActivation(c *Config, up []float64) []float64 {
	var y []float64
	for u := c.upWidth(); len(up) > 0; up = up[u:] {
		for i := range c.Hidden {
			x := up[i]
			if c.gated() {
				y = append(y, x/(1+math.Exp(-x))*up[c.Hidden+i])
			} else {
				y = append(y, 0.5*x*(1+math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))))
			}
		}
	}
	return y
}

func plainPrepare(c *Config, b *Batch, qkv, qw, kw []float64) []float64 {
	var y []float64
	d := c.HeadDim
	for i := range b.Rows * b.Len {
		for h := range c.Heads + c.KVHeads {
			x := append([]float64{}, qkv[i*c.qkvWidth()+h*d:][:d]...)
			w, scale := qw, 1/math.Sqrt(float64(d))
			if h >= c.Heads {
				w, scale = kw, 1
			}
			if c.QKNorm {
				x = plainRMS(x, w, c.Eps)
			}
			if !c.learnedPositions() {
				for k, f := range c.rates() {
					s, co := math.Sincos(float64(b.position(i)) * f)
					u, v := x[k], x[k+d/2]
					x[k], x[k+d/2] = u*co-v*s, v*co+u*s
				}
			}
			for _, v := range x {
				y = append(y, v*scale)
			}
		}
	}
	return y
}

func plainAttention(c *Config, b *Batch, window int, qk, qkv []float64) []float64 {
	d, sk, sv := c.HeadDim, c.queryWidth()+c.kvWidth(), c.qkvWidth()
	y := make([]float64, b.Rows*b.Len*c.queryWidth())
	for i := range b.Rows * b.Len {
		row, t := i/b.Len, i%b.Len
		for h := range c.Heads {
			kv := h / (c.Heads / c.KVHeads)
			sum, out := 0.0, y[i*c.queryWidth()+h*d:][:d]
			for j := b.start(i); j <= t; j++ {
				if window > 0 && j <= t-window {
					continue
				}
				at, s := row*b.Len+j, 0.0
				for k := range d {
					s += qk[i*sk+h*d+k] * qk[at*sk+c.queryWidth()+kv*d+k]
				}
				e := math.Exp(s)
				sum += e
				for k := range d {
					out[k] += e * qkv[at*sv+sk+kv*d+k]
				}
			}
			for k := range d {
				out[k] /= sum
			}
		}
	}
	return y
}

// splitQKV parts dqkv into the gradients of queries with keys, and of all with those of
// values alone.
func splitQKV(c *Config, dqkv []float32, n int) [][]float32 {
	from, to := c.queryWidth()+c.kvWidth(), c.qkvWidth()
	qk, v := make([]float32, n*from), make([]float32, n*to)
	for i := range n {
		copy(qk[i*from:(i+1)*from], dqkv[i*to:])
		copy(v[i*to+from:(i+1)*to], dqkv[i*to+from:])
	}
	return [][]float32{qk, v}
}

func plainLoss(c *Config, b *Batch, hidden, head []float64) []float64 {
	loss := 0.0
	for i := range b.Rows * b.Len {
		if b.weight(i) == 0 {
			continue
		}
		sum, target := 0.0, 0.0
		for v := range c.Vocab {
			z := 0.0
			for k := range c.Width {
				z += hidden[i*c.Width+k] * head[v*c.Width+k]
			}
			sum += math.Exp(z)
			if v == int(b.Targets[i]) {
				target = z
			}
		}
		loss += float64(b.weight(i)) * (math.Log(sum) - target)
	}
	return []float64{loss}
}
