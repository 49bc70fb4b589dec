package model

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"feilun/internal/hint"
)

// TestConfigRoundTrip writes and reads configurations.
func TestConfigRoundTrip(t *testing.T) {
	all := variants()
	all["depth"] = FromDepth(6, 4096)
	all["deep"] = FromDepth(20, 65536)
	c := all["qwen2"]
	c.Window, c.WindowFrom, c.BOS, c.EOS = 50, 1, []int{1}, []int{2, 3}
	all["qwen2 window"] = c
	for name, c := range all {
		got, err := ParseConfig(c.JSON())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: read %+v, wrote %+v", name, got, c)
		}
	}
}

// TestLayerTypes: the list of layers goes before max_window_layers, and one that cannot be
// calculated is an error.
func TestLayerTypes(t *testing.T) {
	head := `{"model_type":"qwen2","vocab_size":10,"hidden_size":8,"num_hidden_layers":3,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":16,` +
		`"use_sliding_window":true,"sliding_window":4,"max_window_layers":0,"layer_types":[`
	for list, want := range map[string]int{`"full_attention","full_attention","sliding_attention"`: 2, `"full_attention","full_attention","full_attention"`: 3,
		`"sliding_attention","full_attention","sliding_attention"`: -1, `"sliding_attention"`: -1, `"full_attention","full_attention","linear_attention"`: -1} {
		c, err := ParseConfig([]byte(head + list + "]}"))
		if (err != nil) != (want < 0) || err == nil && (c.Window != 4 || c.WindowFrom != want) {
			t.Errorf("%s: a window of %d from layer %d, %v; want from %d", list, c.Window, c.WindowFrom, err, want)
		}
	}
}

// TestDefaults: what config.json leaves out, or says twice, is what transformers takes.
func TestDefaults(t *testing.T) {
	linear := &Scaling{Kind: "linear", Factor: 4}
	for _, tt := range []struct {
		keys    string
		window  int
		theta   float64
		scaling *Scaling
	}{
		{`"model_type":"mistral"`, 4096, 10_000, nil},
		{`"model_type":"mistral","sliding_window":null`, 0, 10_000, nil},
		{`"model_type":"mistral","sliding_window":7`, 7, 10_000, nil},
		{`"model_type":"qwen2","use_sliding_window":true`, 4096, 10_000, nil},
		{`"model_type":"qwen2"`, 0, 10_000, nil},
		{`"model_type":"llama","rope_theta":700,"rope_scaling":{"type":"linear","factor":4},"rope_parameters":{"rope_type":"default","rope_theta":100}`, 0, 700, linear},
		{`"model_type":"llama","rope_scaling":{"type":"linear","factor":4},"rope_parameters":{"rope_type":"default","rope_theta":100}`, 0, 10_000, linear},
		{`"model_type":"llama","rope_theta":700,"rope_scaling":{},"rope_parameters":{"rope_type":"default","rope_theta":100}`, 0, 100, nil},
		{`"model_type":"llama","rope_theta":700,"rope_scaling":null,"rope_parameters":{"rope_type":"linear","factor":4}`, 0, 700, linear},
	} {
		c, err := ParseConfig([]byte(`{"vocab_size":10,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":16,` + tt.keys + "}"))
		if err != nil || c.Window != tt.window || c.Theta != tt.theta || !reflect.DeepEqual(c.Scaling, tt.scaling) {
			t.Errorf("%s: window %d, base %v, %+v, %v", tt.keys, c.Window, c.Theta, c.Scaling, err)
		}
	}
}

// Numbers of tokens that there are not, such as -1, begin and end no text.
func TestEndsOutsideVocabulary(t *testing.T) {
	c := FromDepth(2, 300)
	b := strings.Replace(string(c.JSON()), `"bos_token_id": null`, `"bos_token_id": -1`, 1)
	b = strings.Replace(b, `"eos_token_id": null`, `"eos_token_id": [7, 300, -2]`, 1)
	got, err := ParseConfig([]byte(b))
	if err != nil || len(got.BOS) != 0 || !reflect.DeepEqual(got.EOS, []int{7}) {
		t.Errorf("%v, %v, %v", got.BOS, got.EOS, err)
	}
}

func TestFromDepth(t *testing.T) {
	c := FromDepth(6, 4096)
	if c.Width != 384 || c.Heads != 6 || c.KVHeads != 3 || c.Hidden != 1024 || !c.Tied {
		t.Errorf("FromDepth(6, 4096) = %+v", c)
	}
	for depth := 1; depth <= 64; depth++ {
		if _, err := ParseConfig([]byte(strings.TrimSpace(string(func() []byte { c := FromDepth(depth, 1000); return c.JSON() }())))); err != nil {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}

// TestConfigErrors: what would be another model is an error that says so.
func TestConfigErrors(t *testing.T) {
	ok := `{"model_type":"llama","vocab_size":10,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":16,"x":1`
	if _, err := ParseConfig([]byte(ok + "}")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2]string{
		{`{"model_type":"gemma3"}`, `architecture "gemma3" is not known`},
		{`{}`, `architecture "" is not known`},
		{`{"model_type":"llama"}`, "vocabulary of 0"},
		{ok, "unexpected end"},
		{ok + `,"hidden_act":"gelu"}`, `activation "gelu"`},
		{ok + `,"rope_scaling":{"rope_type":"yarn","factor":4}}`, `kind "yarn" is not known`},
		{ok + `,"rope_scaling":{"rope_type":"llama3","factor":4}}`, `lacks its factors`},
		{ok + `,"rope_parameters":{"rope_type":"default","partial_rotary_factor":0.5}}`, "a part of each head"},
		{ok + `,"rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":100}}}`, `some layers alone ("full_attention")`},
		{ok + `,"rope_scaling":[1]}`, "rotary embedding"},
		{`{"model_type":"mistral","sliding_window":"x"}`, "sliding_window"},
		{ok + `,"quantization_config":{"bits":4}}`, "quantized"},
		{ok + `,"num_key_value_heads":3}`, "cannot share"},
		{ok + `,"hidden_size":99999999999}`, "width of"},
		{ok + `,"head_dim":1000}`, "head width"},
		{ok + `,"vocab_size":16777216,"hidden_size":1048576,"head_dim":64}`, "billion weights"},
		{ok + `,"rms_norm_eps":-1}`, "epsilon"},
		{ok + `,"eos_token_id":"x"}`, "token numbers"},
		{`{"model_type":"gpt2","n_embd":10,"n_head":3}`, "do not divide"},
		{`{"model_type":"gpt2","n_embd":10,"n_head":0}`, "do not divide"},
		{`{"model_type":"gpt2","n_embd":8,"n_head":2,"scale_attn_by_inverse_layer_idx":true}`, "not scaled"},
	} {
		_, err := ParseConfig([]byte(tt[0]))
		if err == nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt[1]) {
			t.Errorf("%s: error %v, want %q", tt[0], err, tt[1])
		}
	}
	_, err := ParseConfig([]byte(`{"model_type":"mamba"}`))
	if !strings.Contains(hint.Of(err), "qwen3") {
		t.Errorf("hint %q", hint.Of(err))
	}
}

// TestConfigDefaults: what a config.json leaves out is as transformers has it.
func TestConfigDefaults(t *testing.T) {
	const shape = `,"vocab_size":10,"hidden_size":256,"num_hidden_layers":30,"num_attention_heads":4,"intermediate_size":8,"max_position_embeddings":16}`
	c, err := ParseConfig([]byte(`{"model_type":"qwen3"` + shape))
	if err != nil || c.HeadDim != 128 {
		t.Errorf("qwen3 has heads of %d, %v; want 128", c.HeadDim, err)
	}
	c, err = ParseConfig([]byte(`{"model_type":"qwen2","use_sliding_window":true,"sliding_window":7` + shape))
	if err != nil || c.HeadDim != 64 || c.Window != 7 || c.WindowFrom != 28 {
		t.Errorf("qwen2 has heads of %d, a window of %d from layer %d on, %v; want 64, 7, 28", c.HeadDim, c.Window, c.WindowFrom, err)
	}
	name := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(name, make([]byte, maxConfig+1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(name); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "bytes of configuration") {
		t.Errorf("a config.json of %d bytes: %v", maxConfig+1, err)
	}
}

// TestSave: what is written is read again, and a model whose files do not fit is an
// error.
func TestSave(t *testing.T) {
	for name, c := range variants() {
		dir := t.TempDir()
		m := randomModel(t, c, rand.New(rand.NewPCG(6, 6)))
		for _, bf16 := range []bool{true, false} {
			if err := m.Save(dir, bf16); err != nil {
				t.Fatal(err)
			}
		}
		got, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Config, m.Config) || !reflect.DeepEqual(got.W, m.W) {
			t.Errorf("%s: another model came back", name)
		}
		c.Layers++
		if err := os.WriteFile(filepath.Join(dir, "config.json"), c.JSON(), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "no tensor") {
			t.Errorf("%s: a layer that is not there: %v", name, err)
		}
		c.Layers -= 2
		if err := os.WriteFile(filepath.Join(dir, "config.json"), c.JSON(), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "not part of its architecture") {
			t.Errorf("%s: a layer too many: %v", name, err)
		}
	}
}

// FuzzConfig: no bytes make the reader panic; what it accepts it can write and read.
func FuzzConfig(f *testing.F) {
	for _, c := range variants() {
		f.Add(c.JSON())
	}
	for _, name := range []string{"llama-scaled", "mistral", "gpt2"} {
		b, err := os.ReadFile(filepath.Join("testdata/golden", name, "config.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseConfig(in)
		if err != nil {
			return
		}
		again, err := ParseConfig(c.JSON())
		if err != nil || !bytes.Equal(again.JSON(), c.JSON()) {
			t.Fatalf("%s: wrote %s: %v", in, c.JSON(), err)
		}
	})
}
