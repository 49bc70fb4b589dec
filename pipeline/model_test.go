package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/tokenize"
)

// TestVocabularyKept: another vocabulary is refused before it replaces the one that the packed
// tokens have, one that came to lie there since is not taken for it, and counting takes no more
// memory than the whole run may.
func TestVocabularyKept(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	books(t, in)
	r := modelRecipe(t, in, "")
	r.Train = nil
	if _, err := Run(t.Context(), r, Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(out, "tokens")
	name := filepath.Join(dir, "tokenizer.json")
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := SameVocabulary(out, *r.Tokenize); err != nil || !same {
		t.Fatalf("the vocabulary of the run is not known: %v", err)
	}
	pack := func(vocab int) error {
		p := *r.Tokenize
		p.Vocab = vocab
		_, err := Tokens(t.Context(), out, p, 0, 2, nil)
		if got, _ := os.ReadFile(name); !bytes.Equal(got, want) {
			t.Errorf("vocabulary of %d: tokenizer.json is another one: %v", vocab, err)
		}
		return err
	}
	if err := pack(280); err == nil || !strings.Contains(err.Error(), "another vocabulary") {
		t.Errorf("another vocabulary: %v", err)
	}
	if err := pack(300); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil { // as where packing was cut off
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(want, []byte("<|im_end|>"), []byte("<|other|>"), 1), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := pack(300); err != nil {
		t.Error(err)
	}

	r.Tokenize.Vocab = 310
	j := &job{Options: Options{Out: out, Workers: 2, Memory: 1 << 10}, recipe: r}
	if err := j.model(t.Context()); err == nil || !strings.Contains(err.Error(), "need more than") {
		t.Errorf("counting with --memory 1KiB: %v", err)
	}
	if madeOf(within(*r.Tokenize, 1<<10), nil) != madeOf(*r.Tokenize, nil) || within(tokenize.Params{Memory: 7}, 0).Memory != 7 {
		t.Error("a limit of memory makes another vocabulary")
	}
}
