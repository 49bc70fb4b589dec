package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"feilun/internal/hint"
)

// hfConfig are the keys of a Hugging Face config.json that size a model, with
// the older names of GPT-2, GPT-NeoX, OPT, MPT and ChatGLM. Models that also
// see or hear keep the language part under text_config.
type hfConfig struct {
	Type         string    `json:"model_type"`
	Name         string    `json:"_name_or_path"`
	Text         *hfConfig `json:"text_config"`
	Layers       int       `json:"num_hidden_layers"`
	NLayer       int       `json:"n_layer"`
	NLayers      int       `json:"n_layers"`
	NumLayers    int       `json:"num_layers"`
	Hidden       int       `json:"hidden_size"`
	NEmbd        int       `json:"n_embd"`
	DModel       int       `json:"d_model"`
	Heads        int       `json:"num_attention_heads"`
	NHead        int       `json:"n_head"`
	NHeads       int       `json:"n_heads"`
	KVHeads      int       `json:"num_key_value_heads"`
	KVHeads2     int       `json:"num_kv_heads"`
	KVGroups     int       `json:"multi_query_group_num"`
	MultiQuery   bool      `json:"multi_query"`
	NewDecoder   bool      `json:"new_decoder_architecture"`
	HeadDim      int       `json:"head_dim"`
	KVChannels   int       `json:"kv_channels"`
	FFN          int       `json:"intermediate_size"`
	FFNMLP       int       `json:"intermediate_size_mlp"`
	NInner       int       `json:"n_inner"`
	FFNDim       int       `json:"ffn_dim"`
	FFNHidden    int       `json:"ffn_hidden_size"`
	Expansion    float64   `json:"expansion_ratio"`
	Vocab        int       `json:"vocab_size"`
	PaddedVocab  int       `json:"padded_vocab_size"`
	MaxPos       int       `json:"max_position_embeddings"`
	NPos         int       `json:"n_positions"`
	SeqLength    int       `json:"seq_length"`
	MaxSeq       int       `json:"max_seq_len"`
	Tied         *bool     `json:"tie_word_embeddings"`
	Act          string    `json:"hidden_act"`
	Window       int       `json:"sliding_window"`
	UseWindow    *bool     `json:"use_sliding_window"`
	Experts      int       `json:"n_routed_experts"`
	Experts2     int       `json:"num_experts"`
	Experts3     int       `json:"num_local_experts"`
	TopK         int       `json:"num_experts_per_tok"`
	Shared       int       `json:"n_shared_experts"`
	SharedFFN    int       `json:"shared_expert_intermediate_size"`
	ExpertFFN    int       `json:"moe_intermediate_size"`
	FirstDense   int       `json:"first_k_dense_replace"`
	ExpertEvery  any       `json:"moe_layer_freq"` // a number, or a list of zeros and ones
	ExpertEvery2 int       `json:"decoder_sparse_step"`
	ExpertEvery3 int       `json:"interleave_moe_layer_step"`
	MTP          int       `json:"num_nextn_predict_layers"`
	QRank        int       `json:"q_lora_rank"`
	KVRank       int       `json:"kv_lora_rank"`
	Nope         int       `json:"qk_nope_head_dim"`
	Rope         int       `json:"qk_rope_head_dim"`
	VDim         int       `json:"v_head_dim"`
}

const configHelp = "it must hold num_hidden_layers, hidden_size and num_attention_heads"

// ReadConfig reads a model from a Hugging Face config.json.
func ReadConfig(text []byte) (Model, error) {
	var c hfConfig
	if err := json.Unmarshal(text, &c); err != nil {
		return Model{}, hint.With(fmt.Errorf("config.json: %w", err), "it must be a model's config.json with num_hidden_layers and hidden_size")
	}
	if c.Text != nil {
		name := cmp.Or(c.Name, c.Type)
		c = *c.Text
		c.Name = cmp.Or(c.Name, name)
	}
	m := Model{Name: cmp.Or(c.Name, c.Type, "config"), Layers: cmp.Or(c.Layers, c.NLayer, c.NLayers, c.NumLayers), Hidden: cmp.Or(c.Hidden, c.NEmbd, c.DModel),
		Heads: cmp.Or(c.Heads, c.NHead, c.NHeads), Vocab: cmp.Or(c.Vocab, c.PaddedVocab), Source: "config.json",
		SeqLen: min(8192, cmp.Or(c.MaxPos, c.NPos, c.SeqLength, c.MaxSeq, 4096))}
	if m.Layers < 1 || m.Hidden < 1 || m.Heads < 1 {
		return m, hint.With(fmt.Errorf("config.json states %d layers, hidden size %d and %d heads", m.Layers, m.Hidden, m.Heads), configHelp)
	}
	m.HeadDim = cmp.Or(c.Nope, c.HeadDim, c.KVChannels, max(1, m.Hidden/m.Heads))
	c.attention(&m)
	c.feedForward(&m)
	c.experts(&m)
	m.MTP, m.QRank, m.KVRank = c.MTP, c.QRank, c.KVRank
	if c.KVRank > 0 {
		m.Rope, m.VDim = c.Rope, c.VDim
	}
	return m, hint.With(m.Validate(), configHelp)
}

func (c *hfConfig) attention(m *Model) {
	m.KVHeads = cmp.Or(c.KVHeads, c.KVGroups, m.Heads)
	if c.MultiQuery && c.KVHeads == 0 && c.KVGroups == 0 && !c.NewDecoder {
		m.KVHeads = 1
	} else if c.KVHeads2 > 0 {
		m.KVHeads = c.KVHeads2
	}
	if c.UseWindow == nil || *c.UseWindow {
		m.Window = c.Window
	}
}

func (c *hfConfig) feedForward(m *Model) {
	m.FFN = cmp.Or(c.FFNMLP, c.FFN, c.NInner, c.FFNDim, c.FFNHidden, int(min(64, max(0, c.Expansion))*float64(m.Hidden)), 4*m.Hidden)
	tied := false // what the library takes when the key is missing
	switch c.Type {
	case "gpt2", "gpt_neo", "gptj", "opt", "bloom", "falcon", "mpt", "phi", "starcoder2", "gpt_bigcode", "gpt_neox":
		tied = c.Type != "phi" && c.Type != "gptj" && c.Type != "gpt_neox"
	case "gemma", "gemma2", "gemma3", "gemma3_text", "cohere", "cohere2":
		m.Gated, tied = true, true // GeGLU under the name gelu
	case "qwen": // the first Qwen counts both halves of its gated layer
		m.Gated, m.FFN = true, max(1, m.FFN/2)
	default:
		m.Gated = c.Act != "gelu" && c.Act != "gelu_new" && c.Act != "relu"
		tied = !m.Gated
	}
	m.Tied = tied
	if c.Tied != nil {
		m.Tied = *c.Tied
	}
}

func (c *hfConfig) experts(m *Model) {
	m.Experts = cmp.Or(c.Experts, c.Experts2, c.Experts3)
	if m.Experts < 1 {
		m.Experts = min(0, m.Experts) // a negative count is refused by Validate
		return
	}
	m.ExpertFFN, m.TopK, m.Shared = cmp.Or(c.ExpertFFN, c.FFN, m.FFN), cmp.Or(c.TopK, 1), c.Shared
	if m.Shared == 0 && c.SharedFFN > 0 && m.ExpertFFN > 0 {
		m.Shared = max(1, c.SharedFFN/m.ExpertFFN)
	}
	if m.Shared == 0 && strings.HasPrefix(c.Type, "llama4") {
		m.Shared = 1
	}
	m.DenseLayers = c.FirstDense
	freq, _ := c.ExpertEvery.(float64)
	if every := cmp.Or(int(min(1e4, max(0, freq))), c.ExpertEvery2, c.ExpertEvery3); every > 1 {
		m.DenseLayers = m.Layers - m.Layers/every
	}
	if list, ok := c.ExpertEvery.([]any); ok && len(list) == m.Layers {
		m.DenseLayers = 0
		for _, v := range list {
			if f, _ := v.(float64); f == 0 {
				m.DenseLayers++
			}
		}
	}
}

// ParseModel returns the model a user names: a published one, a parameter count
// such as 13B, or total and active counts such as 100B-A10B, from which an
// architecture is derived.
func ParseModel(name string) (Model, error) {
	m, err := FindModel(name)
	if err == nil {
		return m, nil
	}
	total, active, experts := strings.Cut(strings.ToUpper(name), "-A")
	n, bad := ParseCount(total)
	if bad != nil {
		return m, err
	}
	if n < 1e6 || n > 1e14 {
		return m, hint.With(fmt.Errorf("a model of %s parameters is outside what can be planned", name), "between 1M and 100T parameters, or a name of `feilun plan models`")
	}
	if !experts {
		return Derive(n, 64000, 4096, true), nil
	}
	a, bad := ParseCount(active)
	if bad != nil {
		return m, bad
	}
	d, bad := deriveExperts(name, expertShape{total: n, active: a})
	return d, hint.With(bad, "write total and active parameters such as 100B-A10B, the active between 2 and 50 % of the total")
}
