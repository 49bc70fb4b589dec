package model

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"feilun/internal/gguf"
	"feilun/internal/hint"
)

// GGUFConfig returns the shape of the model in a file of llama.cpp.
func GGUFConfig(f *gguf.File) (Config, error) {
	c, err := ggufConfig(f)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return c, c.check()
}

func ggufConfig(f *gguf.File) (Config, error) {
	arch, _ := gguf.Get[string](f, "general.architecture")
	var c Config
	switch arch {
	case Llama, Qwen2, Qwen3, GPT2:
		c.Arch = arch
	default:
		return c, hint.With(fmt.Errorf("architecture %q is not known", arch), "known are llama (with Mistral), qwen2, qwen3 and gpt2")
	}
	if err := ggufUnlike(f, arch); err != nil {
		return c, err
	}
	n := func(key string, def int) int { return ggufNumber(f, arch+"."+key, def) }
	x := func(key string, def float64) float64 { return short(ggufNumber(f, arch+"."+key, def)) }
	embed, ok := f.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return c, fmt.Errorf("no matrix %q", "token_embd.weight")
	}
	c.Vocab, c.Width = embed.Shape[0], embed.Shape[1]
	c.Layers, c.Heads, c.Hidden, c.Context = n("block_count", 0), n("attention.head_count", 0), n("feed_forward_length", 0), n("context_length", 0)
	c.KVHeads = n("attention.head_count_kv", c.Heads)
	if experts := n("expert_count", 0); experts > 0 {
		return c, fmt.Errorf("a mixture of %d experts is not known", experts)
	}
	if c.Heads > 0 {
		c.HeadDim = n("attention.key_length", c.Width/c.Heads)
	}
	if v := n("attention.value_length", c.HeadDim); v != c.HeadDim {
		return c, fmt.Errorf("heads of %d for keys and %d for values are not known", c.HeadDim, v)
	}
	has := func(name string) bool { _, ok := f.Tensor(name); return ok }
	c.Tied = !has("output.weight")
	c.ends(f)
	if arch == GPT2 {
		c.Eps, c.QKVBias, c.OutBias, c.MLPBias = x("attention.layer_norm_epsilon", 1e-5), true, true, true
		return c, nil
	}
	c.Eps, c.Theta = x("attention.layer_norm_rms_epsilon", 1e-6), x("rope.freq_base", 10_000)
	c.QKVBias, c.OutBias, c.MLPBias = has("blk.0.attn_q.bias"), has("blk.0.attn_output.bias"), has("blk.0.ffn_up.bias")
	c.QKNorm = arch == Qwen3
	if rotated := n("rope.dimension_count", c.HeadDim); rotated != c.HeadDim {
		return c, fmt.Errorf("a rotary embedding of %d of a head's %d numbers is not known", rotated, c.HeadDim)
	}
	return c, c.ggufScaling(f)
}

// ggufUnlike refuses what has the tensors of a model that is known, and is another or not whole.
func ggufUnlike(f *gguf.File, arch string) error {
	if n, _ := gguf.Get[int](f, "split.count"); n > 1 {
		return hint.With(fmt.Errorf("it is one of %d parts of a model", n), "join them first: llama-gguf-split --merge FIRST-PART OUT, a tool of llama.cpp")
	}
	if causal, said := gguf.Get[bool](f, arch+".attention.causal"); said && !causal {
		return errors.New("attention that looks ahead (attention.causal is false) is not known")
	}
	return nil
}

// ggufNumber returns the metadata of a key, or def.
func ggufNumber[T int | float64](f *gguf.File, key string, def T) T {
	if v, ok := gguf.Get[T](f, key); ok {
		return v
	}
	return def
}

// short undoes the way of a decimal number through float32: 1e-6, not
// 9.999999974752427e-07.
func short(v float64) float64 {
	if f := float32(v); float64(f) == v {
		var s float64
		if _, err := fmt.Sscan(fmt.Sprint(f), &s); err == nil {
			return s
		}
	}
	return v
}

// ropeKeys begin metadata of our own, which say how [ropeTensor] was made.
const ropeKeys = "feilun.rope."

// ggufLinear reads the factor by which all of the rotary embedding is slowed down, as llama.cpp
// does: linear where no kind is said, under its old key too, and 0 for none.
func (c *Config) ggufLinear(f *gguf.File) error {
	kind, said := gguf.Get[string](f, c.Arch+".rope.scaling.type")
	factor := ggufNumber(f, c.Arch+".rope.scaling.factor", ggufNumber(f, c.Arch+".rope.scale_linear", 0.0))
	switch {
	case said && kind != "linear" && kind != "none":
		return fmt.Errorf("rotary embedding of kind %q is not known; linear and Llama 3's are", kind)
	case kind == "none" || factor == 0 || factor == 1:
		return nil
	case !(factor > 0):
		return fmt.Errorf("the rotary embedding is scaled by %v", factor)
	}
	c.Scaling = &Scaling{Kind: "linear", Factor: short(factor)}
	return nil
}

// ggufScaling reads the scaling of the rotary embedding. Of Llama 3's most files have
// only what comes out; without our own metadata it must be what Meta's models have.
func (c *Config) ggufScaling(f *gguf.File) error {
	if err := c.ggufLinear(f); err != nil {
		return err
	}
	t, ok := f.Tensor(ropeTensor)
	if !ok {
		return nil
	}
	if c.Scaling != nil {
		return fmt.Errorf("a rotary embedding that is scaled both by a factor and by %q is not known", ropeTensor)
	}
	if c.HeadDim < 2 || t.Len() != c.HeadDim/2 {
		return fmt.Errorf("%q has %d numbers for heads of %d", ropeTensor, t.Len(), c.HeadDim)
	}
	got := make([]float32, t.Len())
	if err := f.F32(got, ropeTensor); err != nil {
		return err
	}
	own := func(key string, def float64) float64 { return short(ggufNumber(f, ropeKeys+key, def)) }
	c.Scaling = &Scaling{Kind: "llama3", Factor: own("factor", short(float64(slices.Max(got)))), Low: own("low", 1), High: own("high", 4), OriginalContext: int(own("context", 8192))}
	if s := c.Scaling; s.Factor > 0 && s.Low > 0 && s.High > s.Low && s.OriginalContext > 0 &&
		slices.EqualFunc(got, c.ropeFactors(), func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-4*math.Abs(float64(b)) }) {
		return nil
	}
	return fmt.Errorf("the rotary embedding is scaled in a way that is not known (%q)", ropeTensor)
}

// OpenGGUF reads a model from a file of llama.cpp.
func OpenGGUF(f *gguf.File) (*Model, error) {
	c, err := GGUFConfig(f)
	if err != nil {
		return nil, err
	}
	if err := c.fitsGGUF(f); err != nil {
		return nil, err
	}
	return c.fill(&ggufSource{f, &c})
}

// fitsGGUF compares a file's tensors with those of a configuration before memory is
// taken for them.
func (c *Config) fitsGGUF(f *gguf.File) error {
	params, _, _ := c.layout()
	known := map[string]bool{ropeTensor: true}
	for _, p := range params {
		name := ggufName(p.Name)
		t, ok := f.Tensor(name)
		if !ok {
			return fmt.Errorf("%w: no tensor %q", ErrFormat, name)
		}
		if shape := c.ggufShape(&p); !slices.Equal(t.Shape, shape) {
			return fmt.Errorf("%w: %q has shape %v, its metadata want %v", ErrFormat, name, t.Shape, shape)
		}
		if err := t.Readable(); err != nil {
			return err
		}
		known[name] = true
	}
	for _, t := range f.Tensors {
		if !known[t.Name] {
			return fmt.Errorf("%w: tensor %q is not part of its architecture", ErrFormat, t.Name)
		}
	}
	return nil
}
