package train

import (
	"feilun/internal/tensor"
	"feilun/model"
)

// A network is what the loop trains. What it computes may not depend on the number
// of workers.
type network interface {
	// Weights returns all parameters, in a fixed order, with their gradients.
	Weights() []Weight
	// NLL sets nll to the negative log-likelihood of each target, in nats.
	NLL(b *batch, nll []float64)
	// Backward adds the gradient of the sum of weight times negative log-likelihood,
	// or with first sets it, and returns that sum.
	Backward(b *batch, first bool) float64
}

// A batch is what one step learns from: rows of equal length, one after another.
type batch struct {
	ids, targets []uint32
	weight       []float32 // of each target; they sum to 1 unless the loss has its own
	starts       []int32   // where the document of each token begins in its row; nil for whole rows
	rows         int
	from         int // row of the batch that this is a part of
}

// fill makes a batch of rows, each target that counts of equal weight.
func (b *batch) fill(rows []row) {
	size := len(rows[0].ids) - 1
	b.ids, b.targets, b.weight, b.starts = b.ids[:0], b.targets[:0], b.weight[:0], b.starts[:0]
	b.rows = len(rows)
	counted := 0
	for _, r := range rows {
		b.ids, b.targets = append(b.ids, r.ids[:size]...), append(b.targets, r.ids[1:]...)
		b.starts = append(b.starts, r.starts...)
		for i := range size {
			w := float32(0)
			if r.learn == nil || r.learn[i+1] {
				w = 1
				counted++
			}
			b.weight = append(b.weight, w)
		}
	}
	for i, w := range b.weight {
		b.weight[i] = w * float32(1/float64(max(1, counted)))
	}
}

// part returns some rows of a batch.
func (b *batch) part(from, to int) batch {
	size := len(b.ids) / b.rows
	p := batch{rows: to - from, from: from}
	from, to = from*size, to*size
	p.ids, p.targets, p.weight = b.ids[from:to], b.targets[from:to], b.weight[from:to]
	if len(b.starts) > 0 {
		p.starts = b.starts[from:to]
	}
	return p
}

// A transformer is a model as a network.
type transformer struct {
	m     *model.Model
	grads []float32
	pass  *model.Pass
}

func newTransformer(m *model.Model, cpu *tensor.CPU, rows, length int, bf16 bool) *transformer {
	return &transformer{m: m, grads: tensor.Floats(len(m.W)), pass: model.NewPass(m, cpu, rows, length, model.PassOptions{BF16: bf16 && cpu.BF16()})}
}

// Weights implements network.
func (t *transformer) Weights() []Weight {
	var all []Weight
	for i := range t.m.Params {
		p := &t.m.Params[i]
		all = append(all, Weight{Name: p.Name, Shape: p.Shape, Data: t.m.W[p.From:p.To], Grad: t.grads[p.From:p.To], Matrix: p.Matrix()})
	}
	return all
}

func (t *transformer) batch(b *batch) *model.Batch {
	out := &model.Batch{Rows: b.rows, Len: len(b.ids) / b.rows, Tokens: b.ids, Targets: b.targets, Weights: b.weight}
	if len(b.starts) > 0 {
		out.Starts = b.starts
	}
	return out
}

// NLL implements network.
func (t *transformer) NLL(b *batch, nll []float64) {
	if _, err := t.pass.Loss(t.batch(b)); err != nil {
		panic(err) // the loop checks tokens as it reads them
	}
	copy(nll, t.pass.TokenLosses())
}

// Backward implements network.
func (t *transformer) Backward(b *batch, first bool) float64 {
	gradient := t.pass.Gradient
	if first {
		gradient = t.pass.SetGradient
	}
	loss, err := gradient(t.batch(b), t.grads, 1)
	if err != nil {
		panic(err) // the loop checks tokens as it reads them
	}
	return loss.Sum
}

// A feed gives batches in a fixed order.
type feed interface {
	next(b *batch) error
	skip(batches int64) // goes to where so many are taken
}

// A textFeed gives rows of running text.
type textFeed struct {
	rows  *rows
	batch int // rows of a step
	buf   []row
}

func newTextFeed(c *Corpus, p *Params) *textFeed {
	return &textFeed{rows: newRows(c, p), batch: p.batchRows()}
}

// batchRows is the number of rows of a step.
func (p *Params) batchRows() int { return max(1, p.Batch/p.Context) }

func (f *textFeed) next(b *batch) error {
	if f.buf == nil {
		f.buf = make([]row, f.batch)
	}
	for i := range f.buf {
		if err := f.rows.row(&f.buf[i]); err != nil {
			return err
		}
	}
	b.fill(f.buf)
	return nil
}

func (f *textFeed) skip(batches int64) { f.rows.skip(batches * int64(f.batch)) }
