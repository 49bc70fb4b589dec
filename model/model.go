// Package model holds the transformer: one block family written out plainly, with
// its backward pass derived by hand, and an engine that generates text. Start with
// [Open] or [New]; [NewPass] learns, [NewEngine] generates. The families are Llama,
// Mistral, Qwen2, Qwen3 and GPT-2, in the files that transformers reads and writes:
// docs/formats/model.md. Optimizers and schedules are the train stage's affair.
package model

import (
	"math"
	"math/rand/v2"

	"feilun/internal/tensor"
)

// A Model is a configuration with its weights, one slice of float32.
type Model struct {
	Config Config
	Params []Param   // where each tensor lies in W
	W      []float32 // all weights, in the order of Params

	lay layout
}

// A Param is a tensor of a model: its name as transformers has it, and where it
// lies among the weights.
type Param struct {
	Name     string
	Shape    []int
	From, To int
}

// Matrix reports whether the tensor is a weight matrix inside a block, which
// Muon and weight decay are meant for; embeddings, norms and biases are not.
func (p *Param) Matrix() bool { return len(p.Shape) == 2 && !p.embedding() }

// Weights returns the number of weights of a model, without making it.
func (c *Config) Weights() (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	_, _, n := c.layout()
	return n, nil
}

// New returns a model of a configuration with weights of zero.
func New(c Config) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	m := &Model{Config: c}
	n := 0
	m.Params, m.lay, n = c.layout()
	m.W = tensor.Floats(n)
	return m, nil
}

// Init draws the weights by a seed as GPT-2's authors did (Radford et al., 2019,
// and their code): normal with standard deviation 0.02, for matrices that end a
// branch 0.02/√(2·layers); norms are 1 and biases 0.
func (m *Model) Init(seed uint64) {
	for i, p := range m.Params {
		w := m.W[p.From:p.To]
		switch {
		case p.norm():
			for j := range w {
				w[j] = 1
			}
		case len(p.Shape) == 1:
			clear(w)
		default:
			std := 0.02
			if p.endsBranch() {
				std /= math.Sqrt(2 * float64(m.Config.Layers))
			}
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for j := range w {
				w[j] = float32(rng.NormFloat64() * std)
			}
		}
	}
}

// Param returns the weights of a name, or nil.
func (m *Model) Param(name string) []float32 {
	for _, p := range m.Params {
		if p.Name == name {
			return m.W[p.From:p.To]
		}
	}
	return nil
}
