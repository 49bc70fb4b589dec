package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/tokens"
	"feilun/model"
)

// TestTrainPrefix packs text with a vocabulary that puts a token before every text, as Llama 3's
// does, and trains a model on: documents begin with that token, and what is written says so.
func TestTrainPrefix(t *testing.T) {
	dir := t.TempDir()
	text, base, packed := filepath.Join(dir, "text.jsonl"), filepath.Join(dir, "base"), filepath.Join(dir, "tokens")
	line := `{"text":"The mill stood still until March."}` + "\n"
	if err := os.WriteFile(text, []byte(strings.Repeat(line, 30)), 0o644); err != nil {
		t.Fatal(err)
	}
	bos, eot := prefixModel(t, base)
	call := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(args, strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, out := call("tokenize", "pack", text, "--tokenizer", base, "--out", packed); code != 0 {
		t.Fatal(code, out)
	}
	s, err := tokens.Open(tokens.Megatron, filepath.Join(packed, "train-00000"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids, err := s.Doc(0)
	if err != nil || ids[0] != bos || ids[len(ids)-1] != eot || slices.Contains(ids[1:], bos) {
		t.Errorf("a document is %v, %v; want it between %d and %d", ids, err, bos, eot)
	}
	more := []string{"train", packed, "--init", base, "--context", "16", "--batch", "32", "--steps", "1", "--out", filepath.Join(dir, "model")}
	if code, out := call(more...); code != 0 {
		t.Fatal(code, out)
	}
	w, err := model.OpenWords(filepath.Join(dir, "model"))
	if err != nil || !slices.Equal(w.Prefix, []uint32{bos}) || w.Template != "{{ bos_token }}" {
		t.Errorf("the model puts %v before texts, want %d; its template is %q, %v", w.Prefix, bos, w.Template, err)
	}
	var made struct {
		BOS uint32 `json:"bos_token_id"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "model", "generation_config.json"))
	if err := errors.Join(err, json.Unmarshal(b, &made)); err != nil || made.BOS != bos {
		t.Errorf("generation begins with %d, %v; want %d", made.BOS, err, bos)
	}
	// tokens packed without it
	if err := atomicfile.Write(filepath.Join(packed, "tokenizer.json"), w.Tokenizer.WriteJSON); err != nil {
		t.Fatal(err)
	}
	if code, out := call(append(more, "--fresh")...); code != 2 || !strings.Contains(out, "before every text") || !strings.Contains(out, "pack the text again") {
		t.Errorf("tokens without what the model puts before texts: %d, %s", code, out)
	}
}

// prefixModel writes a model whose vocabulary puts a token before every text; it returns that and
// the one behind documents.
func prefixModel(t *testing.T, dir string) (bos, eot uint32) {
	t.Helper()
	pattern, _ := bpe.ParsePattern("cl100k")
	c := bpe.NewCounter(pattern, false)
	for range 9 {
		c.Add([]byte("The mill stood still until March. The mill stood still."))
	}
	tok, _, err := bpe.Train(t.Context(), c, 270, []string{"<|begin_of_text|>", "<|end_of_text|>"})
	if err != nil {
		t.Fatal(err)
	}
	bos, _ = tok.ID("<|begin_of_text|>")
	eot, _ = tok.ID("<|end_of_text|>")
	config := model.FromDepth(1, tok.Size())
	config.BOS, config.EOS = []int{int(bos)}, []int{int(eot)}
	m, err := model.New(config)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	err = errors.Join(m.Save(dir, false),
		atomicfile.Write(filepath.Join(dir, "tokenizer.json"), func(to io.Writer) error { return model.WriteTokenizer(to, tok, []uint32{bos}) }),
		os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(`{"chat_template":"{{ bos_token }}"}`), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return bos, eot
}
