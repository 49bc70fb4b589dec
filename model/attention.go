package model

import (
	"feilun/internal/tensor"
)

// Sizes of attention's blocks: rows of queries, and keys of a tile.
const (
	queryRows = 64
	keyTile   = 64
)

// An attention is a worker's memory.
type attention struct {
	kt, vt      tensor.Panels   // keys and values, transposed: width × keys
	k, v        []tensor.Panels // tiles: keys × width
	q, dy       tensor.Panels   // a block of queries and of the output's gradient
	score, dsco []float32       // queryRows × keys
}

// room makes scores for keys.
func (w *attention) room(keys int) {
	if n := queryRows * roundUp(keys, keyTile); len(w.score) < n {
		w.score, w.dsco = tensor.Floats(n), tensor.Floats(n)
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// attend is causal attention, a row and a head of keys and values at a time, in
// blocks of queries that see only the tiles of keys they may.
func (p *Pass) attend(l *block, a *activations, b *Batch) {
	c := &p.m.Config
	p.cpu.Do(b.Rows*c.KVHeads, func(worker, i int) {
		w := &p.workers[worker].attention
		row, kv := i/c.KVHeads, i%c.KVHeads
		w.room(b.Len)
		p.packKV(w, a, b, row, kv, false)
		group := c.Heads / c.KVHeads
		for h := kv * group; h < (kv+1)*group; h++ {
			for q := 0; q < b.Len; q += queryRows {
				p.attendBlock(worker, l, a, b, row, h, q)
			}
		}
	})
}

// packKV packs a head's keys and values.
func (p *Pass) packKV(w *attention, a *activations, b *Batch, row, kv int, back bool) {
	c := &p.m.Config
	d, t := c.HeadDim, b.Len
	sk, sv := c.queryWidth()+c.kvWidth(), c.qkvWidth()
	k := a.qk[row*t*sk+c.queryWidth()+kv*d:]
	v := a.qkv[row*t*sv+c.queryWidth()+c.kvWidth()+kv*d:]
	p.cpu.PackAlone(&w.kt, tensor.Matrix(k, sk).T(), d, t, p.bf16)
	if back {
		p.cpu.PackAlone(&w.vt, tensor.Matrix(v, sv).T(), d, t, p.bf16)
		w.k = packTiles(p.cpu, w.k, k, sk, t, d, p.bf16)
		return
	}
	w.v = packTiles(p.cpu, w.v, v, sv, t, d, p.bf16)
}

// packTiles packs t rows of keys or values, each width numbers of a row of stride, in
// tiles.
func packTiles(cpu *tensor.CPU, tiles []tensor.Panels, x []float32, stride, t, width int, bf16 bool) []tensor.Panels {
	for i := 0; i*keyTile < t; i++ {
		if i == len(tiles) {
			tiles = append(tiles, tensor.Panels{})
		}
		cpu.PackAlone(&tiles[i], tensor.Matrix(x[i*keyTile*stride:], stride), min(keyTile, t-i*keyTile), width, bf16)
	}
	return tiles
}

// A span is a block of queries with the keys that some of them see.
type span struct {
	q, n     int // first query and how many
	from, to int // keys; from is the first of a tile
	lda      int // width of a row of scores
}

func (b *Batch) span(row, q, window int) span {
	s := span{q: q, n: min(queryRows, b.Len-q)}
	s.from, s.to = b.first(row, q, window)/keyTile*keyTile, q+s.n
	s.lda = roundUp(s.to-s.from, keyTile)
	return s
}

// first returns the first key that a query sees.
func (b *Batch) first(row, q, window int) int {
	from := b.start(row*b.Len + q)
	if window > 0 {
		from = max(from, q-window+1)
	}
	return from
}

// scores sets the block's scores: queries times keys.
func (w *attention) scores(cpu *tensor.CPU, worker int, q tensor.View, s span) {
	kt := w.kt.Stretch(s.from, s.to)
	cpu.MatMulAlone(worker, w.score, s.lda, q, &kt, s.n, false)
}

func (p *Pass) attendBlock(worker int, l *block, a *activations, b *Batch, row, h, q int) {
	c, w := &p.m.Config, &p.workers[worker].attention
	y := a.y[(row*b.Len+q)*c.queryWidth()+h*c.HeadDim:]
	lse := a.lse[(row*c.Heads+h)*b.Len+q:]
	first := func(q int) int { return b.first(row, q, l.window) }
	w.attend(p.cpu, worker, p.queries(a, b, row, h, q), y, c.queryWidth(), b.span(row, q, l.window), first, lse)
}

// queries is the view of a head's queries from one on.
func (p *Pass) queries(a *activations, b *Batch, row, h, q int) tensor.View {
	c := &p.m.Config
	stride := c.queryWidth() + c.kvWidth()
	return tensor.Matrix(a.qk[(row*b.Len+q)*stride+h*c.HeadDim:], stride)
}

// attend sets y, in rows of ldy numbers, for a block of queries, of which each sees the
// keys from first to itself. lse, where it is not nil, gets the logarithms of the sums.
func (w *attention) attend(cpu *tensor.CPU, worker int, q tensor.View, y []float32, ldy int, s span, first func(query int) int, lse []float32) {
	w.scores(cpu, worker, q, s)
	for i := range s.n {
		x := w.score[i*s.lda : (i+1)*s.lda]
		from, to := first(s.q+i)-s.from, s.q+i+1-s.from
		sum := cpu.Softmax(x[from:to])
		if lse != nil {
			lse[i] = sum
		}
		clear(x[:from])
		clear(x[to:])
	}
	for k := s.from; k < s.to; k += keyTile {
		cpu.MatMulAlone(worker, y, ldy, tensor.Matrix(w.score[k-s.from:], s.lda), &w.v[k/keyTile], s.n, k > s.from)
	}
}
