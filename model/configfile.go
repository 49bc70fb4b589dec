package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/hint"
)

// maxConfig is the largest config.json that is read.
const maxConfig = 4 << 20

// A configFile is what is read of config.json. Pointers tell what is not there.
type configFile struct {
	ModelType string   `json:"model_type"`
	Classes   []string `json:"architectures"`

	Vocab   int      `json:"vocab_size"`
	Width   int      `json:"hidden_size"`
	Layers  int      `json:"num_hidden_layers"`
	Heads   int      `json:"num_attention_heads"`
	KVHeads *int     `json:"num_key_value_heads"`
	HeadDim *int     `json:"head_dim"`
	Hidden  int      `json:"intermediate_size"`
	Context int      `json:"max_position_embeddings"`
	Eps     *float64 `json:"rms_norm_eps"`
	Act     *string  `json:"hidden_act"`
	Tied    *bool    `json:"tie_word_embeddings"`

	Theta   *float64        `json:"rope_theta"`
	Scaling json.RawMessage `json:"rope_scaling"`
	Rope    json.RawMessage `json:"rope_parameters"`
	Partial *float64        `json:"partial_rotary_factor"`

	AttentionBias bool            `json:"attention_bias"`
	MLPBias       bool            `json:"mlp_bias"`
	Window        json.RawMessage `json:"sliding_window"`
	UseWindow     *bool           `json:"use_sliding_window"`
	WindowLayers  *int            `json:"max_window_layers"`
	LayerTypes    []string        `json:"layer_types"`
	BOS           json.RawMessage `json:"bos_token_id"`
	EOS           json.RawMessage `json:"eos_token_id"`
	Quantization  json.RawMessage `json:"quantization_config"`

	gpt2File
}

// A gpt2File is what GPT-2 names in its own way.
type gpt2File struct {
	NEmbd   int      `json:"n_embd"`
	NLayer  int      `json:"n_layer"`
	NHead   int      `json:"n_head"`
	NInner  *int     `json:"n_inner"`
	NPos    int      `json:"n_positions"`
	LNEps   *float64 `json:"layer_norm_epsilon"`
	GPTAct  *string  `json:"activation_function"`
	Scale   *bool    `json:"scale_attn_weights"`
	Inverse bool     `json:"scale_attn_by_inverse_layer_idx"`
	Cross   bool     `json:"add_cross_attention"`
}

// ReadConfig reads a config.json of transformers.
func ReadConfig(name string) (Config, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Config{}, ofRun(filepath.Dir(name), err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxConfig {
		return Config{}, fmt.Errorf("%s: %w: %d bytes of configuration", name, ErrFormat, info.Size())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return Config{}, err
	}
	c, err := ParseConfig(b)
	if err != nil {
		return c, hint.With(fmt.Errorf("%s: %w", name, err), hint.Of(err))
	}
	return c, nil
}

// ParseConfig reads the bytes of a config.json. What would change the model and is
// not known here, such as another activation, is an error.
func ParseConfig(b []byte) (Config, error) {
	var f configFile
	if err := json.Unmarshal(b, &f); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if q := bytes.TrimSpace(f.Quantization); len(q) > 0 && string(q) != "null" {
		return Config{}, hint.With(fmt.Errorf("%w: its weights are quantized", ErrFormat), "take the same model's unquantized weights (F32, F16 or BF16)")
	}
	var c Config
	var err error
	switch f.ModelType {
	case GPT2:
		c, err = f.gpt2()
	case Llama, Mistral, Qwen2, Qwen3:
		c, err = f.llama()
	default:
		return Config{}, hint.With(fmt.Errorf("%w: architecture %q is not known", ErrFormat, f.ModelType),
			"known are llama (with SmolLM2 and TinyLlama), mistral, qwen2, qwen3 and gpt2")
	}
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if c.BOS, err = ids(f.BOS); err == nil {
		c.EOS, err = ids(f.EOS)
	}
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c.BOS, c.EOS = within(c.BOS, c.Vocab), within(c.EOS, c.Vocab)
	return c, c.check()
}

// within leaves out numbers that are no token's: configurations have -1 and the like for none.
func within(ids []int, vocab int) []int {
	return slices.DeleteFunc(ids, func(id int) bool { return id < 0 || id >= vocab })
}

// ids reads a number, a list of them, or nothing.
func ids(b json.RawMessage) ([]int, error) {
	var one *int
	if len(b) == 0 {
		return nil, nil
	}
	if json.Unmarshal(b, &one) == nil {
		if one == nil {
			return nil, nil
		}
		return []int{*one}, nil
	}
	var list []int
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("token numbers %s: want a number or a list of them", b)
	}
	return list, nil
}

func or[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

func (f *configFile) gpt2() (Config, error) {
	c := Config{Arch: GPT2, Vocab: f.Vocab, Width: f.NEmbd, Layers: f.NLayer, Heads: f.NHead, KVHeads: f.NHead, Context: f.NPos,
		Hidden: or(f.NInner, 4*f.NEmbd), Eps: or(f.LNEps, 1e-5), Tied: or(f.Tied, true), QKVBias: true, OutBias: true, MLPBias: true}
	if act := or(f.GPTAct, "gelu_new"); act != "gelu_new" && act != "gelu_pytorch_tanh" {
		return c, fmt.Errorf("activation %q is not known; gelu_new is", act)
	}
	if !or(f.Scale, true) || f.Inverse || f.Cross {
		return c, errors.New("attention that is not scaled in GPT-2's usual way, or looks at another model, is not known")
	}
	if c.Heads < 1 || c.Width%c.Heads != 0 {
		return c, fmt.Errorf("%d heads do not divide a width of %d", c.Heads, c.Width)
	}
	c.HeadDim = c.Width / c.Heads
	return c, nil
}

func (f *configFile) llama() (Config, error) {
	c := Config{Arch: f.ModelType, Vocab: f.Vocab, Width: f.Width, Layers: f.Layers, Heads: f.Heads, KVHeads: or(f.KVHeads, f.Heads), Context: f.Context,
		Hidden: f.Hidden, Eps: or(f.Eps, 1e-6), Tied: or(f.Tied, false)}
	if act := or(f.Act, "silu"); act != "silu" && act != "swish" {
		return c, fmt.Errorf("activation %q is not known; silu is", act)
	}
	if or(f.Partial, 1) != 1 {
		return c, errors.New("a rotary embedding of a part of each head is not known")
	}
	if f.HeadDim != nil {
		c.HeadDim = *f.HeadDim
	} else if f.ModelType == Qwen3 {
		c.HeadDim = 128 // transformers' default
	} else if c.Heads > 0 {
		c.HeadDim = c.Width / c.Heads
	}
	switch f.ModelType {
	case Llama:
		c.QKVBias, c.OutBias, c.MLPBias = f.AttentionBias, f.AttentionBias, f.MLPBias
	case Qwen2:
		c.QKVBias = true
	case Qwen3:
		c.QKVBias, c.OutBias, c.QKNorm = f.AttentionBias, f.AttentionBias, true
	}
	if f.ModelType == Mistral || or(f.UseWindow, false) && f.ModelType != Llama {
		var err error
		if c.Window, err = f.window(); err != nil {
			return c, err
		}
	}
	if f.ModelType != Mistral && c.Window > 0 {
		c.WindowFrom = or(f.WindowLayers, 28) // transformers' default
		if err := f.windows(&c); err != nil {
			return c, err
		}
	}
	return c, f.rope(&c)
}

// window returns how far attention sees: everything where that is null, and transformers' default
// where nothing is said.
func (f *configFile) window() (int, error) {
	if len(f.Window) == 0 {
		return 4096, nil
	}
	var n *int
	if err := json.Unmarshal(f.Window, &n); err != nil {
		return 0, fmt.Errorf("sliding_window: %w", err)
	}
	return or(n, 0), nil
}

// windows takes the layers that have a window from a list of all layers, which goes before
// max_window_layers. They have to be the last ones.
func (f *configFile) windows(c *Config) error {
	if f.LayerTypes == nil {
		return nil
	}
	if len(f.LayerTypes) != c.Layers {
		return fmt.Errorf("%d layer_types of %d layers", len(f.LayerTypes), c.Layers)
	}
	c.WindowFrom = c.Layers
	for i, kind := range f.LayerTypes {
		switch {
		case kind == "sliding_attention":
			c.WindowFrom = min(c.WindowFrom, i)
		case kind != "full_attention" || c.WindowFrom < i:
			return fmt.Errorf("layer %d is of type %q: known is full_attention, then sliding_attention in all layers behind", i, kind)
		}
	}
	return nil
}

// classes are transformers' names of the architectures.
func (c *Config) class() string {
	return map[string]string{Llama: "LlamaForCausalLM", Mistral: "MistralForCausalLM", Qwen2: "Qwen2ForCausalLM", Qwen3: "Qwen3ForCausalLM", GPT2: "GPT2LMHeadModel"}[c.Arch]
}

// JSON returns the bytes of a config.json that transformers reads.
func (c *Config) JSON() []byte {
	m := map[string]any{"architectures": []string{c.class()}, "model_type": c.Arch, "vocab_size": c.Vocab, "tie_word_embeddings": c.Tied, "torch_dtype": "float32",
		"bos_token_id": one(c.BOS), "eos_token_id": one(c.EOS)}
	put := func(values map[string]any) {
		for k, v := range values {
			m[k] = v
		}
	}
	if c.Arch == GPT2 {
		put(map[string]any{"n_embd": c.Width, "n_layer": c.Layers, "n_head": c.Heads, "n_inner": c.Hidden, "n_positions": c.Context, "n_ctx": c.Context,
			"layer_norm_epsilon": c.Eps, "activation_function": "gelu_new"})
	} else {
		put(map[string]any{"hidden_size": c.Width, "num_hidden_layers": c.Layers, "num_attention_heads": c.Heads, "num_key_value_heads": c.KVHeads,
			"head_dim": c.HeadDim, "intermediate_size": c.Hidden, "max_position_embeddings": c.Context, "rms_norm_eps": c.Eps, "hidden_act": "silu",
			"rope_theta": c.Theta, "rope_scaling": c.Scaling})
	}
	switch c.Arch {
	case Llama:
		put(map[string]any{"attention_bias": c.QKVBias, "mlp_bias": c.MLPBias})
	case Mistral:
		m["sliding_window"] = nil
		if c.Window > 0 {
			m["sliding_window"] = c.Window
		}
	case Qwen2, Qwen3:
		put(map[string]any{"use_sliding_window": c.Window > 0, "sliding_window": nil, "max_window_layers": c.Layers})
		if c.Window > 0 {
			put(map[string]any{"sliding_window": c.Window, "max_window_layers": c.WindowFrom})
		}
		if c.Arch == Qwen3 {
			m["attention_bias"] = c.QKVBias
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // a value that JSON cannot hold
	}
	return append(b, '\n')
}

func one(ids []int) any {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return ids[0]
	}
	return ids
}

// ConfigPath returns where a model's configuration lies: the path itself or
// config.json in that folder.
func ConfigPath(path string) string {
	if strings.HasSuffix(path, ".json") {
		return path
	}
	return filepath.Join(path, "config.json")
}
