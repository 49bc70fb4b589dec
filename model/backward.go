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

// backward goes from dn, the gradient of the hidden rows, to the embedding.
func (p *Pass) backward(b *Batch, g []float32) {
	c, m := &p.m.Config, b.Rows*b.Len
	clear(p.dx[:m*c.Width])
	p.normBack(p.m.lay.final, p.finalStat, p.final, m, g)
	for i := c.Layers - 1; i >= 0; i-- {
		l, a := &p.m.lay.blocks[i], p.act(i)
		p.linearBack(l.down, p.da, p.dx, a.act, m, g)
		p.activateBack(l, a, m)
		p.linearBack(l.up, p.dn, p.dup, a.n2, m, g)
		p.normBack(l.post, a.stat2, a.x2, m, g)
		p.linearBack(l.out, p.dy, p.dx, a.y, m, g)
		p.attendBack(l, a, b)
		p.prepareBack(l, a, b, g)
		p.linearBack(l.qkv, p.dn, p.dqkv, a.n1, m, g)
		p.normBack(l.in, a.stat1, a.x, m, g)
	}
	p.embedBack(b, g)
}

// linearBack sets dx to the gradient of a linear layer's input and adds those of its
// matrix and bias.
func (p *Pass) linearBack(l linear, dx, dy, x []float32, m int, g []float32) {
	p.cpu.Pack(&p.b, p.m.matrix(l).T(), l.out, l.in, p.bf16)
	p.cpu.MatMul(dx, l.in, tensor.Matrix(dy, l.out), &p.b, m, false)
	from, to, rows, cols := dy, x, l.out, l.in
	if l.conv {
		from, to, rows, cols = x, dy, l.in, l.out
	}
	p.cpu.Pack(&p.b, tensor.Matrix(to, cols), m, cols, p.bf16)
	p.cpu.MatMul(g[l.w:], cols, tensor.Matrix(from, rows).T(), &p.b, rows, p.add)
	if l.b >= 0 {
		p.sumRows(g[l.b:l.b+l.out], m, func(part []float32, i int) { p.cpu.Add(part, dy[i*l.out:(i+1)*l.out]) })
	}
}

// sumRows adds to sum what each adds to a part of it for every row: in blocks of
// rows, which are then added in order, whoever did them.
func (p *Pass) sumRows(sum []float32, m int, each func(part []float32, i int)) {
	n := len(sum)
	blocks := (m + sumRows - 1) / sumRows
	p.cpu.Do(blocks, func(_, k int) {
		part := p.partial[k*n : (k+1)*n]
		clear(part)
		for i := k * sumRows; i < min(m, (k+1)*sumRows); i++ {
			each(part, i)
		}
	})
	for k := range blocks {
		p.cpu.Add(sum, p.partial[k*n:(k+1)*n])
	}
}

// normBack adds to dx the gradient of a norm's input x, where dn is that of its
// output, and adds those of its weights. dn is overwritten.
func (p *Pass) normBack(l norm, stat, x []float32, m int, g []float32) {
	n := p.m.Config.Width
	if l.b < 0 {
		p.sumRows(g[l.w:l.w+n], m, func(part []float32, i int) {
			p.rmsBackRow(l.w, part, p.dx[i*n:(i+1)*n], p.dn[i*n:(i+1)*n], x[i*n:(i+1)*n], stat[i])
		})
		return
	}
	// weights and biases lie one behind the other
	p.sumRows(g[l.w:l.w+2*n], m, func(part []float32, i int) {
		dn := p.dn[i*n : (i+1)*n]
		p.cpu.Add(part[n:], dn)
		p.layerNormBackRow(l.w, part[:n], p.dx[i*n:(i+1)*n], dn, x[i*n:(i+1)*n], stat[i], stat[m+i])
	})
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

// activateBack sets dup from da.
func (p *Pass) activateBack(l *block, a *activations, m int) {
	h, u := p.m.Config.Hidden, p.m.Config.upWidth()
	p.cpu.Rows(m, func(_, from, to int) {
		for i := from; i < to; i++ {
			up, dup, da := a.up[i*u:(i+1)*u], p.dup[i*u:(i+1)*u], p.da[i*h:(i+1)*h]
			if l.hiddenHalf > 0 {
				p.cpu.SiluMulBack(dup[:h], dup[h:], up[:h], up[h:], da)
				continue
			}
			for j, x := range up {
				dup[j] = da[j] * geluSlope(x)
			}
		}
	})
}

// prepareBack turns the gradients of turned and normed queries and keys, in dqkv,
// into those of the projections.
func (p *Pass) prepareBack(l *block, a *activations, b *Batch, g []float32) {
	c := &p.m.Config
	n, d := c.qkvWidth(), c.HeadDim
	if !l.headNorm {
		p.cpu.Rows(b.Rows*b.Len, func(_, from, to int) {
			for i := from; i < to; i++ {
				p.turnBack(p.dqkv[i*n:(i+1)*n], b.position(i))
			}
		})
		return
	}
	// the weights of both norms lie one behind the other
	p.sumRows(g[l.qNorm.w:l.qNorm.w+2*d], b.Rows*b.Len, func(part []float32, i int) {
		dy, x := p.dqkv[i*n:(i+1)*n], a.qkv[i*n:(i+1)*n]
		p.turnBack(dy, b.position(i))
		for h := range c.Heads + c.KVHeads {
			w, dw := l.qNorm.w, part[:d]
			if h >= c.Heads {
				w, dw = l.kNorm.w, part[d:]
			}
			p.headNormBack(w, dw, dy[h*d:(h+1)*d], x[h*d:(h+1)*d])
		}
	})
}

// turnBack turns the gradients of a token's queries and keys back and scales those of
// queries.
func (p *Pass) turnBack(dy []float32, position int) {
	c := &p.m.Config
	d := c.HeadDim
	scale := float32(1 / math.Sqrt(float64(d)))
	for h := range c.Heads + c.KVHeads {
		if h >= c.Heads {
			scale = 1
		}
		x := dy[h*d : (h+1)*d]
		if p.rope != nil {
			p.rope.turn(p.cpu, x, position, scale, -1)
		} else if scale != 1 {
			p.cpu.Scale(x, scale)
		}
	}
}

// headNormBack is [Pass.rmsBackRow] in place.
func (p *Pass) headNormBack(w int, dw, dy, x []float32) {
	n := len(x)
	r := float32(1 / math.Sqrt(float64(p.cpu.Dot(x, x))/float64(n)+p.m.Config.Eps))
	p.cpu.MulAdd(dw, dy, x, r)
	p.cpu.MulScale(dy, dy, p.m.W[w:w+n], r)
	s := p.cpu.Dot(dy, x)
	p.cpu.Axpy(dy, -r*r*s/float32(n), x)
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
