package model

import (
	"errors"

	"feilun/internal/tensor"
)

var errNoTargets = errors.New("a batch without targets has no loss")

// A Loss is what a batch costs.
type Loss struct {
	Sum    float64 // of −ln p of the targets, each times its weight; in nats
	Weight float64 // sum of the weights
}

// Mean returns the loss for each token.
func (l Loss) Mean() float64 { return l.Sum / l.Weight }

// Loss runs a batch forward.
func (p *Pass) Loss(b *Batch) (Loss, error) {
	if err := b.check(&p.m.Config, p.rows, p.length); err != nil {
		return Loss{}, err
	}
	if b.Targets == nil {
		return Loss{}, errNoTargets
	}
	p.forward(b)
	return p.head(b, nil, 0), nil
}

// TokenLosses returns −ln p of each target of the last batch, without weights; 0
// where the weight was 0. It is overwritten by the next batch.
func (p *Pass) TokenLosses() []float64 { return p.losses }

// Logits calls each, in order, with the logits that follow each token of a batch.
func (p *Pass) Logits(b *Batch, each func(token int, logits []float32)) error {
	if err := b.check(&p.m.Config, p.rows, p.length); err != nil {
		return err
	}
	p.forward(b)
	c, m := &p.m.Config, b.Rows*b.Len
	p.cpu.Pack(&p.b, p.headMatrix().T(), c.Width, c.Vocab, p.bf16)
	step := c.headRows(p.rows * p.length)
	for from := 0; from < m; from += step {
		n := min(step, m-from)
		p.product(p.logits, c.Vocab, tensor.Matrix(p.hidden[from*c.Width:], c.Width), &p.b, n, false)
		for i := range n {
			each(from+i, p.logits[i*c.Vocab:(i+1)*c.Vocab])
		}
	}
	return nil
}

// headMatrix is vocabulary × width.
func (p *Pass) headMatrix() tensor.View {
	c := &p.m.Config
	return tensor.Matrix(p.m.W[p.m.lay.head:][:c.Vocab*c.Width], c.Width)
}

// head is the head with its cross-entropy, a piece of the tokens at a time, so that
// their logits never stand in memory together. With grads it sets dn to the gradient of
// the hidden rows and adds that of the head's matrix; both are times scale.
func (p *Pass) head(b *Batch, grads []float32, scale float32) Loss {
	c, m := &p.m.Config, b.Rows*b.Len
	p.live = p.live[:0]
	for i := range m {
		if p.losses[i] = 0; b.weight(i) != 0 {
			p.live = append(p.live, i)
		}
	}
	e := p.headMatrix()
	p.cpu.Pack(&p.b, e.T(), c.Width, c.Vocab, p.bf16)
	if grads != nil {
		p.cpu.Pack(&p.a, e, c.Vocab, c.Width, p.bf16)
		clear(p.dn[:m*c.Width])
		if len(p.live) == 0 && !p.add {
			clear(grads[p.m.lay.head:][:c.Vocab*c.Width])
		}
	}
	var x tensor.Panels
	step := c.headRows(p.rows * p.length)
	for from := 0; from < len(p.live); from += step {
		live := p.live[from:min(len(p.live), from+step)]
		p.gather(live)
		p.product(p.logits, c.Vocab, tensor.Matrix(p.gathered, c.Width), &p.b, len(live), false)
		p.crossEntropy(b, live, scale, grads != nil)
		if grads == nil {
			continue
		}
		d := p.dlogits.view(0, c.Vocab)
		p.product(p.dgathered, c.Width, d, &p.a, len(live), false)
		p.cpu.Pack(&x, tensor.Matrix(p.gathered, c.Width), len(live), c.Width, p.bf16)
		p.product(grads[p.m.lay.head:], c.Width, d.T(), &x, c.Vocab, p.add || from > 0)
		for i, row := range live {
			copy(p.dn[row*c.Width:], p.dgathered[i*c.Width:(i+1)*c.Width])
		}
	}
	var l Loss
	for _, i := range p.live {
		w := float64(b.weight(i))
		l.Sum += w * p.losses[i]
		l.Weight += w
	}
	return l
}

func (b *Batch) weight(i int) float32 {
	if b.Weights == nil {
		return 1
	}
	return b.Weights[i]
}

func (p *Pass) gather(rows []int) {
	n := p.m.Config.Width
	for i, row := range rows {
		copy(p.gathered[i*n:(i+1)*n], p.hidden[row*n:])
	}
}

// crossEntropy takes the losses from the logits and, with back, makes their gradients:
// probability minus 1 at the target, times weight and scale.
func (p *Pass) crossEntropy(b *Batch, rows []int, scale float32, back bool) {
	v := p.m.Config.Vocab
	p.cpu.Do(len(rows), func(_, i int) {
		row := rows[i]
		x, target := p.logits[i*v:(i+1)*v], b.Targets[row]
		z := x[target]
		p.losses[row] = float64(p.cpu.Softmax(x)) - float64(z)
		if !back {
			return
		}
		x[target]--
		if p.dlogits.h != nil {
			p.cpu.ScaleHalf(p.dlogits.h[i*v:(i+1)*v], x, scale*b.weight(row))
		} else {
			p.cpu.Scale(x, scale*b.weight(row))
		}
	})
}
