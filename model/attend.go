package model

import (
	"feilun/internal/tensor"
)

// A head is a sequence's head of keys and values with its new tokens: n from t0 on in
// the step, behind base older ones.
type head struct {
	s           *Sequence
	t0, n, base int
	layer, kv   int // head of keys and values in its layer
}

// attend adds each new token's keys and values to its sequence, and attends.
func (e *Engine) attend(l *block, layer int, all []Extension) {
	c := &e.m.Config
	starts := make([]int, len(all))
	for i := 1; i < len(all); i++ {
		starts[i] = starts[i-1] + len(all[i-1].Tokens)
	}
	if e.ones(all) {
		e.attendOnes(l, layer, all)
		return
	}
	e.cpu.Do(len(all)*c.KVHeads, func(worker, i int) {
		x, kv := all[i/c.KVHeads], i%c.KVHeads
		h := head{s: x.Sequence, t0: starts[i/c.KVHeads], n: len(x.Tokens), base: x.Sequence.n, layer: layer, kv: kv}
		e.remember(&h)
		switch {
		case e.bf16:
			e.attendTiles(worker, l, &h)
		case h.n <= fewQueries && !x.prompt:
			e.attendFew(worker, l, &h)
		default:
			e.attendMany(worker, l, &h)
		}
	})
}

// remember writes keys and values of a head's new tokens.
func (e *Engine) remember(x *head) {
	c := &e.m.Config
	d, sk, sv := c.HeadDim, c.queryWidth()+c.kvWidth(), c.qkvWidth()
	for i, n := 0, 0; i < x.n; i += n {
		b, row := x.s.blocks[(x.base+i)/blockTokens], (x.base+i)%blockTokens
		n = min(x.n-i, blockTokens-row)
		k, v := e.qk[(x.t0+i)*sk+c.queryWidth()+x.kv*d:], e.qkv[(x.t0+i)*sv+sk+x.kv*d:]
		if e.bf16 {
			keys, values := e.kv.tiles(b, x.layer, x.kv)
			e.cpu.SetRows(&keys, row, k, sk, n)
			e.cpu.SetColumns(&values, row, v, sv, n)
			continue
		}
		keys, values := e.kv.rows(b, x.layer, x.kv)
		for j := range n {
			copy(keys[(row+j)*d:], k[j*sk:][:d])
			copy(values[(row+j)*d:], v[j*sv:][:d])
		}
	}
}

// firstKey is the first key that a query sees.
func firstKey(window, query int) int {
	if window > 0 {
		return max(0, query-window+1)
	}
	return 0
}

// A tileWork is a worker's memory for attention in bfloat16.
type tileWork struct {
	q, score, part, sum []float32
	queries, weights    tensor.Vectors
	one                 tensor.Attention
}

// tileVectors is how many queries, of all heads of a group, go through the keys together.
const tileVectors = 32

func (w *tileWork) room(vectors, dim, lda int) {
	grow := func(x *[]float32, n int) {
		if len(*x) < n {
			*x = tensor.Floats(n + n/2)
		}
	}
	grow(&w.q, vectors*dim)
	grow(&w.part, vectors*dim)
	grow(&w.sum, vectors*dim)
	grow(&w.score, vectors*lda)
}

// attendTiles attends in bfloat16. What a query gets has the same bits whatever else is in
// the step, so it does not matter how tokens are divided into steps.
func (e *Engine) attendTiles(worker int, l *block, x *head) {
	group := e.m.Config.Heads / e.m.Config.KVHeads
	per := max(1, tileVectors/group)
	for i := 0; i < x.n; i += per {
		e.attendBlock(worker, l, x, i, min(per, x.n-i), group)
	}
}

// attendBlock does n queries from the i-th new token on.
func (e *Engine) attendBlock(worker int, l *block, x *head, i, n, group int) {
	c, w := &e.m.Config, &e.tiles[worker]
	d, sk := c.HeadDim, c.queryWidth()+c.kvWidth()
	from, to := firstKey(l.window, x.base+i)/blockTokens*blockTokens, x.base+i+n
	lda, vectors := roundUp(to-from, blockTokens), n*group
	w.room(vectors, d, lda)
	for j := range n {
		copy(w.q[j*group*d:], e.qk[(x.t0+i+j)*sk+x.kv*group*d:][:group*d])
	}
	e.cpu.Prepare(&w.queries, w.q, d, d, vectors)
	for at := from; at < to; at += blockTokens {
		keys, _ := e.kv.tiles(x.s.blocks[at/blockTokens], x.layer, x.kv)
		keys = keys.Top(to - at)
		e.cpu.MatVecsAlone(worker, w.score[at-from:], lda, &keys, &w.queries)
	}
	for j := range vectors {
		row, query := w.score[j*lda:(j+1)*lda], x.base+i+j/group
		first, last := firstKey(l.window, query)-from, query+1-from
		e.cpu.Softmax(row[first:last])
		clear(row[:first])
		clear(row[last:])
	}
	for at := from; at < to; at += blockTokens {
		_, values := e.kv.tiles(x.s.blocks[at/blockTokens], x.layer, x.kv)
		e.cpu.Prepare(&w.weights, w.score[at-from:], lda, blockTokens, vectors)
		if at == from {
			e.cpu.MatVecsAlone(worker, w.sum, d, &values, &w.weights)
			continue
		}
		e.cpu.MatVecsAlone(worker, w.part, d, &values, &w.weights)
		e.cpu.Add(w.sum[:vectors*d], w.part)
	}
	for j := range n {
		copy(e.y[(x.t0+i+j)*c.queryWidth()+x.kv*group*d:], w.sum[j*group*d:(j+1)*group*d])
	}
}

// fewQueries is up to how many new tokens attention in float32 goes through the keys one
// by one.
const fewQueries = 8

func (e *Engine) attendFew(worker int, l *block, x *head) {
	c, w := &e.m.Config, &e.workers[worker]
	d, group := c.HeadDim, c.Heads/c.KVHeads
	w.room((x.base+x.n)/queryRows + 1)
	sk := c.queryWidth() + c.kvWidth()
	for i := range x.n {
		to := x.base + i + 1
		from := firstKey(l.window, to-1)
		score := w.score[:to-from]
		for h := x.kv * group; h < (x.kv+1)*group; h++ {
			q := e.qk[(x.t0+i)*sk+h*d:][:d]
			for k := from; k < to; k++ {
				keys, _ := e.kv.rows(x.s.blocks[k/blockTokens], x.layer, x.kv)
				score[k-from] = e.cpu.Dot(q, keys[k%blockTokens*d:][:d])
			}
			e.cpu.Softmax(score)
			y := e.y[(x.t0+i)*c.queryWidth()+h*d:][:d]
			clear(y)
			for k := from; k < to; k++ {
				_, values := e.kv.rows(x.s.blocks[k/blockTokens], x.layer, x.kv)
				e.cpu.Axpy(y, score[k-from], values[k%blockTokens*d:][:d])
			}
		}
	}
}

func (e *Engine) attendMany(worker int, l *block, x *head) {
	c, w := &e.m.Config, &e.workers[worker]
	d, group, keys := c.HeadDim, c.Heads/c.KVHeads, x.base+x.n
	sk := c.queryWidth() + c.kvWidth()
	w.room(keys)
	k, v := tensor.Floats(roundUp(keys, blockTokens)*d), tensor.Floats(roundUp(keys, blockTokens)*d)
	for i := 0; i*blockTokens < keys; i++ {
		bk, bv := e.kv.rows(x.s.blocks[i], x.layer, x.kv)
		copy(k[i*blockTokens*d:], bk)
		copy(v[i*blockTokens*d:], bv)
	}
	e.cpu.PackAlone(&w.kt, tensor.Matrix(k, d).T(), d, keys, false)
	w.v = packTiles(e.cpu, w.v, v, d, keys, d, false)
	first := func(q int) int { return firstKey(l.window, q) }
	for h := x.kv * group; h < (x.kv+1)*group; h++ {
		for i := 0; i < x.n; i += queryRows {
			s := span{q: x.base + i, n: min(queryRows, x.n-i)}
			s.from, s.to = first(s.q)/keyTile*keyTile, s.q+s.n
			s.lda = roundUp(s.to-s.from, keyTile)
			q := tensor.Matrix(e.qk[(x.t0+i)*sk+h*d:], sk)
			w.attend(e.cpu, worker, q, e.y[(x.t0+i)*c.queryWidth()+h*d:], c.queryWidth(), s, first, nil)
		}
	}
}
