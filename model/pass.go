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
	half         bool // what products alone read is kept in bfloat16
	add          bool // gradients are added to those that are there
	rows, length int

	rope  *rotary
	layer []activations // one for all layers, if nothing goes back

	final, hidden []float32 // before and behind the last norm
	finalStat     []float32
	dx, dn, dy    []float32 // gradients: of the residual stream, of the hidden rows, of attention's output
	dqkv          []float32
	dqkvOp, dup   operand
	partial       []float32 // sums over groups of rows: of a norm, a bias
	headPartial   []float32 // and of the norms of queries and keys
	logits        []float32
	dlogits       operand
	gathered      []float32 // rows of hidden that count, and their gradients
	dgathered     []float32
	losses        []float64
	live          []int

	a, b    tensor.Panels // of the product in work
	packed  panels        // a block's matrices, there or back
	workers []worker
}

// panels are a block's matrices as products read them.
type panels struct{ qkv, out, up, down tensor.Panels }

// A worker is a worker's memory.
type worker struct {
	attention
	dn, da []float32 // gradients behind a norm and an activation: of a stretch of rows
	row    []float32
}

// activations are what a layer's forward pass leaves for the way back.
type activations struct {
	x     []float32 // the residual stream
	n1    operand   // normed
	qkv   []float32
	qk    []float32 // queries and keys normed, turned, and queries scaled
	y     []float32 // of attention
	lse   []float32 // logarithm of each softmax's sum: by head, then token
	x2    []float32 // the residual stream behind attention
	n2    operand
	up    []float32
	act   operand
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
	p := &Pass{m: m, cpu: cpu, bf16: o.BF16, half: o.BF16 && cpu.BF16(), back: !o.Forward, rows: rows, length: length, rope: m.Config.newRotary(length), workers: make([]worker, cpu.Workers())}
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
	p := &Pass{m: &Model{Config: c}, half: o.BF16, back: !o.Forward, rows: rows, length: length, workers: make([]worker, workers)}
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

// An operand is numbers that products alone read: float32, or bfloat16.
type operand struct {
	f []float32
	h []uint16
}

// takeOperand hands out room for n numbers.
func (a *arena) takeOperand(n int, half bool) operand {
	if !half {
		return operand{f: a.take(n)}
	}
	f := a.take((n + 1) / 2)
	if f == nil {
		return operand{}
	}
	return operand{h: tensor.Halves(f)[:n]}
}

// product is [tensor.CPU.MatMul] in stretches that keep all workers busy to the end.
func (p *Pass) product(dst []float32, ldc int, a tensor.View, b *tensor.Panels, m int, add bool) {
	if len(p.workers) == 1 {
		p.cpu.MatMul(dst, ldc, a, b, m, add)
		return
	}
	p.stage(m, func(w, from, to int) {
		p.cpu.MatMulAlone(w, dst[from*ldc:], ldc, a.From(from), b, to-from, add)
	})
}

// view is the matrix of rows of so many columns, from one on.
func (o operand) view(row, cols int) tensor.View {
	if o.h != nil {
		return tensor.Half(o.h[row*cols:], cols)
	}
	return tensor.Matrix(o.f[row*cols:], cols)
}

// headRows is how many rows of logits are made at once: 32 MiB of them, but no
// fewer than 112.
func (c *Config) headRows(tokens int) int { return min(tokens, max(112, 8<<20/c.Vocab)) }

// sumRows is how many rows a partial sum has, and stageRows how many a worker takes
// through a stage at a time, so that what one operator leaves is in the second-level cache
// for the next. Both are multiples of 14 and 16, the kernels' rows.
const (
	sumRows   = 112
	stageRows = 2 * sumRows
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
			x: a.take(m * c.Width), n1: a.takeOperand(m*c.Width, p.half), qkv: a.take(m * c.qkvWidth()), qk: a.take(m * (c.queryWidth() + c.kvWidth())),
			y: a.take(m * c.queryWidth()), lse: a.take(m * c.Heads), x2: a.take(m * c.Width), n2: a.takeOperand(m*c.Width, p.half),
			up: a.take(m * c.upWidth()), act: a.takeOperand(m*c.Hidden, p.half), stat1: a.take(2 * m), stat2: a.take(2 * m),
		})
	}
	p.final, p.hidden, p.finalStat = a.take(m*c.Width), a.take(m*c.Width), a.take(2*m)
	head := c.headRows(m)
	p.logits, p.gathered = a.take(head*c.Vocab), a.take(head*c.Width)
	for i := range p.workers {
		p.workers[i].row = a.take(c.Width)
	}
	if p.back {
		p.dgathered = a.take(head * c.Width)
		p.dx, p.dn, p.dy = a.take(m*c.Width), a.take(m*c.Width), a.take(m*c.queryWidth())
		p.dqkv = a.take(m * c.qkvWidth())
		p.dqkvOp, p.dlogits = operand{f: p.dqkv}, operand{f: p.logits}
		if p.half {
			p.dlogits = a.takeOperand(head*c.Vocab, true)
		}
		if p.half && !c.QKVBias { // biases' gradients are sums of float32
			p.dqkvOp = a.takeOperand(m*c.qkvWidth(), true)
		}
		p.dup = a.takeOperand(m*c.upWidth(), p.half && c.gated() && !c.MLPBias)
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
