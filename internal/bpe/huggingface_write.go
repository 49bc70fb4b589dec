package bpe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// letters writes bytes in the characters that stand for them.
func letters(b []byte, of *[256]rune) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(of[c])
	}
	return s.String()
}

// WriteJSON writes a tokenizer.json that transformers and tokenizers load.
// Tokens that merging cannot reach are written with the flag that lets whole
// pieces through.
func (t *Tokenizer) WriteJSON(w io.Writer) error {
	if t.sp != nil {
		return t.writeSentencePiece(w)
	}
	of, _ := byteRunes()
	vocab := make([]string, 0, len(t.tokens))
	numbers := map[string]int{}
	for id, b := range t.tokens {
		if b != nil {
			word := letters(b, &of)
			vocab, numbers[word] = append(vocab, word), id
		}
	}
	merges := [][2]string{}
	for _, m := range t.ordered() {
		merges = append(merges, [2]string{letters(t.tokens[m.left], &of), letters(t.tokens[m.right], &of)})
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}
	var normalizer any
	if t.NFC {
		normalizer = map[string]any{"type": "NFC"}
	}
	file := map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": t.addedTokens(), "normalizer": normalizer,
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": append(t.splitters(), level)}, "post_processor": level, "decoder": level,
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
			"ignore_merges": t.whole, "vocab": ordered{vocab, numbers}, "merges": merges},
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(file)
}

// addedTokens are the special tokens as tokenizer.json lists them.
func (t *Tokenizer) addedTokens() []map[string]any {
	added := []map[string]any{}
	for _, s := range t.Special {
		b := t.Borders[s.ID]
		added = append(added, map[string]any{"id": s.ID, "content": s.Text, "single_word": b.Word, "lstrip": b.Left, "rstrip": b.Right, "normalized": t.Normalized[s.ID], "special": !t.Shown[s.ID]})
	}
	return added
}

// splitters are the steps before ByteLevel.
func (t *Tokenizer) splitters() []map[string]any {
	split := func(p Pattern) map[string]any {
		return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": patternTexts[p].expr}, "behavior": "Isolated", "invert": false}
	}
	if t.Pattern == SmolLM {
		return []map[string]any{{"type": "Digits", "individual_digits": true}, split(GPT2)}
	}
	return []map[string]any{split(t.Pattern)}
}

// ordered returns one merge for each token that merging reaches, by rank.
func (t *Tokenizer) ordered() []merge {
	var all []merge
	for id, p := range t.parts {
		if p.rank >= 0 {
			all = append(all, merge{p.left, p.right, uint32(id), p.rank})
		}
	}
	slices.SortFunc(all, func(a, b merge) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.id, b.id)) })
	return all
}

// ordered is an object whose keys stand in the order of their numbers.
type ordered struct {
	keys    []string
	numbers map[string]int
}

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(k); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
		fmt.Fprintf(&b, ":%d", o.numbers[k])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
