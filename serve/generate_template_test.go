package serve

import (
	"bytes"
	"slices"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/testkit"
	"feilun/model"
)

// TestTemplateBegins: a vocabulary that puts a space before the first text alone puts none behind
// special tokens of a template, whatever somebody wrote between them.
func TestTemplateBegins(t *testing.T) {
	for scheme, want := range map[string]string{"first": "<s>the cat</s>the<s>", "always": "<s> the cat</s> the<s>"} {
		tok, err := bpe.ReadJSON(bytes.NewReader(testkit.SentencePiece(t, scheme)))
		if err != nil {
			t.Fatal(err)
		}
		f := newChatForm(&model.Words{Tokenizer: tok}, &model.Config{})
		for _, text := range []string{"<s>the cat</s>the<s>", "<s>t" + guardMark + "he cat</s>t" + guardMark + "he<s>"} {
			if got, err := tok.Decode(nil, f.tokens(text)); err != nil || string(got) != want {
				t.Errorf("%s: %q is %q, %v, want %q", scheme, text, got, err, want)
			}
		}
		the, _ := tok.ID("▁the")
		if ids := f.tokens("t" + guardMark + "he</s>"); !slices.Equal(ids, []uint32{the, 2}) {
			t.Errorf("%s: a text that begins a conversation is %v, want %v", scheme, ids, []uint32{the, 2})
		}
	}
}
