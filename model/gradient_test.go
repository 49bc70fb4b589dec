package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// variants are small models that have everything between them.
func variants() map[string]Config {
	base := Config{Vocab: 37, Width: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 6, Hidden: 20, Context: 200, Eps: 1e-5, Theta: 100}
	all := map[string]Config{}
	with := func(name, arch string, change func(*Config)) {
		c := base
		c.Arch = arch
		change(&c)
		all[name] = c
	}
	with("llama", Llama, func(c *Config) {
		c.QKVBias, c.OutBias, c.MLPBias = true, true, true
		c.Scaling = &Scaling{"llama3", 8, 1, 4, 32}
	})
	with("mistral", Mistral, func(c *Config) { c.Window, c.KVHeads = 20, 1 })
	with("qwen2", Qwen2, func(c *Config) { c.QKVBias, c.Tied = true, true })
	with("qwen3", Qwen3, func(c *Config) { c.QKNorm, c.HeadDim, c.Tied = true, 10, true })
	with("gpt2", GPT2, func(c *Config) {
		c.KVHeads, c.Theta, c.QKVBias, c.OutBias, c.MLPBias, c.Tied = 4, 0, true, true, true, true
	})
	return all
}

// randomModel has weights large enough that every part matters.
func randomModel(t testing.TB, c Config, rng *rand.Rand) *Model {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params {
		for i := p.From; i < p.To; i++ {
			m.W[i] = float32(0.3 * rng.NormFloat64())
			if p.norm() {
				m.W[i]++
			}
		}
	}
	return m
}

func randomBatch(c Config, rows, length int, rng *rand.Rand) *Batch {
	n := rows * length
	b := &Batch{Rows: rows, Len: length, Tokens: make([]uint32, n), Targets: make([]uint32, n), Weights: make([]float32, n), Starts: make([]int32, n)}
	for i := range n {
		b.Tokens[i], b.Targets[i] = rng.Uint32N(uint32(c.Vocab)), rng.Uint32N(uint32(c.Vocab))
		b.Weights[i] = float32(rng.IntN(3)) - 0.5
		if rng.IntN(4) == 0 {
			b.Weights[i] = 0
		}
	}
	setStarts(b.Starts, b.Tokens, length, 5)
	return b
}

// TestGradient compares gradients with differences of losses, for each tensor of a
// small model of each variant: along the gradient, and for single weights.
func TestGradient(t *testing.T) {
	for name, c := range variants() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			m := randomModel(t, c, rng)
			b := randomBatch(c, 2, 131, rng)
			p := NewPass(m, tensor.New(2), 2, 131, PassOptions{})
			g := make([]float32, len(m.W))
			const scale = 0.25
			if _, err := p.Gradient(b, g, scale); err != nil {
				t.Fatal(err)
			}
			difference := func(direction []float32, at int, h float64) float64 {
				var sums [2]float64
				was := slices.Clone(m.W[at : at+len(direction)])
				for side, sign := range []float64{1, -1} {
					for i, d := range direction {
						m.W[at+i] = was[i] + float32(sign*h*float64(d))
					}
					l, err := p.Loss(b)
					if err != nil {
						t.Fatal(err)
					}
					sums[side] = l.Sum
				}
				copy(m.W[at:], was)
				return scale * (sums[0] - sums[1]) / (2 * h)
			}
			for _, q := range m.Params {
				norm := 0.0
				for _, v := range g[q.From:q.To] {
					norm += float64(v) * float64(v)
				}
				norm = math.Sqrt(norm)
				along := make([]float32, q.To-q.From)
				for i, v := range g[q.From:q.To] {
					along[i] = float32(float64(v) / norm)
				}
				if d := difference(along, q.From, 3e-3); !(math.Abs(d-norm) <= 0.01*norm+1e-3) {
					t.Errorf("%s: along the gradient %.5f, want %.5f", q.Name, d, norm)
				}
				for range 3 {
					i := q.From + rng.IntN(q.To-q.From)
					if d := difference([]float32{1}, i, 1e-2); !(math.Abs(d-float64(g[i])) <= 0.01*norm+2e-3) {
						t.Errorf("%s: weight %d has %.5f, want %.5f", q.Name, i-q.From, g[i], d)
					}
				}
			}
		})
	}
}

// setStarts sets the places where documents begin, for rows of tokens in which the token
// end closes a document.
func setStarts(starts []int32, tokens []uint32, length int, end uint32) {
	from := 0
	for i := range tokens {
		t := i % length
		if t == 0 || tokens[i-1] == end {
			from = t
		}
		starts[i] = int32(from)
	}
}
