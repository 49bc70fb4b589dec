package model

import (
	"slices"

	"feilun/internal/tensor"
)

// An Engine generates: it keeps the matrices laid out for the kernels and remembers
// keys and values of each [Sequence]. It is for one goroutine; many requests share one
// by a [Scheduler].
type Engine struct {
	m      *Model // with norms, biases and learned positions alone
	cpu    *tensor.CPU
	bf16   bool // keys and values, and products with them, are in bfloat16
	kv     keyStore
	blocks []packed
	embed  *matrix // head where they are tied
	head   matrix
	rope   *rotary

	vocabulary vocabularies

	room                      int // tokens that the buffers hold
	x, n, qkv, qk, y, up, act []float32
	last, logits              []float32
	tokens                    []uint32
	owner, position           []int
	workers                   []attention // float32
	tiles                     []tileWork  // bfloat16
}

// packed are a block's matrices.
type packed struct{ qkv, out, up, down matrix }

// EngineOptions say how an [Engine] calculates.
type EngineOptions struct {
	Weights Weights
}

// NewEngine returns an engine with the weights of a model, of which it keeps a copy of
// its own. Weights that are not finite cannot be held as Int8, Int4 or Q4K.
func NewEngine(m *Model, cpu *tensor.CPU, o EngineOptions) (*Engine, error) {
	return newEngine(m.Config, cpu, o, &memorySource{m})
}

func newEngine(c Config, cpu *tensor.CPU, o EngineOptions, from source) (*Engine, error) {
	params, lay, _ := c.layout()
	e := &Engine{m: &Model{Config: c}, cpu: cpu, blocks: make([]packed, c.Layers), rope: c.newRotary(1), workers: make([]attention, cpu.Workers())}
	r := &loader{e: e, from: from, weights: o.Weights, params: params}
	heads := []linear{{w: lay.head, b: -1, in: c.Width, out: c.Vocab}}
	if !c.Tied {
		heads = append(heads, linear{w: lay.embed, b: -1, in: c.Width, out: c.Vocab})
	}
	r.reserve(slices.Concat(lay.linears(), heads), len(heads))
	for i := range lay.blocks {
		l, p := &lay.blocks[i], &e.blocks[i]
		l.in, l.post = r.norm(l.in, c.Width), r.norm(l.post, c.Width)
		if l.headNorm {
			l.qNorm, l.kNorm = r.norm(l.qNorm, c.HeadDim), r.norm(l.kNorm, c.HeadDim)
		}
		l.qkv, l.out = r.linear(l.qkv, &p.qkv), r.linear(l.out, &p.out)
		l.up, l.down = r.linear(l.up, &p.up), r.linear(l.down, &p.down)
	}
	lay.final = r.norm(lay.final, c.Width)
	if lay.positions >= 0 {
		lay.positions = r.vector(lay.positions, c.Context*c.Width)
	}
	r.head = true
	r.linear(heads[0], &e.head)
	e.embed = &e.head
	if !c.Tied {
		e.embed = &matrix{}
		r.linear(heads[1], e.embed)
	}
	e.m.lay = lay
	e.kv, e.tiles = newKeyStore(&c, e.bf16), make([]tileWork, cpu.Workers())
	return e, r.err
}

// Config returns the model's configuration.
func (e *Engine) Config() *Config { return &e.m.Config }

// Bytes returns the size of the weights in memory.
func (e *Engine) Bytes() int {
	n := 4 * len(e.m.W)
	for _, w := range e.matrices() {
		n += w.bytes()
	}
	return n
}

// matrices returns all of them, each once.
func (e *Engine) matrices() []*matrix {
	all := []*matrix{&e.head}
	if e.embed != &e.head {
		all = append(all, e.embed)
	}
	for i := range e.blocks {
		b := &e.blocks[i]
		all = append(all, &b.qkv, &b.out, &b.up, &b.down)
	}
	return all
}
