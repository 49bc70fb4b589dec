package model

import (
	"bytes"
	"slices"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/testkit"
)

// TestGuardBegins: a vocabulary that puts a space before the first text alone puts none behind
// special tokens of a template, whatever somebody wrote between them, nor where no text begins.
func TestGuardBegins(t *testing.T) {
	for scheme, want := range map[string]string{"first": "<s>the cat</s>the<s>", "always": "<s> the cat</s> the<s>"} {
		tok, err := bpe.ReadJSON(bytes.NewReader(testkit.SentencePiece(t, scheme)))
		if err != nil {
			t.Fatal(err)
		}
		g, enc := NewGuard(tok), tok.Encoder()
		for _, text := range []string{"<s>the cat</s>the<s>", "<s>t" + guardMark + "he cat</s>t" + guardMark + "he<s>"} {
			if got, err := tok.Decode(nil, g.Encode(enc, nil, text, true)); err != nil || string(got) != want {
				t.Errorf("%s: %q is %q, %v, want %q", scheme, text, got, err, want)
			}
		}
		the, _ := tok.ID("▁the")
		for _, text := range []string{"the</s>", "t" + guardMark + "he</s>"} {
			if ids := g.Encode(enc, nil, text, true); !slices.Equal(ids, []uint32{the, 2}) {
				t.Errorf("%s: a text that begins a conversation is %v, want %v", scheme, ids, []uint32{the, 2})
			}
		}
		if ids := g.Encode(enc, nil, "the</s>", false); scheme == "first" && ids[0] == the {
			t.Errorf("a text behind others begins with a space: %v", ids)
		}
	}
}
