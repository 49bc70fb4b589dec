package model

import (
	"bytes"
	"encoding/json"
	"io"

	"feilun/internal/bpe"
)

// WriteTokenizer writes a vocabulary as tokenizer.json whose post-processor puts the tokens of
// prefix before every text.
func WriteTokenizer(w io.Writer, t *bpe.Tokenizer, prefix []uint32) error {
	if len(prefix) == 0 {
		return t.WriteJSON(w)
	}
	var text bytes.Buffer
	if err := t.WriteJSON(&text); err != nil {
		return err
	}
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text.Bytes(), &file); err != nil {
		return err
	}
	post, err := json.Marshal(prefixTemplate(t, prefix, file["post_processor"]))
	if err != nil {
		return err
	}
	file["post_processor"] = post
	b, err := json.Marshal(file)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// TokenizerConfig returns the bytes of tokenizer_config.json, without which transformers takes the
// class of the architecture and with it another split pattern. context is how many tokens the
// model reads at most; of fields those that are "" are left out. It panics on one that JSON cannot
// hold.
func TokenizerConfig(context int, fields map[string]any) []byte {
	all := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "model_max_length": context}
	for name, v := range fields {
		if v != "" {
			all[name] = v
		}
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// prefixTemplate is the step of tokenizer.json that puts tokens before a text, behind
// the step that stands there, if there is one.
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
