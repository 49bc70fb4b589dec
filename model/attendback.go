package model

import "feilun/internal/tensor"

// attendBack sets dqkv from dy, by row and head of keys and values as [Pass.attend].
func (p *Pass) attendBack(l *block, a *activations, b *Batch) {
	c := &p.m.Config
	n := c.qkvWidth()
	p.cpu.Do(b.Rows*c.KVHeads, func(worker, i int) {
		w := &p.workers[worker].attention
		row, kv := i/c.KVHeads, i%c.KVHeads
		w.room(b.Len)
		p.packKV(w, a, b, row, kv, true)
		for t := range b.Len { // what several blocks add to
			at := (row*b.Len+t)*n + c.queryWidth() + kv*c.HeadDim
			clear(p.dqkv[at : at+c.HeadDim])
			at += c.kvWidth()
			clear(p.dqkv[at : at+c.HeadDim])
		}
		group := c.Heads / c.KVHeads
		for h := kv * group; h < (kv+1)*group; h++ {
			for q := 0; q < b.Len; q += queryRows {
				p.attendBackBlock(worker, l, a, b, row, h, q)
			}
		}
	})
}

// attendBackBlock goes back through a block of queries: with P the softmax, made again
// from the scores S, and D = rowsum(dy∘y), dS = P∘(dy·Vᵀ − D); dq = dS·K, dk += dSᵀ·q,
// dv += Pᵀ·dy (Dao et al., 2022).
func (p *Pass) attendBackBlock(worker int, l *block, a *activations, b *Batch, row, h, q int) {
	c, w := &p.m.Config, &p.workers[worker].attention
	s := b.span(row, q, l.window)
	d, wide := c.HeadDim, c.queryWidth()
	w.scores(p.cpu, worker, p.queries(a, b, row, h, q), s)
	at := (row*b.Len+q)*wide + h*d
	dy, y := tensor.Matrix(p.dy[at:], wide), a.y[at:]
	vt := w.vt.Stretch(s.from, s.to)
	p.cpu.MatMulAlone(worker, w.dsco, s.lda, dy, &vt, s.n, false)
	for i := range s.n {
		from, to := b.first(row, q+i, l.window)-s.from, q+i+1-s.from
		x, dx := w.score[i*s.lda:(i+1)*s.lda], w.dsco[i*s.lda:(i+1)*s.lda]
		p.cpu.ExpSum(x[from:to], a.lse[(row*c.Heads+h)*b.Len+q+i])
		dot := p.cpu.Dot(dy.Data[i*wide:i*wide+d], y[i*wide:i*wide+d])
		p.cpu.SoftmaxBack(dx[from:to], x[from:to], dot)
		clear(x[:from])
		clear(x[to:])
		clear(dx[:from])
		clear(dx[to:])
	}
	p.attendBackProducts(worker, a, b, row, h, s, dy)
}

func (p *Pass) attendBackProducts(worker int, a *activations, b *Batch, row, h int, s span, dy tensor.View) {
	c, w := &p.m.Config, &p.workers[worker].attention
	d, n := c.HeadDim, c.qkvWidth()
	token := row*b.Len + s.q
	dq := p.dqkv[token*n+h*d:]
	for k := s.from; k < s.to; k += keyTile {
		p.cpu.MatMulAlone(worker, dq, n, tensor.Matrix(w.dsco[k-s.from:], s.lda), &w.k[k/keyTile], s.n, k > s.from)
	}
	stride := c.queryWidth() + c.kvWidth()
	p.cpu.PackAlone(&w.q, tensor.Matrix(a.qk[token*stride+h*d:], stride), s.n, d, p.bf16)
	p.cpu.PackAlone(&w.dy, dy, s.n, d, p.bf16)
	keys := s.to - s.from
	at := (row*b.Len+s.from)*n + c.queryWidth() + h/(c.Heads/c.KVHeads)*d
	p.cpu.MatMulAlone(worker, p.dqkv[at:], n, tensor.Matrix(w.dsco, s.lda).T(), &w.q, keys, true)
	p.cpu.MatMulAlone(worker, p.dqkv[at+c.kvWidth():], n, tensor.Matrix(w.score, s.lda).T(), &w.dy, keys, true)
}
