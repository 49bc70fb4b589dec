package model

import (
	"fmt"
	"strings"
)

// A layout says where things lie among the weights.
type layout struct {
	embed, positions int
	blocks           []block
	final            norm
	head             int // the head's matrix; the embedding's where they are tied
}

// linears returns the matrices of all layers.
func (l *layout) linears() (all []linear) {
	for i := range l.blocks {
		b := &l.blocks[i]
		all = append(all, b.qkv, b.out, b.up, b.down)
	}
	return all
}

// A block is a layer.
type block struct {
	in, post   norm
	qkv, out   linear
	qNorm      norm
	kNorm      norm
	up, down   linear
	window     int
	headNorm   bool
	hiddenHalf int // where the gated half begins in up's output; 0 without
}

// A norm is RMSNorm, or LayerNorm where it has a bias.
type norm struct {
	w, b int // -1 without
}

// A linear is y = x·Wᵀ + b for W out × in, or y = x·W + b for W in × out (GPT-2's
// Conv1D).
type linear struct {
	w, b    int // b is -1 without
	in, out int
	conv    bool
}

// A layouter lays out tensors one behind another.
type layouter struct {
	params []Param
	n      int
}

func (l *layouter) add(name string, shape ...int) int {
	size, from := 1, l.n
	for _, d := range shape {
		size *= d
	}
	l.n += size
	l.params = append(l.params, Param{name, shape, from, l.n})
	return from
}

// layout lays out a model. Matrices that are multiplied with the same input lie
// one behind another, so that they are one matrix.
func (c *Config) layout() ([]Param, layout, int) {
	var l layouter
	var lay layout
	if c.Arch == GPT2 {
		lay = c.layoutGPT2(&l)
	} else {
		lay = c.layoutLlama(&l)
	}
	return l.params, lay, l.n
}

func (c *Config) layoutLlama(l *layouter) layout {
	q, kv := c.queryWidth(), c.kvWidth()
	lay := layout{embed: l.add("model.embed_tokens.weight", c.Vocab, c.Width), positions: -1}
	for i := range c.Layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		b := block{window: c.window(i), headNorm: c.QKNorm, hiddenHalf: c.Hidden}
		b.in = norm{l.add(p+"input_layernorm.weight", c.Width), -1}
		b.qkv = linear{w: l.add(p+"self_attn.q_proj.weight", q, c.Width), b: -1, in: c.Width, out: c.qkvWidth()}
		l.add(p+"self_attn.k_proj.weight", kv, c.Width)
		l.add(p+"self_attn.v_proj.weight", kv, c.Width)
		if c.QKVBias {
			b.qkv.b = l.add(p+"self_attn.q_proj.bias", q)
			l.add(p+"self_attn.k_proj.bias", kv)
			l.add(p+"self_attn.v_proj.bias", kv)
		}
		if c.QKNorm {
			b.qNorm = norm{l.add(p+"self_attn.q_norm.weight", c.HeadDim), -1}
			b.kNorm = norm{l.add(p+"self_attn.k_norm.weight", c.HeadDim), -1}
		}
		b.out = linear{w: l.add(p+"self_attn.o_proj.weight", c.Width, q), b: -1, in: q, out: c.Width}
		if c.OutBias {
			b.out.b = l.add(p+"self_attn.o_proj.bias", c.Width)
		}
		b.post = norm{l.add(p+"post_attention_layernorm.weight", c.Width), -1}
		b.up = linear{w: l.add(p+"mlp.gate_proj.weight", c.Hidden, c.Width), b: -1, in: c.Width, out: 2 * c.Hidden}
		l.add(p+"mlp.up_proj.weight", c.Hidden, c.Width)
		if c.MLPBias {
			b.up.b = l.add(p+"mlp.gate_proj.bias", c.Hidden)
			l.add(p+"mlp.up_proj.bias", c.Hidden)
		}
		b.down = linear{w: l.add(p+"mlp.down_proj.weight", c.Width, c.Hidden), b: -1, in: c.Hidden, out: c.Width}
		if c.MLPBias {
			b.down.b = l.add(p+"mlp.down_proj.bias", c.Width)
		}
		lay.blocks = append(lay.blocks, b)
	}
	lay.final = norm{l.add("model.norm.weight", c.Width), -1}
	lay.head = lay.embed
	if !c.Tied {
		lay.head = l.add("lm_head.weight", c.Vocab, c.Width)
	}
	return lay
}

func (c *Config) layoutGPT2(l *layouter) layout {
	w := c.Width
	lay := layout{embed: l.add("transformer.wte.weight", c.Vocab, w)}
	lay.positions = l.add("transformer.wpe.weight", c.Context, w)
	both := func(name string) norm { return norm{l.add(name+".weight", w), l.add(name+".bias", w)} }
	conv := func(name string, in, out int) linear {
		return linear{w: l.add(name+".weight", in, out), b: l.add(name+".bias", out), in: in, out: out, conv: true}
	}
	for i := range c.Layers {
		p := fmt.Sprintf("transformer.h.%d.", i)
		lay.blocks = append(lay.blocks, block{
			in: both(p + "ln_1"), qkv: conv(p+"attn.c_attn", w, 3*w), out: conv(p+"attn.c_proj", w, w),
			post: both(p + "ln_2"), up: conv(p+"mlp.c_fc", w, c.Hidden), down: conv(p+"mlp.c_proj", c.Hidden, w),
		})
	}
	lay.final = both("transformer.ln_f")
	lay.head = lay.embed
	if !c.Tied {
		lay.head = l.add("lm_head.weight", c.Vocab, w)
	}
	return lay
}

func (p *Param) embedding() bool {
	return strings.Contains(p.Name, "embed_tokens") || strings.Contains(p.Name, ".wte.") || strings.Contains(p.Name, ".wpe.") || p.Name == "lm_head.weight"
}

// norm reports whether the tensor scales a norm.
func (p *Param) norm() bool {
	return len(p.Shape) == 1 && strings.HasSuffix(p.Name, ".weight")
}

// endsBranch reports whether the matrix adds to the residual stream.
func (p *Param) endsBranch() bool {
	return strings.Contains(p.Name, ".o_proj.") || strings.Contains(p.Name, ".down_proj.") || strings.Contains(p.Name, ".c_proj.")
}
