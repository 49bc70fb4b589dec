package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamagedModels: whatever is wrong with a model's files, in any form, every command
// ends with the exit code of a mistake in use, and says what a model is.
func TestDamagedModels(t *testing.T) {
	whole, err := filepath.Abs("testdata/model")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if code, _, errs := call(t, "", "convert", whole, "--to", "gguf", "--out", "whole.gguf"); code != 0 {
		t.Fatal(errs)
	}
	file, err := os.ReadFile("whole.gguf")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(whole, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, "cut.gguf", string(file[:3000]))
	put(t, "text.jsonl", `{"text":"One short text."}`)
	const index = "model.safetensors.index.json"
	for name, files := range map[string]map[string]string{
		"weights":  {"model.safetensors": string(weights[:1000])},
		"config":   {"config.json": `{"model_type"`},
		"ends":     {"generation_config.json": `{"eos`},
		"index":    {"model.safetensors": "", index: `{"weight`},
		"part":     {"model.safetensors": "", index: `{"weight_map":{"a":"absent.safetensors"}}`},
		"none":     {"model.safetensors": ""},
		"words":    {"tokenizer.json": `{"model`},
		"cut.gguf": nil,
		"absent":   nil,
	} {
		if files != nil {
			if err := os.CopyFS(name, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
		}
		for file, text := range files {
			if file = filepath.Join(name, file); text != "" {
				put(t, file, text)
			} else if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range []string{"generate MODEL --prompt a", "logits MODEL --text a", "logits MODEL --ids 1", "evaluate MODEL --text text.jsonl", "serve --model MODEL",
			"convert MODEL --to gguf --out out.gguf", "convert MODEL --to safetensors --out out", "train sft MODEL text.jsonl --out out"} {
			if name == "words" && strings.Contains(args, "--ids") {
				continue // which reads no vocabulary
			}
			code, _, errs := call(t, "", strings.Fields(strings.ReplaceAll(args, "MODEL", name))...)
			if code != exitUsage || !strings.HasPrefix(args, "evaluate") && !strings.HasPrefix(args, "train") && !strings.Contains(errs, "feilun: hint: ") {
				t.Errorf("%s: feilun %s: exit code %d, want %d and a hint: %s", name, args, code, exitUsage, errs)
			}
		}
	}
	var errs bytes.Buffer
	if code := run([]string{"convert", whole, "--to", "gguf", "--out", "text.jsonl/below"}, nil, &errs, &errs); code != exitUsage || strings.Contains(errs.String(), "a model is") {
		t.Errorf("a place that cannot be written to: exit code %d, %s", code, errs.String())
	}
}

// TestNoNumbers: weights that are NaN are told, not a folder that lacks something.
func TestNoNumbers(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/model")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "model.safetensors")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8 + int(binary.LittleEndian.Uint64(b)); i < len(b); i++ {
		b[i] = 0xff
	}
	put(t, name, string(b))
	for _, weights := range []string{"int8", "int4", "q4_k"} {
		code, _, errs := call(t, "", "generate", dir, "--prompt", "a", "--weights", weights)
		if code != exitUsage || !strings.Contains(errs, "is NaN") || !strings.Contains(errs, "hint: weights that are NaN or infinite are damaged") || strings.Contains(errs, "a model is a folder") {
			t.Errorf("%s: exit code %d, %s", weights, code, errs)
		}
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
