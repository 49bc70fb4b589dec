package train

import (
	"math/rand/v2"

	"feilun/internal/tensor"
	"feilun/model"
)

// A Trial is a training step with no run around it, so that its speed can be measured:
// forward, back, clipping and optimizer on the same made-up batch.
type Trial struct {
	l loop
	b batch
}

// NewTrial returns a trial of a model with drawn weights, by the batch, rows, context
// and optimizer of p.
func NewTrial(c model.Config, p Params, cpu *tensor.CPU) (*Trial, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	m, err := model.New(c)
	if err != nil {
		return nil, err
	}
	m.Init(p.Seed)
	p.Rows = min(p.Rows, p.batchRows())
	net := newTransformer(m, cpu, p.Rows, p.Context, p.BF16)
	t := &Trial{l: loop{p: &p, cpu: cpu, net: net, opt: newOptimizer(cpu, &p, net.Weights())}}
	rng := rand.New(rand.NewPCG(p.Seed, 1))
	all := make([]row, p.batchRows())
	for i := range all {
		for range p.Context + 1 {
			all[i].ids = append(all[i].ids, rng.Uint32N(uint32(c.Vocab)))
		}
	}
	t.b.fill(all)
	return t, nil
}

// Step makes a step at the highest rates and returns its loss in nats a token.
func (t *Trial) Step() float64 {
	loss, norm := t.l.learn(&t.b)
	t.l.opt.update(1, norm)
	return loss
}

// Weights is the number of weights of the model.
func (t *Trial) Weights() int {
	n := 0
	for i := range t.l.opt.weights {
		n += len(t.l.opt.weights[i].Data)
	}
	return n
}
