package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
	"feilun/internal/hint"
	"feilun/internal/quant"
)

// GGUFOptions are what [SaveGGUF] needs beside the weights.
type GGUFOptions struct {
	Type      quant.Type // of matrices; norms, biases and learned positions are F32
	Name      string     // of the model
	Tokenizer *bpe.Tokenizer
	Prefix    []uint32 // tokens before every text
	Template  string   // of chats, in Jinja; may be empty

	// Fallback is told of matrices whose rows are no whole blocks of Type, which are
	// written as a wider one.
	Fallback func(tensor string, t quant.Type)
}

// SaveGGUF writes the model in a folder as one file that llama.cpp loads. One tensor is
// in memory at a time. A folder that holds no usable model is a usage error.
func SaveGGUF(ctx context.Context, path, dir string, o GGUFOptions) error {
	c, s, done, err := openFolder(dir)
	if err != nil {
		return hint.Usage(err)
	}
	defer done()
	return c.saveGGUF(ctx, path, o, func(p *Param, dst []float32) error { return s.read(dst, p) })
}

// SaveGGUF writes a model as one file that llama.cpp loads.
func (m *Model) SaveGGUF(ctx context.Context, path string, o GGUFOptions) error {
	return m.Config.saveGGUF(ctx, path, o, func(p *Param, dst []float32) error {
		copy(dst, m.W[p.From:p.To])
		return nil
	})
}

// saveGGUF writes the weights that read returns.
func (c *Config) saveGGUF(ctx context.Context, path string, o GGUFOptions, read func(p *Param, dst []float32) error) error {
	meta, err := c.ggufMeta(&o)
	if err != nil {
		return hint.Usage(hint.With(err, "safetensors have it all: feilun convert --to safetensors"))
	}
	words, err := c.ggufWords(&o)
	if err != nil {
		return hint.Usage(err)
	}
	var tensors []gguf.Source
	params, _, _ := c.layout()
	for _, p := range params {
		shape, wanted := c.ggufShape(&p), c.ggufType(&p, o.Type)
		t := fitting(wanted, shape[len(shape)-1])
		if t != wanted && o.Fallback != nil {
			o.Fallback(p.Name, t)
		}
		tensors = append(tensors, gguf.Source{Name: ggufName(p.Name), Type: t, Shape: shape, Rows: func(dst []float32) error {
			err := ctx.Err()
			if err == nil {
				err = read(&p, dst)
			}
			if err != nil {
				return err
			}
			c.toGGUF(&p, dst)
			return nil
		}})
	}
	if c.Scaling != nil && c.Scaling.Kind == "llama3" {
		tensors = append(tensors, gguf.Source{Name: ropeTensor, Type: quant.F32, Shape: []int{c.HeadDim / 2}, Rows: func(dst []float32) error {
			copy(dst, c.ropeFactors())
			return nil
		}})
	}
	return gguf.Save(path, append(meta, words...), tensors)
}

// ropeTensor has by how much each pair of a head turns more slowly.
const ropeTensor = "rope_freqs.weight"

func (c *Config) ropeFactors() []float32 {
	var f []float32
	for i := range c.HeadDim / 2 {
		rate := math.Pow(c.Theta, -2*float64(i)/float64(c.HeadDim))
		f = append(f, float32(rate/c.Scaling.rate(rate)))
	}
	return f
}

// ggufType returns the type of a tensor: as llama.cpp's own files have it, the head is
// of 6 bits where other matrices are of 4.
func (c *Config) ggufType(p *Param, t quant.Type) quant.Type {
	head := p.Name == "lm_head.weight" || c.Tied && p.embedding()
	switch {
	case len(p.Shape) == 1 || strings.Contains(p.Name, ".wpe."):
		return quant.F32
	case head && (t == quant.Q4_0 || t == quant.Q4_K):
		return quant.Q6_K
	}
	return t
}

// fitting returns the type, or the next wider one whose blocks fill a row.
func fitting(t quant.Type, row int) quant.Type {
	for _, wider := range []quant.Type{t, quant.Q8_0, quant.F16} {
		if row%wider.Block() == 0 {
			return wider
		}
	}
	return quant.F16
}

// ggufArch is llama.cpp's name of the architecture.
func (c *Config) ggufArch() string {
	if c.Arch == Mistral {
		return Llama // the same without a window
	}
	return c.Arch
}

// ggufMeta returns the metadata of the model's shape, or why llama.cpp has no such
// model.
func (c *Config) ggufMeta(o *GGUFOptions) ([]gguf.KV, error) {
	arch, context := c.ggufArch(), c.Context
	if c.Window > 0 && c.Window < context {
		context = c.Window // beyond it attention would see more than it was trained for
	}
	switch {
	case c.Arch == Qwen3 && (c.QKVBias || c.OutBias):
		return nil, errors.New("llama.cpp's qwen3 has no biases: the model cannot be written as GGUF")
	case c.Scaling != nil && c.Scaling.Kind == "llama3" && arch != Llama:
		return nil, fmt.Errorf("llama.cpp's %s does not know Llama 3's scaling of the rotary embedding: the model cannot be written as GGUF", arch)
	}
	n := func(key string, v int) gguf.KV { return gguf.KV{Key: arch + "." + key, Value: uint32(v)} }
	x := func(key string, v float64) gguf.KV { return gguf.KV{Key: arch + "." + key, Value: float32(v)} }
	meta := []gguf.KV{{Key: "general.architecture", Value: arch}, {Key: "general.type", Value: "model"}}
	if o.Name != "" {
		meta = append(meta, gguf.KV{Key: "general.name", Value: o.Name})
	}
	meta = append(meta, gguf.KV{Key: "general.file_type", Value: fileType(o.Type)}, gguf.KV{Key: "general.quantization_version", Value: uint32(2)},
		n("vocab_size", c.Vocab), n("context_length", context), n("embedding_length", c.Width), n("block_count", c.Layers), n("feed_forward_length", c.Hidden),
		n("attention.head_count", c.Heads), n("attention.head_count_kv", c.KVHeads))
	if c.Arch == GPT2 {
		return append(meta, x("attention.layer_norm_epsilon", c.Eps)), nil
	}
	meta = append(meta, n("attention.key_length", c.HeadDim), n("attention.value_length", c.HeadDim), n("rope.dimension_count", c.HeadDim),
		x("rope.freq_base", c.Theta), x("attention.layer_norm_rms_epsilon", c.Eps))
	if s := c.Scaling; s != nil && s.Kind == "linear" {
		meta = append(meta, gguf.KV{Key: arch + ".rope.scaling.type", Value: "linear"}, x("rope.scaling.factor", s.Factor))
	} else if s != nil {
		for _, v := range []struct {
			key   string
			value float64
		}{{"factor", s.Factor}, {"low", s.Low}, {"high", s.High}, {"context", float64(s.OriginalContext)}} {
			meta = append(meta, gguf.KV{Key: ropeKeys + v.key, Value: v.value})
		}
	}
	return meta, nil
}

// fileType is llama.cpp's number of a file's main type (enum llama_ftype).
func fileType(t quant.Type) uint32 {
	return map[quant.Type]uint32{quant.F32: 0, quant.F16: 1, quant.Q4_0: 2, quant.Q8_0: 7, quant.Q4_K: 14, quant.Q6_K: 18, quant.BF16: 32}[t]
}
