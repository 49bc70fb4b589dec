package model

import (
	"feilun/internal/tensor"
)

// A Pass runs batches through a model and back. It has all the memory it needs; the
// model's weights are read at each call. Results do not depend on the number of
// workers. It is for one goroutine.
type Pass struct {
	m            *Model
	cpu          *tensor.CPU
	bf16, back   bool
	add          bool // gradients are added to those that are there
	rows, length int

	rope  *rotary
	layer []activations // one for all layers, if nothing goes back

	final, hidden []float32 // before and behind the last norm
	finalStat     []float32
	dx, dn, dy    []float32 // gradients: of the residual stream, of the hidden rows, of attention's output
	dqkv, dup     []float32
	partial       []float32 // sums over groups of rows: of a norm, a bias
	headPartial   []float32 // and of the norms of queries and keys
	logits        []float32
	gathered      []float32 // rows of hidden that count, and their gradients
	dgathered     []float32
	losses        []float64
	live          []int

	a, b    tensor.Panels // of the product in work
	packed  packed        // a block's matrices, there or back
	workers []worker
}

// A worker is a worker's memory.
type worker struct {
	attention
	dn, da []float32 // gradients behind a norm and an activation: of a stretch of rows
}

// activations are what a layer's forward pass leaves for the way back.
type activations struct {
	x, n1 []float32 // the residual stream, normed
	qkv   []float32
	qk    []float32 // queries and keys normed, turned, and queries scaled
	y     []float32 // of attention
	lse   []float32 // logarithm of each softmax's sum: by head, then token
	x2    []float32 // the residual stream behind attention
	n2    []float32
	up    []float32
	act   []float32
	stat1 []float32 // 1/deviation of each row, then the means
	stat2 []float32
}

// PassOptions say how a [Pass] calculates.
type PassOptions struct {
	BF16    bool // products of bfloat16, summed in float32; all else is float32
	Forward bool // only forward: much less memory
}

// NewPass returns a pass for batches of up to rows × length tokens.
func NewPass(m *Model, cpu *tensor.CPU, rows, length int, o PassOptions) *Pass {
	p := &Pass{m: m, cpu: cpu, bf16: o.BF16, back: !o.Forward, rows: rows, length: length, rope: m.Config.newRotary(length), workers: make([]worker, cpu.Workers())}
	var count arena
	p.carve(&count)
	p.carve(&arena{mem: tensor.Floats(count.n)})
	p.losses = make([]float64, rows*length)
	return p
}

// PassMemory returns the bytes that a [Pass] takes, packed copies of matrices among
// them.
func PassMemory(c Config, workers, rows, length int, o PassOptions) int64 {
	var count arena
	p := &Pass{m: &Model{Config: c}, back: !o.Forward, rows: rows, length: length, workers: make([]worker, workers)}
	p.carve(&count)
	m, d := rows*length, c.HeadDim
	matrix := c.Width*(c.qkvWidth()+c.upWidth()+c.Hidden) + c.queryWidth()*c.Width
	head := c.Vocab * c.Width
	if p.back {
		head = 2*head + m*max(c.Width, c.Hidden) // what gradients of matrices are made from
	}
	values := matrix + head + workers*4*length*d
	if o.BF16 {
		values /= 2
	}
	scores := workers * 2 * queryRows * roundUp(length, keyTile)
	return 4*int64(count.n+values+scores+length*d) + 8*int64(m)
}

// An arena hands out pieces of one memory; without memory it counts.
type arena struct {
	mem []float32
	n   int
}

func (a *arena) take(n int) []float32 {
	from := a.n
	a.n += (n + 15) / 16 * 16
	if a.mem == nil {
		return nil
	}
	return a.mem[from : from+n : from+n]
}

// headRows is how many rows of logits are made at once: 32 MiB of them, but no
// fewer than 112.
func (c *Config) headRows(tokens int) int { return min(tokens, max(112, 8<<20/c.Vocab)) }

// sumRows is how many rows a partial sum has, and stageRows how many a worker takes
// through a stage at a time, so that what one operator leaves is in the second-level cache
// for the next. Both are multiples of the kernels' 14 rows.
const (
	sumRows   = 56
	stageRows = 3 * sumRows
)

// stage calls f with stretches of rows that cover m, workers side by side: long ones
// first, then short ones, so that all are done at about the same time. Stretches begin at
// multiples of sumRows.
func (p *Pass) stage(m int, f func(worker, from, to int)) {
	starts := []int{0}
	for at := 0; at < m; starts = append(starts, at) {
		n := sumRows
		if m-at > stageRows*len(p.workers) {
			n = stageRows
		}
		at = min(m, at+n)
	}
	p.cpu.Do(len(starts)-1, func(w, i int) { f(w, starts[i], starts[i+1]) })
}

func (p *Pass) carve(a *arena) {
	c, m := &p.m.Config, p.rows*p.length
	n := 1
	if p.back {
		n = c.Layers
	}
	p.layer = p.layer[:0]
	for range n {
		p.layer = append(p.layer, activations{
			x: a.take(m * c.Width), n1: a.take(m * c.Width), qkv: a.take(m * c.qkvWidth()), qk: a.take(m * (c.queryWidth() + c.kvWidth())),
			y: a.take(m * c.queryWidth()), lse: a.take(m * c.Heads), x2: a.take(m * c.Width), n2: a.take(m * c.Width),
			up: a.take(m * c.upWidth()), act: a.take(m * c.Hidden), stat1: a.take(2 * m), stat2: a.take(2 * m),
		})
	}
	p.final, p.hidden, p.finalStat = a.take(m*c.Width), a.take(m*c.Width), a.take(2*m)
	head := c.headRows(m)
	p.logits, p.gathered = a.take(head*c.Vocab), a.take(head*c.Width)
	if p.back {
		p.dgathered = a.take(head * c.Width)
		p.dx, p.dn, p.dy = a.take(m*c.Width), a.take(m*c.Width), a.take(m*c.queryWidth())
		p.dqkv, p.dup = a.take(m*c.qkvWidth()), a.take(m*c.upWidth())
		groups := (m + sumRows - 1) / sumRows
		p.partial, p.headPartial = a.take(groups*max(2*c.Width, c.qkvWidth(), c.upWidth())), a.take(groups*2*c.HeadDim)
		for i := range p.workers {
			w := &p.workers[i]
			w.dn, w.da = a.take(stageRows*c.Width), a.take(stageRows*c.Hidden)
		}
	}
}

// act returns a layer's activations.
func (p *Pass) act(layer int) *activations { return &p.layer[min(layer, len(p.layer)-1)] }
