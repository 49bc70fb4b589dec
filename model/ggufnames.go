package model

import (
	"strings"
)

// GGUF names tensors alike in all families, and has two of them in another order: of
// Llama, the rows of a head's queries and keys, whose pairs stand side by side there
// and in two halves here; of GPT-2, matrices lie output by input.

// ggufParts are the names of tensors outside layers and, behind a layer's number, in
// them: transformers' first, then GGUF's.
var ggufParts = [][2]string{
	{"model.embed_tokens.", "token_embd."}, {"model.norm.", "output_norm."}, {"lm_head.", "output."},
	{"transformer.wte.", "token_embd."}, {"transformer.wpe.", "position_embd."}, {"transformer.ln_f.", "output_norm."},
	{"input_layernorm.", "attn_norm."}, {"post_attention_layernorm.", "ffn_norm."},
	{"self_attn.q_proj.", "attn_q."}, {"self_attn.k_proj.", "attn_k."}, {"self_attn.v_proj.", "attn_v."}, {"self_attn.o_proj.", "attn_output."},
	{"self_attn.q_norm.", "attn_q_norm."}, {"self_attn.k_norm.", "attn_k_norm."},
	{"mlp.gate_proj.", "ffn_gate."}, {"mlp.up_proj.", "ffn_up."}, {"mlp.down_proj.", "ffn_down."},
	{"ln_1.", "attn_norm."}, {"ln_2.", "ffn_norm."}, {"attn.c_attn.", "attn_qkv."}, {"attn.c_proj.", "attn_output."},
	{"mlp.c_fc.", "ffn_up."}, {"mlp.c_proj.", "ffn_down."},
}

// ggufName returns GGUF's name of one of a model's tensors.
func ggufName(name string) string {
	layer := ""
	for _, prefix := range []string{"model.layers.", "transformer.h."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			layer, name, _ = strings.Cut(rest, ".")
			layer = "blk." + layer + "."
		}
	}
	for _, p := range ggufParts {
		if rest, ok := strings.CutPrefix(name, p[0]); ok {
			return layer + p[1] + rest
		}
	}
	panic("model: no name in GGUF for " + name)
}

// ggufHeads returns by how many heads a tensor's rows are turned, 0 for others.
func (c *Config) ggufHeads(name string) int {
	switch {
	case c.Arch != Llama && c.Arch != Mistral:
		return 0
	case strings.Contains(name, ".q_proj."):
		return c.Heads
	case strings.Contains(name, ".k_proj."):
		return c.KVHeads
	}
	return 0
}

// ggufTransposed reports whether GGUF has the tensor the other way round.
func (c *Config) ggufTransposed(p *Param) bool { return c.Arch == GPT2 && p.Matrix() }

// ggufShape returns a tensor's shape in GGUF.
func (c *Config) ggufShape(p *Param) []int {
	if c.ggufTransposed(p) {
		return []int{p.Shape[1], p.Shape[0]}
	}
	return p.Shape
}

// toGGUF brings a tensor's numbers into GGUF's order.
func (c *Config) toGGUF(p *Param, x []float32) {
	if heads := c.ggufHeads(p.Name); heads > 0 {
		turnHeads(x, heads, p.Shape[0], false)
	}
	if c.ggufTransposed(p) {
		transpose(x, p.Shape[0], p.Shape[1])
	}
}

// fromGGUF is the way back.
func (c *Config) fromGGUF(p *Param, x []float32) {
	if heads := c.ggufHeads(p.Name); heads > 0 {
		turnHeads(x, heads, p.Shape[0], true)
	}
	if c.ggufTransposed(p) {
		transpose(x, p.Shape[1], p.Shape[0])
	}
}

// turnHeads brings row i of the first half of each head beside row i of its second
// half, or back.
func turnHeads(x []float32, heads, rows int, back bool) {
	width, dim := len(x)/rows, rows/heads
	old := make([]float32, dim*width)
	for h := range heads {
		head := x[h*dim*width:][:dim*width]
		copy(old, head)
		for i := range dim / 2 {
			for half := range 2 {
				apart, beside := (half*dim/2+i)*width, (2*i+half)*width
				if back {
					apart, beside = beside, apart
				}
				copy(head[beside:beside+width], old[apart:apart+width])
			}
		}
	}
}

// transpose turns a rows × cols matrix.
func transpose(x []float32, rows, cols int) {
	old := append([]float32(nil), x...)
	for r := range rows {
		for c := range cols {
			x[c*rows+r] = old[r*cols+c]
		}
	}
}
