package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/model"
)

// saveWords writes tokenizer.json, with the tokens that go before every text, and
// tokenizer_config.json, without which transformers takes the class of the architecture and with
// it another split pattern.
func saveWords(dir string, c *model.Config, w *model.Words) error {
	var text bytes.Buffer
	if err := w.Tokenizer.WriteJSON(&text); err != nil {
		return err
	}
	tokenizerJSON := text.Bytes()
	if len(w.Prefix) > 0 {
		var file map[string]json.RawMessage
		if err := json.Unmarshal(tokenizerJSON, &file); err != nil {
			return err
		}
		post, err := json.Marshal(prefixTemplate(w.Tokenizer, w.Prefix, file["post_processor"]))
		if err != nil {
			return err
		}
		file["post_processor"] = post
		if tokenizerJSON, err = json.Marshal(file); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), tokenizerJSON); err != nil {
		return err
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "model_max_length": c.Context}
	for name, ids := range map[string][]int{"bos_token": c.BOS, "eos_token": c.EOS} {
		if len(ids) > 0 {
			config[name] = string(w.Tokenizer.Token(uint32(ids[0])))
		}
	}
	if w.Template != "" {
		config["chat_template"] = w.Template
	}
	b, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "tokenizer_config.json"), append(b, '\n'))
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
	if len(before) == 0 || string(before) == "null" {
		return template
	}
	return map[string]any{"type": "Sequence", "processors": []any{before, template}}
}
