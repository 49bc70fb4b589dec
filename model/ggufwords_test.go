package model

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
)

// throughMeta writes metadata and reads it again.
func throughMeta(t testing.TB, meta []gguf.KV) (*gguf.File, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, meta, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f, b.Bytes()
}

// metaSentencePiece is the metadata of a vocabulary of SentencePiece's form, three tokens smaller than the model's.
func metaSentencePiece(t testing.TB, tok *bpe.Tokenizer) []gguf.KV {
	c := FromDepth(1, tok.Size()+3)
	c.BOS, c.EOS = []int{1}, []int{2}
	meta, err := c.ggufWords(&GGUFOptions{Tokenizer: tok, Prefix: []uint32{1}})
	if err != nil {
		t.Fatal(err)
	}
	return meta
}

// set replaces the value of a key; nil takes it out.
func set(meta []gguf.KV, key string, value any) []gguf.KV {
	out := slices.DeleteFunc(slices.Clone(meta), func(kv gguf.KV) bool { return kv.Key == key })
	if value != nil {
		out = append(out, gguf.KV{Key: key, Value: value})
	}
	return out
}

// TestGGUFSentencePiece takes vocabularies of SentencePiece's form through GGUF.
func TestGGUFSentencePiece(t *testing.T) {
	for _, scheme := range []string{"", "never", "always"} {
		tok := sentencePiece(t, scheme)
		f, _ := throughMeta(t, metaSentencePiece(t, tok))
		got, prefix, _, err := GGUFTokenizer(f)
		if err != nil {
			t.Fatal(err)
		}
		kinds, _ := gguf.Get[[]int32](f, "tokenizer.ggml.token_type")
		want := append([]int32{tokenUnknown, tokenControl, tokenControl}, slices.Repeat([]int32{tokenByte}, 256)...)
		want = append(append(want, slices.Repeat([]int32{tokenNormal}, 13)...), tokenUnused, tokenUnused, tokenUnused)
		if !slices.Equal(kinds, want) {
			t.Errorf("kinds %v", kinds)
		}
		scores, _ := gguf.Get[[]float32](f, "tokenizer.ggml.scores")
		// ▁, t, h, e, c, a, 老: below all merges; then th, the, at, ▁c, ▁the, ▁cat by rank.
		if want := []float32{-6, -6, -6, -6, -6, -6, -6, 0, -1, -2, -3, -4, -5, 0, 0, 0}; !slices.Equal(scores[259:], want) || scores[1] != 0 || scores[3] != 0 {
			t.Errorf("scores %v, want %v", scores[259:], want)
		}
		if kind, _ := gguf.Get[string](f, "tokenizer.ggml.model"); kind != "llama" || !slices.Equal(prefix, []uint32{1}) || got.Size() != tok.Size() {
			t.Errorf("kind %q, prefix %v, %d tokens", kind, prefix, got.Size())
		}
		for _, text := range []string{"", "the cat", "t the\n\n at 你<0x41>", "the</s>the<unk>", "\xff\xe4"} {
			want, ids := tok.Encoder().EncodeSpecial(nil, []byte(text)), got.Encoder().EncodeSpecial(nil, []byte(text))
			back, err := got.Decode(nil, ids)
			if same, _ := tok.Decode(nil, want); !slices.Equal(ids, want) || err != nil || !bytes.Equal(back, same) {
				t.Errorf("%q, %q: %v and back %q, want %v and %q", scheme, text, ids, back, want, same)
			}
		}
	}
}

// TestGGUFScores: the highest score is joined first, of equal ones the leftmost; what the file does
// not say is as in llama.cpp.
func TestGGUFScores(t *testing.T) {
	meta := metaSentencePiece(t, sentencePiece(t, ""))
	tokens := slices.IndexFunc(meta, func(kv gguf.KV) bool { return kv.Key == "tokenizer.ggml.tokens" })
	words := slices.Clone(meta[tokens].Value.([]string))
	copy(words[259:], []string{"▁", "a", "b", "c", "ab", "bc", "aa", "aab", "x", "y", "z", "u", "v"})
	scores := make([]float32, len(words))
	copy(scores[259:], []float32{-9, -9, -9, -9, -2, -1, -3, -4, -9, -9, -9, -9, -9})
	meta = set(set(meta, "tokenizer.ggml.tokens", words), "tokenizer.ggml.scores", scores)
	for _, tt := range []struct {
		text, want string
		meta       []gguf.KV
	}{
		{"abc", "▁ a bc", meta},
		{"aaa", "▁ aa a", meta},
		{"aab", "▁ aab", meta},
		{"aab abc", "aab ▁ a bc", set(meta, "tokenizer.ggml.add_space_prefix", false)},
		{"a", "▁ a", set(meta, "tokenizer.ggml.add_space_prefix", nil)},
		{"a", "▁ a", set(set(meta, "tokenizer.ggml.add_bos_token", nil), "tokenizer.ggml.bos_token_id", nil)},
	} {
		f, _ := throughMeta(t, tt.meta)
		tok, prefix, _, err := GGUFTokenizer(f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, id := range tok.Encoder().Encode(nil, []byte(tt.text)) {
			got = append(got, words[id])
		}
		if strings.Join(got, " ") != tt.want || !slices.Equal(prefix, []uint32{1}) {
			t.Errorf("%q is %q, want %q; prefix %v", tt.text, got, tt.want, prefix)
		}
	}
	kinds := slices.Clone(meta[slices.IndexFunc(meta, func(kv gguf.KV) bool { return kv.Key == "tokenizer.ggml.token_type" })].Value.([]int32))
	kinds[260] = tokenUser // the letter a is one still, alone and in words
	f, _ := throughMeta(t, set(meta, "tokenizer.ggml.token_type", kinds))
	tok, _, _, err := GGUFTokenizer(f)
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encoder().Encode(nil, []byte("aab a")); !slices.Equal(ids, []uint32{259, 266, 259, 260}) {
		t.Errorf("with an added letter: %v", ids)
	}
	for want, meta := range map[string][]gguf.KV{
		"scores of 0":          set(meta, "tokenizer.ggml.scores", nil),
		"scores of 3":          set(meta, "tokenizer.ggml.scores", []float32{1, 2, 3}),
		"no token for byte":    set(meta, "tokenizer.ggml.tokens", append(slices.Clone(words[:100]), slices.Repeat([]string{""}, len(words)-100)...)),
		"a vocabulary of kind": set(meta, "tokenizer.ggml.model", "t5"),
		"twice":                set(meta, "tokenizer.ggml.tokens", append(slices.Clone(words[:260]), append([]string{"▁"}, words[261:]...)...)),
	} {
		f, _ := throughMeta(t, meta)
		if _, _, _, err := GGUFTokenizer(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// TestGGUFPatterns: llama.cpp's names of split patterns, and a file that has none.
func TestGGUFPatterns(t *testing.T) {
	l := words(t, bpe.GPT2)
	tok, err := bpe.FromLists(l)
	if err != nil {
		t.Fatal(err)
	}
	c := FromDepth(1, len(l.Tokens))
	meta, err := c.ggufWords(&GGUFOptions{Tokenizer: tok})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bpe.Pattern{"falcon3": bpe.CL100K, "pixtral": bpe.CL100K, "llama3": bpe.CL100K, "kormo": bpe.Qwen2, "deepseek-r1-qwen": bpe.Qwen2} {
		f, _ := throughMeta(t, set(meta, "tokenizer.ggml.pre", name))
		if tok, _, _, err := GGUFTokenizer(f); err != nil || tok.Pattern != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	for pre, want := range map[string]string{"": "does not say how text is split", "default": "does not say how text is split", "other": `"other" is not known`} {
		var value any
		if pre != "" {
			value = pre
		}
		f, _ := throughMeta(t, set(meta, "tokenizer.ggml.pre", value))
		if _, _, _, err := GGUFTokenizer(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", pre, err, want)
		}
	}
}
