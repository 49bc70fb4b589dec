package model

import (
	"fmt"

	"feilun/internal/safetensors"
	"feilun/internal/tensor"
)

// An Engine generates: it keeps the matrices packed for the kernels and remembers
// keys and values of each [Sequence]. It is for one goroutine.
type Engine struct {
	m      *Model // with norms, biases and learned positions alone
	cpu    *tensor.CPU
	bf16   bool
	blocks []packed
	embed  *tensor.Panels // width × vocabulary; head where they are tied
	head   tensor.Panels
	rope   *rotary

	room                      int // tokens that the buffers hold
	x, n, qkv, qk, y, up, act []float32
	last, logits              []float32
	tokens                    []uint32
	owner, position           []int
	workers                   []attention
}

// packed are a block's matrices.
type packed struct{ qkv, out, up, down tensor.Panels }

// EngineOptions say how an [Engine] calculates.
type EngineOptions struct {
	BF16 bool // weights in bfloat16, sums in float32; half the memory, and faster where the processor has it
}

// A source fills dst with a model's weights from one on.
type source func(dst []float32, from int) error

// NewEngine returns an engine with the weights of a model, of which it keeps a packed
// copy.
func NewEngine(m *Model, cpu *tensor.CPU, o EngineOptions) *Engine {
	e, err := newEngine(m.Config, cpu, o, func(dst []float32, from int) error {
		copy(dst, m.W[from:])
		return nil
	})
	if err != nil {
		panic(err) // there is nothing to read
	}
	return e
}

// OpenEngine reads a model's folder for generation alone: each matrix is packed as
// it is read, so that the weights are in memory once.
func OpenEngine(dir string, cpu *tensor.CPU, o EngineOptions) (*Engine, error) {
	c, err := ReadConfig(ConfigPath(dir))
	if err != nil {
		return nil, err
	}
	file, err := safetensors.Open(dir)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := c.fits(file); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if ids, err := readEnds(dir); err != nil {
		return nil, err
	} else if ids != nil {
		c.EOS = ids
	}
	params, _, _ := c.layout()
	e, err := newEngine(c, cpu, o, func(dst []float32, from int) error {
		for _, p := range params {
			if p.From < from || p.From >= from+len(dst) {
				continue
			}
			if err := file.F32(dst[p.From-from:p.To-from], stored(file, p.Name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return e, nil
}

func newEngine(c Config, cpu *tensor.CPU, o EngineOptions, read source) (*Engine, error) {
	_, lay, _ := c.layout()
	e := &Engine{m: &Model{Config: c}, cpu: cpu, bf16: o.BF16, blocks: make([]packed, c.Layers), rope: c.newRotary(1), workers: make([]attention, cpu.Workers())}
	r := &reader{e: e, read: read}
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
	r.linear(linear{w: lay.head, b: -1, in: c.Width, out: c.Vocab}, &e.head)
	e.embed = &e.head
	if !c.Tied {
		e.embed = &tensor.Panels{}
		r.linear(linear{w: lay.embed, b: -1, in: c.Width, out: c.Vocab}, e.embed)
	}
	e.m.lay = lay
	return e, r.err
}

// A reader moves weights into an engine.
type reader struct {
	e    *Engine
	read source
	buf  []float32
	err  error
}

// vector reads weights that stay as they are and returns where they now lie.
func (r *reader) vector(from, n int) int {
	at := len(r.e.m.W)
	r.e.m.W = append(r.e.m.W, make([]float32, n)...)
	if r.err == nil {
		r.err = r.read(r.e.m.W[at:], from)
	}
	return at
}

func (r *reader) norm(l norm, n int) norm {
	l.w = r.vector(l.w, n)
	if l.b >= 0 {
		l.b = r.vector(l.b, n)
	}
	return l
}

func (r *reader) linear(l linear, p *tensor.Panels) linear {
	if n := l.in * l.out; len(r.buf) < n {
		r.buf = tensor.Floats(n)
	}
	w := r.buf[:l.in*l.out]
	if r.err == nil {
		r.err = r.read(w, l.w)
	}
	v := tensor.Matrix(w, l.in).T()
	if l.conv {
		v = tensor.Matrix(w, l.out)
	}
	r.e.cpu.Pack(p, v, l.in, l.out, r.e.bf16)
	l.w = -1
	if l.b >= 0 {
		l.b = r.vector(l.b, l.out)
	}
	return l
}

// Config returns the model's configuration.
func (e *Engine) Config() *Config { return &e.m.Config }

// Bytes returns the size of the weights in memory.
func (e *Engine) Bytes() int {
	n := 4*len(e.m.W) + e.head.Bytes()
	if e.embed != &e.head {
		n += e.embed.Bytes()
	}
	for i := range e.blocks {
		b := &e.blocks[i]
		n += b.qkv.Bytes() + b.out.Bytes() + b.up.Bytes() + b.down.Bytes()
	}
	return n
}
