package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"feilun/internal/hint"
)

// hfConfig are the keys of a Hugging Face config.json that size a model, with
// the older names of GPT-2, GPT-NeoX and OPT.
type hfConfig struct {
	Type       string `json:"model_type"`
	Name       string `json:"_name_or_path"`
	Layers     int    `json:"num_hidden_layers"`
	NLayer     int    `json:"n_layer"`
	Hidden     int    `json:"hidden_size"`
	NEmbd      int    `json:"n_embd"`
	Heads      int    `json:"num_attention_heads"`
	NHead      int    `json:"n_head"`
	KVHeads    int    `json:"num_key_value_heads"`
	HeadDim    int    `json:"head_dim"`
	FFN        int    `json:"intermediate_size"`
	NInner     int    `json:"n_inner"`
	FFNDim     int    `json:"ffn_dim"`
	Vocab      int    `json:"vocab_size"`
	MaxPos     int    `json:"max_position_embeddings"`
	NPos       int    `json:"n_positions"`
	Tied       *bool  `json:"tie_word_embeddings"`
	Act        string `json:"hidden_act"`
	Window     int    `json:"sliding_window"`
	UseWindow  *bool  `json:"use_sliding_window"`
	Experts    int    `json:"n_routed_experts"`
	Experts2   int    `json:"num_experts"`
	Experts3   int    `json:"num_local_experts"`
	TopK       int    `json:"num_experts_per_tok"`
	Shared     int    `json:"n_shared_experts"`
	ExpertFFN  int    `json:"moe_intermediate_size"`
	FirstDense int    `json:"first_k_dense_replace"`
	MTP        int    `json:"num_nextn_predict_layers"`
	QRank      int    `json:"q_lora_rank"`
	KVRank     int    `json:"kv_lora_rank"`
	Nope       int    `json:"qk_nope_head_dim"`
	Rope       int    `json:"qk_rope_head_dim"`
	VDim       int    `json:"v_head_dim"`
}

// ReadConfig reads a model from a Hugging Face config.json.
func ReadConfig(text []byte) (Model, error) {
	var c hfConfig
	if err := json.Unmarshal(text, &c); err != nil {
		return Model{}, hint.With(fmt.Errorf("config.json: %w", err), "it must be a model's config.json with num_hidden_layers and hidden_size")
	}
	m := Model{Name: cmp.Or(c.Name, c.Type, "config"), Layers: cmp.Or(c.Layers, c.NLayer), Hidden: cmp.Or(c.Hidden, c.NEmbd),
		Heads: cmp.Or(c.Heads, c.NHead), Vocab: c.Vocab, SeqLen: min(8192, cmp.Or(c.MaxPos, c.NPos, 4096)), Source: "config.json"}
	if m.Layers < 1 || m.Hidden < 1 || m.Heads < 1 {
		return m, hint.With(fmt.Errorf("config.json states %d layers, hidden size %d and %d heads", m.Layers, m.Hidden, m.Heads), "it must hold num_hidden_layers, hidden_size and num_attention_heads")
	}
	m.KVHeads = cmp.Or(c.KVHeads, m.Heads)
	m.HeadDim = cmp.Or(c.Nope, c.HeadDim, max(1, m.Hidden/m.Heads))
	m.FFN = cmp.Or(c.FFN, c.NInner, c.FFNDim, 4*m.Hidden)
	switch c.Type {
	case "gpt2", "gpt_neox", "gpt_neo", "gptj", "opt", "bloom", "falcon", "mpt", "phi", "starcoder2", "gpt_bigcode":
	default:
		m.Gated = c.Act != "gelu" && c.Act != "gelu_new" && c.Act != "relu"
	}
	m.Tied = c.Tied == nil && !m.Gated || c.Tied != nil && *c.Tied
	if c.UseWindow == nil || *c.UseWindow {
		m.Window = c.Window
	}
	m.Experts, m.TopK, m.Shared = cmp.Or(c.Experts, c.Experts2, c.Experts3), c.TopK, c.Shared
	if m.Experts > 0 {
		m.ExpertFFN, m.DenseLayers, m.TopK = cmp.Or(c.ExpertFFN, m.FFN), c.FirstDense, cmp.Or(m.TopK, 1)
	}
	m.MTP, m.QRank, m.KVRank = c.MTP, c.QRank, c.KVRank
	if c.KVRank > 0 {
		m.Rope, m.VDim = c.Rope, c.VDim
	}
	return m, m.Validate()
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
	d, bad := deriveExperts(name, n, a)
	return d, hint.With(bad, "write total and active parameters such as 100B-A10B, the active between 2 and 50 % of the total")
}
