package model

import (
	"math"

	"feilun/internal/tensor"
)

// Gradient runs a batch forward and back. It adds scale times the gradient of
// [Loss].Sum to grads, which is laid out as the model's weights: for the mean over
// several batches, scale is 1 over the sum of all their weights.
func (p *Pass) Gradient(b *Batch, grads []float32, scale float32) (Loss, error) {
	return p.gradient(b, grads, scale, true)
}

// SetGradient is [Pass.Gradient] for gradients that are 0, whatever stands in grads: it
// spares clearing and adding.
func (p *Pass) SetGradient(b *Batch, grads []float32, scale float32) (Loss, error) {
	return p.gradient(b, grads, scale, false)
}

func (p *Pass) gradient(b *Batch, grads []float32, scale float32, add bool) (Loss, error) {
	if err := b.check(&p.m.Config, p.rows, p.length); err != nil {
		return Loss{}, err
	}
	if b.Targets == nil {
		return Loss{}, errNoTargets
	}
	if !p.back || len(grads) != len(p.m.W) {
		panic("model: this pass goes forward only, or the gradients have another length than the weights")
	}
	if p.add = add; !add {
		p.clearSums(grads)
	}
	p.forward(b)
	loss := p.head(b, grads, scale)
	p.backward(b, grads)
	return loss, nil
}

// clearSums clears gradients that are only added to: all but those of the matrices
// inside blocks and, where there is a loss, of the head.
func (p *Pass) clearSums(grads []float32) {
	for i := range p.m.Params {
		if q := &p.m.Params[i]; !q.Matrix() && q.From != p.m.lay.head {
			clear(grads[q.From:q.To])
		}
	}
}

// backward goes from dn, the gradient of the hidden rows, to the embedding. What is
// summed over all rows stands between the stages.
func (p *Pass) backward(b *Batch, g []float32) {
	c, m := &p.m.Config, b.Rows*b.Len
	clear(p.dx[:m*c.Width])
	p.stage(m, func(_, from, to int) {
		p.normBack(p.m.lay.final, p.finalStat, p.final, p.dn[from*c.Width:], from, to)
	})
	p.normSum(p.m.lay.final, m, g)
	for i := c.Layers - 1; i >= 0; i-- {
		l, a := &p.m.lay.blocks[i], p.act(i)
		p.pack(l, true)
		p.matrixBack(l.down, operand{f: p.dx}, a.act, m, g)
		p.stage(m, func(w, from, to int) {
			s := &p.workers[w]
			p.linearBack(w, l.down, &p.packed.down, s.da, operand{f: p.dx}, from, to)
			p.activateBack(l, a, s.da, from, to)
			p.linearBack(w, l.up, &p.packed.up, s.dn, p.dup, from, to)
			p.normBack(l.post, a.stat2, a.x2, s.dn, from, to)
			p.linearBack(w, l.out, &p.packed.out, p.dy[from*c.queryWidth():], operand{f: p.dx}, from, to)
		})
		p.normSum(l.post, m, g)
		p.matrixBack(l.up, p.dup, a.n2, m, g)
		p.matrixBack(l.out, operand{f: p.dx}, operand{f: a.y}, m, g)
		p.attendBack(l, a, b)
		p.stage(m, func(w, from, to int) {
			s := &p.workers[w]
			p.prepareBack(l, a, b, from, to)
			p.linearBack(w, l.qkv, &p.packed.qkv, s.dn, p.dqkvOp, from, to)
			p.normBack(l.in, a.stat1, a.x, s.dn, from, to)
		})
		p.normSum(l.in, m, g)
		p.prepareSum(l, m, g)
		p.matrixBack(l.qkv, p.dqkvOp, a.n1, m, g)
	}
	p.embedBack(b, g)
}

// linearBack sets dx, whose first row is from, to the gradient of a linear layer's input;
// w is its matrix transposed.
func (p *Pass) linearBack(worker int, l linear, w *tensor.Panels, dx []float32, dy operand, from, to int) {
	p.cpu.MatMulAlone(worker, dx, l.in, dy.view(from, l.out), w, to-from, false)
}

// matrixBack adds the gradients of a linear layer's matrix and bias.
func (p *Pass) matrixBack(l linear, dy, x operand, m int, g []float32) {
	from, to, rows, cols := dy, x, l.out, l.in
	if l.conv {
		from, to, rows, cols = x, dy, l.in, l.out
	}
	p.cpu.Pack(&p.b, to.view(0, cols), m, cols, p.bf16)
	p.product(g[l.w:], cols, from.view(0, rows).T(), &p.b, rows, p.add)
	if l.b < 0 {
		return
	}
	p.stage(m, func(_, from, to int) {
		groups(p.partial, l.out, from, to, func(sum []float32, i int) { p.cpu.Add(sum, dy.f[i*l.out:(i+1)*l.out]) })
	})
	p.total(g[l.b:l.b+l.out], p.partial, m)
}

// groups sets sums of n numbers, one for each sumRows rows, to what each adds for every
// row. From is a multiple of sumRows.
func groups(sums []float32, n, from, to int, each func(sum []float32, i int)) {
	for at := from; at < to; at += sumRows {
		sum := sums[at/sumRows*n:][:n]
		clear(sum)
		for i := at; i < min(to, at+sumRows); i++ {
			each(sum, i)
		}
	}
}

// total adds to sum the sums of the groups in order, whoever made them.
func (p *Pass) total(sum, sums []float32, m int) {
	n := len(sum)
	for k := range (m + sumRows - 1) / sumRows {
		p.cpu.Add(sum, sums[k*n:(k+1)*n])
	}
}

// normBack adds to dx the gradient of a norm's input x, where dn is that of its output,
// in the rows from from on, and sums those of its weights by groups. dn is overwritten.
func (p *Pass) normBack(l norm, stat, x, dn []float32, from, to int) {
	n := p.m.Config.Width
	row := func(i int) []float32 { return dn[(i-from)*n : (i-from+1)*n] }
	if l.b < 0 {
		groups(p.partial, n, from, to, func(sum []float32, i int) {
			p.rmsBackRow(l.w, sum, p.dx[i*n:(i+1)*n], row(i), x[i*n:(i+1)*n], stat[i])
		})
		return
	}
	means := stat[p.rows*p.length:]
	groups(p.partial, 2*n, from, to, func(sum []float32, i int) {
		p.cpu.Add(sum[n:], row(i))
		p.layerNormBackRow(l.w, sum[:n], p.dx[i*n:(i+1)*n], row(i), x[i*n:(i+1)*n], stat[i], means[i])
	})
}

// normSum adds the gradients of a norm's weights, behind which its biases lie.
func (p *Pass) normSum(l norm, m int, g []float32) {
	n := p.m.Config.Width
	if l.b >= 0 {
		n *= 2
	}
	p.total(g[l.w:l.w+n], p.partial, m)
}

// rmsBackRow: with t = w∘dy, dx += r·t − x·r³·(t·x)/n and dw += r·dy∘x.
func (p *Pass) rmsBackRow(w int, dw, dx, dy, x []float32, r float32) {
	n := len(x)
	p.cpu.MulAdd(dw, dy, x, r)
	p.cpu.MulScale(dy, dy, p.m.W[w:w+n], r)
	s := p.cpu.Dot(dy, x)
	p.cpu.Add(dx, dy)
	p.cpu.Axpy(dx, -r*r*s/float32(n), x)
}

// layerNormBackRow: with h = (x − mean)·r and t = w∘dy,
// dx += r·(t − mean t − h·mean(t∘h)) and dw += dy∘h.
func (p *Pass) layerNormBackRow(w int, dw, dx, dy, x []float32, r, mean float32) {
	n := float32(len(x))
	weight := p.m.W[w : w+len(x)]
	var sum, dot float32
	for j, v := range x {
		h := (v - mean) * r
		dw[j] += dy[j] * h
		dy[j] *= weight[j]
		sum += dy[j]
		dot += dy[j] * h
	}
	for j, v := range x {
		dx[j] += r * (dy[j] - sum/n - (v-mean)*r*dot/n)
	}
}

// activateBack sets dup from da, in whose rows the first is from.
func (p *Pass) activateBack(l *block, a *activations, da []float32, from, to int) {
	h, u := p.m.Config.Hidden, p.m.Config.upWidth()
	for i := from; i < to; i++ {
		up, da := a.up[i*u:(i+1)*u], da[(i-from)*h:(i-from+1)*h]
		if p.dup.h != nil {
			dup := p.dup.h[i*u : (i+1)*u]
			p.cpu.SiluMulBackHalf(dup[:h], dup[h:], up[:h], up[h:], da)
			continue
		}
		dup := p.dup.f[i*u : (i+1)*u]
		if l.hiddenHalf > 0 {
			p.cpu.SiluMulBack(dup[:h], dup[h:], up[:h], up[h:], da)
			continue
		}
		for j, x := range up {
			dup[j] = da[j] * geluSlope(x)
		}
	}
}

// prepareBack turns the gradients of turned and normed queries and keys, in dqkv,
// into those of the projections, and sums those of the norms' weights by groups.
func (p *Pass) prepareBack(l *block, a *activations, b *Batch, from, to int) {
	c := &p.m.Config
	n, d := c.qkvWidth(), c.HeadDim
	if p.dqkvOp.h != nil {
		defer func() { p.cpu.ToBF16(p.dqkvOp.h[from*n:to*n], p.dqkv[from*n:]) }()
	}
	if !l.headNorm {
		for i := from; i < to; i++ {
			p.turnBack(p.dqkv[i*n:(i+1)*n], b.position(i))
		}
		return
	}
	q, k := c.queryWidth(), c.kvWidth()
	groups(p.headPartial, 2*d, from, to, func(sum []float32, i int) {
		dy, x := p.dqkv[i*n:i*n+q+k], a.qkv[i*n:i*n+q+k]
		h := p.m.heads(l, p.rope, b.position(i))
		p.cpu.HeadsBack(&h[0], dy[:q], x, sum[:d])
		p.cpu.HeadsBack(&h[1], dy[q:], x[q:], sum[d:])
	})
}

// prepareSum adds the gradients of both norms' weights, which lie one behind the other.
func (p *Pass) prepareSum(l *block, m int, g []float32) {
	if l.headNorm {
		p.total(g[l.qNorm.w:l.qNorm.w+2*p.m.Config.HeadDim], p.headPartial, m)
	}
}

// turnBack turns the gradients of a token's queries and keys back and scales those of
// queries.
func (p *Pass) turnBack(dy []float32, position int) {
	c := &p.m.Config
	d := c.HeadDim
	p.cpu.Scale(dy[:c.queryWidth()], float32(1/math.Sqrt(float64(d))))
	for h := 0; p.rope != nil && h < c.queryWidth()+c.kvWidth(); h += d {
		p.rope.turn(p.cpu, dy[h:h+d], position, 1, -1)
	}
}

// embedBack adds dx to the rows of the embedding: each worker does a stretch of the
// columns, for all tokens in order.
func (p *Pass) embedBack(b *Batch, g []float32) {
	n, lay := p.m.Config.Width, &p.m.lay
	p.cpu.Rows(n, func(_, from, to int) {
		for i, token := range b.Tokens {
			dx := p.dx[i*n+from : i*n+to]
			p.cpu.Add(g[lay.embed+int(token)*n+from:][:to-from], dx)
			if lay.positions >= 0 {
				p.cpu.Add(g[lay.positions+b.position(i)*n+from:][:to-from], dx)
			}
		}
	})
}
