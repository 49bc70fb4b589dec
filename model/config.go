package model

import (
	"errors"
	"fmt"

	"feilun/internal/tensor"
)

// ErrFormat is wrapped by every complaint about a model's files.
var ErrFormat = errors.New("not a usable model")

// The architectures, by transformers' model_type.
const (
	Llama   = "llama" // also SmolLM2, TinyLlama, Llama 2 and 3
	Mistral = "mistral"
	Qwen2   = "qwen2"
	Qwen3   = "qwen3"
	GPT2    = "gpt2"
)

// A Config is the shape of a model.
type Config struct {
	Arch    string // Llama, Mistral, Qwen2, Qwen3 or GPT2
	Vocab   int    // rows of the embedding
	Width   int    // of the residual stream
	Layers  int
	Heads   int // of queries
	KVHeads int // of keys and values; divides Heads
	HeadDim int
	Hidden  int // width inside the feed-forward network
	Context int // longest sequence it was trained for

	Eps     float64 // of the norms
	Theta   float64 // base of the rotary embedding
	Scaling *Scaling
	Tied    bool // the head's matrix is the embedding

	QKVBias bool // biases of the projections to queries, keys and values
	OutBias bool // bias of the attention's output
	MLPBias bool
	QKNorm  bool // queries and keys are normed, each head alone

	Window     int // tokens that attention sees, itself included; 0 for all
	WindowFrom int // first layer with a window

	BOS, EOS []int // numbers of tokens that begin and end texts
}

// Scaling stretches the rotary embedding over longer contexts: all frequencies by
// Factor (Kind "linear"), or only low ones, as Llama 3.1 does (Kind "llama3").
type Scaling struct {
	Kind            string  `json:"rope_type"`
	Factor          float64 `json:"factor"`
	Low             float64 `json:"low_freq_factor,omitempty"`
	High            float64 `json:"high_freq_factor,omitempty"`
	OriginalContext int     `json:"original_max_position_embeddings,omitempty"`
}

// learnedPositions reports whether positions are an embedding.
func (c *Config) learnedPositions() bool { return c.Arch == GPT2 }

// gated reports whether the feed-forward network is SwiGLU; else it is GELU.
func (c *Config) gated() bool { return c.Arch != GPT2 }

func (c *Config) queryWidth() int { return c.Heads * c.HeadDim }
func (c *Config) kvWidth() int    { return c.KVHeads * c.HeadDim }
func (c *Config) qkvWidth() int   { return c.queryWidth() + 2*c.kvWidth() }

// upWidth is the width of what goes into the activation.
func (c *Config) upWidth() int {
	if c.gated() {
		return 2 * c.Hidden
	}
	return c.Hidden
}

// window returns the window of a layer, 0 for none.
func (c *Config) window(layer int) int {
	if layer >= c.WindowFrom {
		return c.Window
	}
	return 0
}

// maxWeights is the largest model that is made, in weights.
const maxWeights = 1 << 38

// check refuses shapes that no model can have.
func (c *Config) check() error {
	for _, f := range []struct {
		name     string
		n, limit int
	}{
		{"vocabulary", c.Vocab, 1 << 24}, {"width", c.Width, 1 << 20}, {"layers", c.Layers, 1 << 12}, {"heads", c.Heads, 1 << 16},
		{"key and value heads", c.KVHeads, 1 << 16}, {"head width", c.HeadDim, tensor.MaxStretch}, {"feed-forward width", c.Hidden, 1 << 22}, {"context", c.Context, 1 << 28},
	} {
		if f.n < 1 || f.n > f.limit {
			return fmt.Errorf("%w: %s of %d, want 1 to %d", ErrFormat, f.name, f.n, f.limit)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%w: %d heads cannot share %d heads of keys and values", ErrFormat, c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0 && !c.learnedPositions():
		return fmt.Errorf("%w: a rotary embedding needs heads of even width, not %d", ErrFormat, c.HeadDim)
	case !(c.Eps > 0 && c.Eps < 1):
		return fmt.Errorf("%w: the norms' epsilon is %v", ErrFormat, c.Eps)
	case !c.learnedPositions() && !(c.Theta > 1 && c.Theta < 1e15):
		return fmt.Errorf("%w: the rotary embedding's base is %v", ErrFormat, c.Theta)
	case c.Scaling != nil && !(max(c.Scaling.Factor, c.Scaling.Low, c.Scaling.High) < 1e9):
		return fmt.Errorf("%w: the rotary embedding is scaled by %v", ErrFormat, *c.Scaling)
	case c.Window < 0 || c.WindowFrom < 0:
		return fmt.Errorf("%w: a window of %d from layer %d on", ErrFormat, c.Window, c.WindowFrom)
	case c.weights() > maxWeights:
		return fmt.Errorf("%w: %.0f billion weights, at most %d are handled", ErrFormat, c.weights()/1e9, maxWeights/1_000_000_000)
	}
	return nil
}

// weights estimates the number of weights without overflow.
func (c *Config) weights() float64 {
	w, l := float64(c.Width), float64(c.Layers)
	return float64(c.Vocab)*w*2 + l*w*(float64(c.qkvWidth()+c.queryWidth())+3*float64(c.Hidden))
}

// FromDepth returns the default model of a depth, the one dial: Qwen3's block, which
// transformers, vLLM, llama.cpp and Ollama know. Width is 64 for each layer and the
// base of the rotary embedding 100,000, as in nanochat; heads are 64 wide, from 12
// layers on 128; two heads share keys and values where their number is even (so does Qwen3);
// the feed-forward width is 8/3 of the width, in multiples of 64 (Shazeer, 2020); the
// embedding is tied below 32 layers, as in Qwen3 up to 4 billion weights.
func FromDepth(depth, vocab int) Config {
	c := Config{Arch: Qwen3, Vocab: vocab, Width: 64 * depth, Layers: depth, HeadDim: 64, Context: 2048,
		Eps: 1e-6, Theta: 100_000, Tied: depth < 32, QKNorm: true}
	if depth >= 12 {
		c.HeadDim = 128
	}
	c.Heads = (c.Width + c.HeadDim - 1) / c.HeadDim
	c.KVHeads = c.Heads
	if c.Heads%2 == 0 {
		c.KVHeads = c.Heads / 2
	}
	c.Hidden = (8*c.Width/3 + 63) / 64 * 64
	return c
}

// FLOPs returns the floating-point operations of training on a token in sequences of
// a length, as the field counts them: 6 for each weight of a matrix, the head's
// included, and 12·width·length a layer for attention (Chowdhery et al., 2022,
// appendix B). Generating takes a third.
func (c *Config) FLOPs(length int) float64 {
	w, q, h := float64(c.Width), float64(c.queryWidth()), float64(c.Hidden)
	perLayer := w*(float64(c.qkvWidth())+q) + w*(float64(c.upWidth())+h)
	return 6*(float64(c.Layers)*perLayer+w*float64(c.Vocab)) + 12*float64(c.Layers)*q*float64(length)
}
