package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
	"feilun/internal/hint"
)

// Words are how a model reads and writes text.
type Words struct {
	Tokenizer *bpe.Tokenizer
	Prefix    []uint32 // tokens before every text
	Template  string   // of chats, in Jinja; "" where there is none
}

// IsGGUF reports whether a model is a file of llama.cpp; others are folders.
func IsGGUF(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// OpenWords reads the vocabulary of a model: tokenizer.json in its folder, or what its GGUF
// file holds. A folder without one is fs.ErrNotExist.
func OpenWords(path string) (*Words, error) {
	if IsGGUF(path) {
		f, err := gguf.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		var w Words
		if w.Tokenizer, w.Prefix, w.Template, err = GGUFTokenizer(f); err != nil {
			return nil, hint.With(fmt.Errorf("%s: %w", path, err), hint.Of(err))
		}
		return &w, nil
	}
	name := filepath.Join(path, "tokenizer.json")
	t, err := bpe.Open(name)
	if err != nil {
		return nil, ofOthers(path, ofRun(path, err))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	prefix, err := Prefix(b, t.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	template, err := chatTemplate(path)
	return &Words{t, prefix, template}, err
}

// ofRun adds to the error of a folder without a model's file where the model lies, if the
// folder is that of a run.
func ofRun(dir string, err error) error {
	within := filepath.Join(dir, "model")
	if _, missing := os.Stat(filepath.Join(within, "config.json")); missing == nil && errors.Is(err, fs.ErrNotExist) {
		return hint.With(err, "the model of this run lies in "+within)
	}
	return err
}

// ofOthers adds to the error of a folder without tokenizer.json what makes one of the files that
// older versions of transformers wrote.
func ofOthers(dir string, err error) error {
	for _, name := range []string{"tokenizer.model", "vocab.json"} {
		if _, missing := os.Stat(filepath.Join(dir, name)); missing == nil && errors.Is(err, fs.ErrNotExist) {
			return hint.With(err, name+" is not read; transformers makes tokenizer.json of it: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)")
		}
	}
	return err
}

// chatTemplate reads chat_template.jinja, or the template in tokenizer_config.json.
func chatTemplate(dir string) (string, error) {
	if b, err := os.ReadFile(filepath.Join(dir, "chat_template.jinja")); err == nil {
		return string(b), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	name := filepath.Join(dir, "tokenizer_config.json")
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	var f struct {
		Template json.RawMessage `json:"chat_template"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return plainTemplate(f.Template), nil
}

// plainTemplate returns a template, or of several with names the one that is called default, as
// transformers does; "" where there is none.
func plainTemplate(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []struct{ Name, Template string }
	if json.Unmarshal(raw, &list) == nil {
		for _, t := range list {
			if t.Name == "default" {
				text = t.Template // of two the last, as in a dict
			}
		}
	}
	return text
}

// Fit reports, as a usage error, that the vocabulary has tokens that the model at path, of shape c,
// has no weights for.
func (w *Words) Fit(path string, c *Config) error {
	if n := w.Tokenizer.Size(); n > c.Vocab {
		return hint.Usage(hint.With(fmt.Errorf("%s: %d tokens in its vocabulary, %d in the model", path, n, c.Vocab), "its tokenizer.json belongs to another model"))
	}
	return nil
}

// Encode turns a prompt into tokens, those before every text included; special tells to
// take special tokens in it for what they stand for. An empty text is the token that begins
// texts, or else one that ends them, where the model c has one.
func (w *Words) Encode(c *Config, text string, special bool) []uint32 {
	ids := append([]uint32(nil), w.Prefix...)
	if special {
		ids = w.Tokenizer.Encoder().EncodeSpecial(ids, []byte(text))
	} else {
		ids = w.Tokenizer.Encoder().Encode(ids, []byte(text))
	}
	for _, end := range [][]int{c.BOS, c.EOS} {
		if len(ids) == 0 && len(end) > 0 {
			ids = append(ids, uint32(end[0]))
		}
	}
	return ids
}
