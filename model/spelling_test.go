package model

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/constrain"
	"feilun/internal/tensor"
	"feilun/internal/testkit"
)

func sentencePiece(t testing.TB, scheme string) *bpe.Tokenizer {
	tok, err := bpe.ReadJSON(bytes.NewReader(testkit.SentencePiece(t, scheme)))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestSpellSentencePiece: the space of a text's first token is left out, that behind other text
// is not; characters of several tokens come whole.
func TestSpellSentencePiece(t *testing.T) {
	tok := sentencePiece(t, "")
	the, _ := tok.ID("▁the")
	cat, _ := tok.ID("▁cat")
	ids := []uint32{the, cat, 3 + 0xe4, 3 + 0xbd, 3 + 0xa0, 3 + 0xff}
	for _, tt := range []struct {
		prompt []uint32
		seen   []string
	}{
		{nil, []string{"the", "the cat", "the cat", "the cat", "the cat你", "the cat你\ufffd"}},
		{[]uint32{1}, []string{"the", "the cat", "the cat", "the cat", "the cat你", "the cat你\ufffd"}},
		{[]uint32{1, cat}, []string{" the", " the cat", " the cat", " the cat", " the cat你", " the cat你\ufffd"}},
	} {
		s := &spelling{tok: tok, strip: begins(tok, &Request{Prompt: tt.prompt})}
		s.spell(2) // special tokens have no text
		for i, id := range ids {
			if s.spell(id); s.Text() != tt.seen[i] {
				t.Errorf("behind %v: %q after %d tokens, want %q", tt.prompt, s.Text(), i+1, tt.seen[i])
			}
		}
	}
	if begins(tok, &Request{Grammar: constrain.JSON()}) || begins(byteTokenizer(t), &Request{}) || begins(nil, &Request{}) {
		t.Error("a space is left out that belongs to the text")
	}
}

// TestStreamBegins: a generated text begins without the space that its first token alone has.
func TestStreamBegins(t *testing.T) {
	tok := sentencePiece(t, "")
	the, _ := tok.ID("▁the")
	c := variants()["qwen3"]
	c.Vocab, c.EOS = tok.Size(), []int{2}
	e := engineOf(t, randomModel(t, c, rand.New(rand.NewPCG(3, 3))), tensor.New(1), F32)
	for prompt, want := range map[uint32]string{1: "the the", the: " the the"} {
		r := Request{Prompt: []uint32{prompt}, MaxTokens: 2, Sampling: Sampling{Bias: map[uint32]float64{the: 1000}}}
		streams, err := e.Generate(t.Context(), tok, []Request{r}, nil)
		if err != nil || streams[0].Text() != want {
			t.Errorf("behind token %d: %q, %v, want %q", prompt, streams[0].Text(), err, want)
		}
	}
}

// TestGrammarSentencePiece: a grammar allows the token that the model writes a letter with, and
// that of its byte only where there is no other.
func TestGrammarSentencePiece(t *testing.T) {
	tok := sentencePiece(t, "")
	a, _ := tok.ID("a")
	for text, want := range map[string][]uint32{"a": {a}, "b": {3 + 'b'}, " c": nil} {
		g, err := constrain.Parse(`root ::= "` + text + `"`)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			space, _ := tok.ID("▁")
			c, _ := tok.ID("▁c")
			want = []uint32{space, c}
		}
		var v vocabularies
		allowed, err := g.Matcher(v.of(tok, tok.Size())).Allowed(10)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint32
		for id := range uint32(tok.Size()) {
			if allowed[id/64]>>(id%64)&1 != 0 {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q may begin with tokens %v, want %v", text, got, want)
		}
	}
}

// TestWordsSentencePiece: texts begin with what the template of tokenizer.json puts there.
func TestWordsSentencePiece(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), testkit.SentencePiece(t, "first"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := OpenWords(dir)
	if err != nil {
		t.Fatal(err)
	}
	the, _ := w.Tokenizer.ID("▁the")
	if ids := w.Encode(&Config{}, "the", false); !slices.Equal(ids, []uint32{1, the}) {
		t.Errorf("%v, want <s> and ▁the", ids)
	}
}
