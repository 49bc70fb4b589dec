package main

import (
	"encoding/json"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
)

// saveWords writes tokenizer.json, with the tokens that go before every text, and where
// there is a template of chats tokenizer_config.json.
func saveWords(dir string, tokenizerJSON []byte, t *bpe.Tokenizer, prefix []uint32, template string) error {
	if len(prefix) > 0 {
		var file map[string]json.RawMessage
		if err := json.Unmarshal(tokenizerJSON, &file); err != nil {
			return err
		}
		post, err := json.Marshal(prefixTemplate(t, prefix, file["post_processor"]))
		if err != nil {
			return err
		}
		file["post_processor"] = post
		if tokenizerJSON, err = json.Marshal(file); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), tokenizerJSON); err != nil || template == "" {
		return err
	}
	b, err := json.MarshalIndent(map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "tokenizer_config.json"), b)
}

// prefixTemplate is the step of tokenizer.json that puts tokens before a text, behind
// the step that stands there.
func prefixTemplate(t *bpe.Tokenizer, prefix []uint32, before json.RawMessage) any {
	var single []any
	tokens := map[string]any{}
	for _, id := range prefix {
		text := string(t.Token(id))
		single = append(single, map[string]any{"SpecialToken": map[string]any{"id": text, "type_id": 0}})
		tokens[text] = map[string]any{"id": text, "ids": []uint32{id}, "tokens": []string{text}}
	}
	sequence := func(id string, kind int) any {
		return map[string]any{"Sequence": map[string]any{"id": id, "type_id": kind}}
	}
	pair := append(append([]any{}, single...), sequence("A", 0))
	pair = append(append(pair, single...), sequence("B", 1))
	template := map[string]any{"type": "TemplateProcessing", "single": append(single, sequence("A", 0)), "pair": pair, "special_tokens": tokens}
	return map[string]any{"type": "Sequence", "processors": []any{before, template}}
}
