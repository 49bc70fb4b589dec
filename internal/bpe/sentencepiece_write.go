package bpe

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
)

// writeSentencePiece writes a tokenizer.json of SentencePiece's form.
func (t *Tokenizer) writeSentencePiece(w io.Writer) error {
	sp := t.sp
	words, numbers := make([]string, 0, len(t.tokens)), map[string]int{}
	for id := range uint32(t.Size()) {
		if word := t.word(id); word != "" {
			words, numbers[word] = append(words, word), int(id)
		}
	}
	merges := [][2]string{}
	for _, m := range t.byRank() {
		merges = append(merges, [2]string{t.word(m.left), t.word(m.right)})
	}
	var unknown, normalizer, pre any
	if _, ok := numbers[sp.unknown]; ok {
		unknown = sp.unknown
	}
	replace := map[string]any{"type": "Replace", "pattern": map[string]any{"String": " "}, "content": space}
	switch {
	case sp.prefix == prefixEach:
		normalizer = map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "Prepend", "prepend": space}, replace}}
	case sp.prefix == prefixNever && !sp.cut:
		normalizer = replace
	default:
		scheme := map[prefix]string{prefixNever: "never", prefixAlways: "always", prefixFirst: "first"}[sp.prefix]
		pre = map[string]any{"type": "Metaspace", "replacement": space, "prepend_scheme": scheme, "split": sp.cut}
	}
	decoders := []any{map[string]any{"type": "Replace", "pattern": map[string]any{"String": space}, "content": " "}, map[string]any{"type": "ByteFallback"}, map[string]any{"type": "Fuse"}}
	if sp.strip {
		decoders = append(decoders, map[string]any{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	file := map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": t.addedTokens(), "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": nil,
		"decoder": map[string]any{"type": "Sequence", "decoders": decoders},
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": unknown, "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true, "byte_fallback": true,
			"ignore_merges": false, "vocab": ordered{words, numbers}, "merges": merges},
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(file)
}

// byRank returns all merges in their order.
func (t *Tokenizer) byRank() []merge {
	all := slices.Clone(t.merges)
	slices.SortStableFunc(all, func(a, b merge) int { return cmp.Compare(a.rank, b.rank) })
	return all
}
