package plan

import (
	"math"
	"testing"
)

// TestConfigForms reads the keys that published config.json files use and holds
// the counts to the published ones.
func TestConfigForms(t *testing.T) {
	for _, c := range []struct {
		name, text    string
		total, active float64 // billions
		seq           int
	}{
		{"llama with grouped keys", `{"model_type":"llama","hidden_act":"silu","hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":131072,"num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"tie_word_embeddings":false,"vocab_size":128256,"eos_token_id":[1,2]}`, 8.03, 8.03, 8192},
		{"tied qwen2", `{"model_type":"qwen2","hidden_act":"silu","hidden_size":896,"intermediate_size":4864,"max_position_embeddings":32768,"num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,"sliding_window":32768,"tie_word_embeddings":true,"use_sliding_window":false,"vocab_size":151936}`, 0.494, 0.494, 8192},
		{"shared expert by width", `{"model_type":"qwen2_moe","decoder_sparse_step":1,"hidden_act":"silu","hidden_size":2048,"intermediate_size":5632,"max_position_embeddings":8192,"moe_intermediate_size":1408,"num_attention_heads":16,"num_experts":60,"num_experts_per_tok":4,"num_hidden_layers":24,"num_key_value_heads":16,"shared_expert_intermediate_size":5632,"tie_word_embeddings":false,"vocab_size":151936}`, 14.3, 2.7, 8192},
		{"mixtral", `{"model_type":"mixtral","hidden_act":"silu","hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":32768,"num_attention_heads":32,"num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,"sliding_window":null,"tie_word_embeddings":false,"vocab_size":32000}`, 46.7, 12.9, 8192},
		{"latent attention", `{"model_type":"deepseek_v2","first_k_dense_replace":1,"hidden_act":"silu","hidden_size":2048,"intermediate_size":10944,"kv_lora_rank":512,"max_position_embeddings":163840,"moe_intermediate_size":1408,"moe_layer_freq":1,"n_routed_experts":64,"n_shared_experts":2,"num_attention_heads":16,"num_experts_per_tok":6,"num_hidden_layers":27,"q_lora_rank":null,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"tie_word_embeddings":false,"v_head_dim":128,"vocab_size":102400}`, 15.7, 2.66, 8192},
		{"nested, experts in every other layer", `{"model_type":"llama4","text_config":{"model_type":"llama4_text","hidden_act":"silu","hidden_size":5120,"intermediate_size":8192,"intermediate_size_mlp":16384,"interleave_moe_layer_step":2,"max_position_embeddings":1048576,"num_attention_heads":40,"num_experts_per_tok":1,"num_hidden_layers":48,"num_key_value_heads":8,"num_local_experts":128,"vocab_size":202048,"head_dim":128,"tie_word_embeddings":false}}`, 400, 17.2, 8192},
		{"gated under the name gelu", `{"model_type":"gemma","head_dim":256,"hidden_act":"gelu","hidden_size":3072,"intermediate_size":24576,"max_position_embeddings":8192,"num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":16,"vocab_size":256000}`, 8.54, 8.54, 8192},
		{"both halves counted", `{"model_type":"qwen","hidden_size":4096,"intermediate_size":22016,"kv_channels":128,"num_attention_heads":32,"num_hidden_layers":32,"seq_length":8192,"vocab_size":151936,"tie_word_embeddings":false}`, 7.72, 7.72, 8192},
		{"chatglm", `{"model_type":"chatglm","num_layers":28,"hidden_size":4096,"ffn_hidden_size":13696,"kv_channels":128,"num_attention_heads":32,"multi_query_attention":true,"multi_query_group_num":2,"padded_vocab_size":65024,"seq_length":8192,"tie_word_embeddings":false}`, 6.24, 6.24, 8192},
		{"mpt", `{"model_type":"mpt","d_model":4096,"expansion_ratio":4,"max_seq_len":2048,"n_heads":32,"n_layers":32,"vocab_size":50432}`, 6.65, 6.65, 2048},
		{"one key head", `{"model_type":"falcon","hidden_size":4544,"multi_query":true,"num_attention_heads":71,"num_hidden_layers":32,"num_kv_heads":71,"vocab_size":65024}`, 7.0, 7.0, 4096},
		{"gpt2", `{"model_type":"gpt2","n_ctx":1024,"n_embd":768,"n_head":12,"n_layer":12,"n_positions":1024,"vocab_size":50257}`, 0.124, 0.124, 1024},
	} {
		m, err := ReadConfig([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		near(t, c.name+" parameters", m.Params()/1e9, c.total, 0.02)
		near(t, c.name+" active", m.Active()/1e9, c.active, 0.02)
		if m.SeqLen != c.seq {
			t.Errorf("%s: sequence %d, want %d", c.name, m.SeqLen, c.seq)
		}
	}
	if _, err := ReadConfig([]byte(`{"hidden_size":-5,"num_hidden_layers":2,"num_attention_heads":1}`)); err == nil {
		t.Error("ReadConfig of a negative size gives no error")
	}
}

// TestDerivedExperts: counts alone give an expert model of those counts and of
// shapes that published ones have, or an error; never another size.
func TestDerivedExperts(t *testing.T) {
	for _, c := range []struct {
		name          string
		total, active float64
	}{{"30B-A3B", 30e9, 3e9}, {"100B-A10B", 100e9, 10e9}, {"1T-A32B", 1e12, 32e9}, {"1085B-A68B", 1085e9, 68e9}, {"7B-A1.3B", 7e9, 1.3e9}, {"1B-A100M", 1e9, 1e8}} {
		m, err := ParseModel(c.name)
		if err != nil {
			t.Errorf("ParseModel(%q): %v", c.name, err)
			continue
		}
		near(t, c.name+" total", m.Params(), c.total, 0.1)
		near(t, c.name+" active", m.Active(), c.active, 0.1)
		if w := float64(m.ExpertFFN) / float64(m.Hidden); w < 0.1 || w > 1.5 || m.Experts%16 != 0 {
			t.Errorf("%s: %d experts of width %d beside hidden %d", c.name, m.Experts, m.ExpertFFN, m.Hidden)
		}
		if d := math.Abs(math.Log(float64(m.Layers) / shapeLayers(m.Hidden))); d > 0.7 {
			t.Errorf("%s: %d layers of %d", c.name, m.Layers, m.Hidden)
		}
	}
	if m, err := ParseModel("500B-A1B"); err == nil {
		t.Errorf("ParseModel(500B-A1B) = %v parameters, want an error", m.Params())
	}
}
