package main

import (
	"io"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/model"
)

// saveWords writes tokenizer.json, with the tokens that go before every text, and
// tokenizer_config.json.
func saveWords(dir string, c *model.Config, w *model.Words) error {
	err := atomicfile.Write(filepath.Join(dir, "tokenizer.json"), func(to io.Writer) error { return model.WriteTokenizer(to, w.Tokenizer, w.Prefix) })
	if err != nil {
		return err
	}
	fields := map[string]any{"chat_template": w.Template}
	for name, ids := range map[string][]int{"bos_token": c.BOS, "eos_token": c.EOS} {
		if len(ids) > 0 {
			fields[name] = string(w.Tokenizer.Token(uint32(ids[0])))
		}
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "tokenizer_config.json"), model.TokenizerConfig(c.Context, fields))
}
