package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"feilun/internal/testkit"
	"feilun/model"
)

// TestSaveWords writes a vocabulary of SentencePiece's form with the token that texts begin with.
func TestSaveWords(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "tokenizer.json"), testkit.SentencePiece(t, ""), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := model.OpenWords(from)
	if err != nil {
		t.Fatal(err)
	}
	c := model.Config{BOS: []int{1}, EOS: []int{2}, Context: 16}
	if err := saveWords(to, &c, w); err != nil {
		t.Fatal(err)
	}
	got, err := model.OpenWords(to)
	if err != nil {
		t.Fatal(err)
	}
	if want := w.Encode(&c, "the cat 你", false); !slices.Equal(got.Prefix, []uint32{1}) || !slices.Equal(got.Encode(&c, "the cat 你", false), want) {
		t.Errorf("prefix %v, tokens %v, want %v", got.Prefix, got.Encode(&c, "the cat 你", false), want)
	}
	// tokenizers refuses a step of a sequence that is null.
	if b, err := os.ReadFile(filepath.Join(to, "tokenizer.json")); err != nil || slices.Contains(steps(t, b), "") {
		t.Errorf("post-processors %q, %v", steps(t, b), err)
	}
}

// steps returns the kinds of a tokenizer.json's post-processors.
func steps(t *testing.T, b []byte) (kinds []string) {
	var f struct {
		Post struct {
			Type       string
			Processors []*struct{ Type string }
		} `json:"post_processor"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Post.Processors {
		if p == nil {
			kinds = append(kinds, "")
		} else {
			kinds = append(kinds, p.Type)
		}
	}
	return append(kinds, f.Post.Type)
}
