package model

import (
	"math"

	"feilun/internal/tensor"
)

// forward runs a batch up to the last norm: in each layer a stage up to attention, and
// one behind it.
func (p *Pass) forward(b *Batch) {
	c, m := &p.m.Config, b.Rows*b.Len
	p.embed(p.act(0).x, b)
	for i := range p.m.lay.blocks {
		l, a := &p.m.lay.blocks[i], p.act(i)
		next := p.final
		if i+1 < c.Layers {
			next = p.act(i + 1).x
		}
		p.pack(l, false)
		p.stage(m, func(w, from, to int) {
			p.norm(w, l.in, a.n1, a.stat1, a.x, from, to)
			p.linear(w, l.qkv, &p.packed.qkv, a.qkv, a.n1, from, to, false)
			p.prepare(l, a, b, from, to)
		})
		p.attend(l, a, b)
		p.stage(m, func(w, from, to int) {
			copy(a.x2[from*c.Width:to*c.Width], a.x[from*c.Width:])
			p.linear(w, l.out, &p.packed.out, a.x2, operand{f: a.y}, from, to, true)
			p.norm(w, l.post, a.n2, a.stat2, a.x2, from, to)
			p.linear(w, l.up, &p.packed.up, a.up, a.n2, from, to, false)
			p.activate(l, a, from, to)
			copy(next[from*c.Width:to*c.Width], a.x2[from*c.Width:])
			p.linear(w, l.down, &p.packed.down, next, a.act, from, to, true)
		})
	}
	p.stage(m, func(w, from, to int) {
		p.norm(w, p.m.lay.final, operand{f: p.hidden}, p.finalStat, p.final, from, to)
	})
}

// pack packs a block's matrices, for the way back transposed.
func (p *Pass) pack(l *block, back bool) {
	each := func(to *tensor.Panels, l linear) {
		if back {
			p.cpu.Pack(to, p.m.matrix(l).T(), l.out, l.in, p.bf16)
		} else {
			p.cpu.Pack(to, p.m.matrix(l), l.in, l.out, p.bf16)
		}
	}
	each(&p.packed.qkv, l.qkv)
	each(&p.packed.out, l.out)
	each(&p.packed.up, l.up)
	each(&p.packed.down, l.down)
}

// embed looks up the embeddings of a batch.
func (p *Pass) embed(x []float32, b *Batch) {
	w, n := p.m.W, p.m.Config.Width
	p.cpu.Rows(b.Rows*b.Len, func(_, from, to int) {
		for i := from; i < to; i++ {
			row := x[i*n : (i+1)*n]
			copy(row, w[p.m.lay.embed+int(b.Tokens[i])*n:])
			if at := p.m.lay.positions; at >= 0 {
				p.cpu.Add(row, w[at+b.position(i)*n:])
			}
		}
	})
}

// norm sets y to x normed, row by row, and keeps what the way back needs.
func (p *Pass) norm(worker int, l norm, y operand, stat, x []float32, from, to int) {
	n := p.m.Config.Width
	means := stat[p.rows*p.length:]
	for i := from; i < to; i++ {
		x := x[i*n : (i+1)*n]
		switch {
		case y.h == nil:
			stat[i], means[i] = p.m.normRow(p.cpu, l, y.f[i*n:(i+1)*n], x)
		case l.b < 0:
			stat[i] = p.m.rms(p.cpu, x)
			p.cpu.MulScaleHalf(y.h[i*n:(i+1)*n], x, p.m.W[l.w:l.w+n], stat[i])
		default:
			row := p.workers[worker].row
			stat[i], means[i] = p.m.normRow(p.cpu, l, row, x)
			p.cpu.ToBF16(y.h[i*n:(i+1)*n], row)
		}
	}
}

// rms is what RMSNorm multiplies a row with: 1/√(mean x² + eps).
func (m *Model) rms(cpu *tensor.CPU, x []float32) float32 {
	return float32(1 / math.Sqrt(float64(cpu.Dot(x, x))/float64(len(x))+m.Config.Eps))
}

// normRow norms a row: RMSNorm (Zhang and Sennrich, 2019), y = w·x/√(mean x² + eps),
// or LayerNorm, which takes the mean away first and adds a bias.
func (m *Model) normRow(cpu *tensor.CPU, l norm, y, x []float32) (r, mean float32) {
	n := len(x)
	w := m.W[l.w : l.w+n]
	if l.b < 0 {
		r = m.rms(cpu, x)
		cpu.MulScale(y, x, w, r)
		return r, 0
	}
	sum, square := 0.0, 0.0
	for _, v := range x {
		sum += float64(v)
	}
	mean = float32(sum / float64(n))
	for i, v := range x {
		y[i] = v - mean
		square += float64(y[i]) * float64(y[i])
	}
	r = float32(1 / math.Sqrt(square/float64(n)+m.Config.Eps))
	cpu.MulScale(y, y, w, r)
	cpu.Add(y, m.W[l.b:l.b+n])
	return r, mean
}

// matrix returns a linear layer's matrix, in × out.
func (m *Model) matrix(l linear) tensor.View {
	w := m.W[l.w : l.w+l.in*l.out]
	if l.conv {
		return tensor.Matrix(w, l.out)
	}
	return tensor.Matrix(w, l.in).T()
}

// linear sets y to x·W + b, or adds that to it.
func (p *Pass) linear(worker int, l linear, w *tensor.Panels, y []float32, x operand, from, to int, add bool) {
	p.cpu.MatMulAlone(worker, y[from*l.out:], l.out, x.view(from, l.in), w, to-from, add)
	if l.b < 0 {
		return
	}
	bias := p.m.W[l.b : l.b+l.out]
	for i := from; i < to; i++ {
		p.cpu.Add(y[i*l.out:(i+1)*l.out], bias)
	}
}

// activate applies SwiGLU (Shazeer, 2020) or GELU.
func (p *Pass) activate(l *block, a *activations, from, to int) {
	h, u := p.m.Config.Hidden, p.m.Config.upWidth()
	for i := from; i < to; i++ {
		up := a.up[i*u : (i+1)*u]
		if a.act.h == nil {
			activateRow(p.cpu, l, a.act.f[i*h:(i+1)*h], up)
			continue
		}
		y := a.act.h[i*h : (i+1)*h]
		if l.hiddenHalf > 0 {
			p.cpu.SiluMulHalf(y, up[:h], up[h:])
			continue
		}
		for j, x := range up {
			y[j] = tensor.BF16(gelu(x))
		}
	}
}

func activateRow(cpu *tensor.CPU, l *block, y, up []float32) {
	if l.hiddenHalf > 0 {
		cpu.SiluMul(y, up[:l.hiddenHalf], up[l.hiddenHalf:])
		return
	}
	for i, x := range up {
		y[i] = gelu(x)
	}
}

// Constants of GELU by tanh (Hendrycks and Gimpel, 2016): tanh(z/2) with
// z = 2·√(2/π)·(x + 0.044715·x³), so that GELU is x·σ(z).
const (
	gelu1 = 2 * 0.7978845608028654
	gelu3 = gelu1 * 0.044715
)

func gelu(x float32) float32 {
	return x / (1 + float32(math.Exp(float64(-x*(gelu1+gelu3*x*x)))))
}

// geluSlope is the derivative of gelu.
func geluSlope(x float32) float32 {
	s := 1 / (1 + float32(math.Exp(float64(-x*(gelu1+gelu3*x*x)))))
	return s + x*s*(1-s)*(gelu1+3*gelu3*x*x)
}

// prepare makes the queries and keys that attention takes.
func (p *Pass) prepare(l *block, a *activations, b *Batch, r0, r1 int) {
	c := &p.m.Config
	from, to := c.qkvWidth(), c.queryWidth()+c.kvWidth()
	for i := r0; i < r1; i++ {
		p.m.prepareRow(p.cpu, l, p.rope, a.qk[i*to:(i+1)*to], a.qkv[i*from:i*from+to], b.position(i))
	}
}

// prepareRow norms each head's query and key, turns it to its position, and scales
// queries by 1/√width, so that attention is a plain product.
func (m *Model) prepareRow(cpu *tensor.CPU, l *block, rope *rotary, y, x []float32, position int) {
	c := &m.Config
	d := c.HeadDim
	q := c.queryWidth()
	if l.headNorm {
		h := m.heads(l, rope, position)
		cpu.Heads(&h[0], y[:q], x)
		cpu.Heads(&h[1], y[q:], x[q:])
		return
	}
	copy(y, x)
	cpu.Scale(y[:q], float32(1/math.Sqrt(float64(d))))
	for h := 0; rope != nil && h < len(y); h += d {
		rope.turn(cpu, y[h:h+d], position, 1, 1)
	}
}

// heads are the norms and rotations of queries and of keys at a position.
func (m *Model) heads(l *block, rope *rotary, position int) [2]tensor.Heads {
	d, half := m.Config.HeadDim, rope.half
	h := tensor.Heads{W: m.W[l.qNorm.w : l.qNorm.w+d], Cos: rope.cos[position*half : (position+1)*half], Sin: rope.sin[position*half : (position+1)*half],
		Eps: float32(m.Config.Eps), Scale: float32(1 / math.Sqrt(float64(d)))}
	k := h
	k.W, k.Scale = m.W[l.kNorm.w:l.kNorm.w+d], 1
	return [2]tensor.Heads{h, k}
}
