package testkit

import (
	"encoding/json"
	"fmt"
	"testing"
)

// SentencePiece returns a tokenizer.json of SentencePiece's form: <unk>, <s>, </s>, the bytes from 3
// on, then words of the letters of "the cat", the last ▁the and ▁cat; with a scheme of Metaspace, or
// the normalizer Prepend where that is "". Texts begin with <s>.
func SentencePiece(tb testing.TB, scheme string) []byte {
	tb.Helper()
	vocab := map[string]int{"<unk>": 0, "<s>": 1, "</s>": 2}
	for c := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", c)] = 3 + c
	}
	for _, word := range []string{"▁", "t", "h", "e", "c", "a", "老", "th", "the", "at", "▁c", "▁the", "▁cat"} {
		vocab[word] = len(vocab)
	}
	replace := map[string]any{"type": "Replace", "pattern": map[string]any{"String": " "}, "content": "▁"}
	decoders := []any{map[string]any{"type": "Replace", "pattern": map[string]any{"String": "▁"}, "content": " "}, map[string]any{"type": "ByteFallback"},
		map[string]any{"type": "Fuse"}, map[string]any{"type": "Strip", "content": " ", "start": 1, "stop": 0}}
	var added []any
	for id, word := range []string{"<unk>", "<s>", "</s>"} {
		added = append(added, map[string]any{"id": id, "content": word, "special": true})
	}
	file := map[string]any{
		"added_tokens": added,
		"decoder":      map[string]any{"type": "Sequence", "decoders": decoders},
		"model": map[string]any{"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": vocab,
			"merges": []string{"t h", "th e", "a t", "▁ c", "▁ the", "▁c at"}},
		"post_processor": map[string]any{"type": "TemplateProcessing",
			"single":         []any{map[string]any{"SpecialToken": map[string]any{"id": "<s>", "type_id": 0}}, map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}}},
			"pair":           []any{map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}}, map[string]any{"Sequence": map[string]any{"id": "B", "type_id": 1}}},
			"special_tokens": map[string]any{"<s>": map[string]any{"id": "<s>", "ids": []int{1}, "tokens": []string{"<s>"}}}},
	}
	if scheme != "" {
		file["pre_tokenizer"] = map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false}
	} else {
		file["normalizer"] = map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "Prepend", "prepend": "▁"}, replace}}
	}
	b, err := json.Marshal(file)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
