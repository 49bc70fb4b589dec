package main

import (
	"encoding/json"
	"io"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/model"
)

// saveWords writes tokenizer.json, with the tokens that go before every text, and
// tokenizer_config.json, without which transformers takes the class of the architecture and with
// it another split pattern.
func saveWords(dir string, c *model.Config, w *model.Words) error {
	err := atomicfile.Write(filepath.Join(dir, "tokenizer.json"), func(to io.Writer) error { return model.WriteTokenizer(to, w.Tokenizer, w.Prefix) })
	if err != nil {
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
