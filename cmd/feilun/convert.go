package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun/internal/atomicfile"
	"feilun/internal/gguf"
	"feilun/internal/hint"
	"feilun/internal/quant"
	"feilun/model"
)

type convertCmd struct {
	Model string `arg:"" help:"Folder with config.json, model.safetensors and tokenizer.json, or a file of llama.cpp (*.gguf)."`
	To    string `required:"" enum:"gguf,safetensors" help:"gguf: one file for llama.cpp and Ollama. safetensors: a folder for transformers and vLLM."`
	Type  string `placeholder:"T" help:"How matrices are stored. gguf: F32, F16, BF16, Q8_0, Q6_K, Q4_K, Q4_0; F16 by default; feilun itself then calculates with Q6_K as int8. safetensors: F32 or BF16; F32 by default."`
	Out   string `required:"" placeholder:"PATH" help:"File to write (gguf) or folder (safetensors)."`
	Name  string `placeholder:"TEXT" help:"Name of the model inside the file; that of its folder by default."`
	JSON  bool   `help:"Print one line of JSON."`
}

// fromFile reports whether the model is a file of llama.cpp, also one that is not there.
func (c *convertCmd) fromFile() bool {
	return model.IsGGUF(c.Model) || strings.HasSuffix(c.Model, ".gguf")
}

// A converted is the result.
type converted struct {
	Out      string            `json:"out"`
	Type     string            `json:"type"`
	Bytes    int64             `json:"bytes"`
	Fallback map[string]string `json:"other_types,omitempty"` // by tensor
	NoWords  bool              `json:"without_tokenizer,omitempty"`
}

func (c *convertCmd) Run(a *app) error {
	if c.Type == "" {
		c.Type = map[string]string{"gguf": "F16", "safetensors": "F32"}[c.To]
	}
	kind, err := quant.Parse(c.Type)
	if err == nil && c.To == "safetensors" && kind != quant.F32 && kind != quant.BF16 {
		err = fmt.Errorf("safetensors are written as F32 or BF16, not as %s", kind)
	}
	if err != nil {
		return hint.Usage(err)
	}
	if a, err := os.Stat(c.Model); err == nil {
		if b, err := os.Stat(c.Out); err == nil && os.SameFile(a, b) {
			return hint.With(hint.Usage(errors.New("the model would be written over itself")), "give another file or folder to --out")
		}
	}
	if c.To == "gguf" {
		if err := canWrite(c.Out); err != nil {
			return err
		}
	}
	done := converted{Out: c.Out, Type: kind.String()}
	switch {
	case c.To == "gguf":
		err = c.toGGUF(a, kind, &done)
	case c.fromFile():
		err = c.toSafetensors(kind, &done)
	default:
		err = c.toOther(kind, &done)
	}
	if err != nil {
		return err
	}
	if done.NoWords {
		fmt.Fprintln(a.stderr, "feilun: the model has no tokenizer.json; what was written has no vocabulary")
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(done)
	}
	if n := len(done.Fallback); n > 0 {
		fmt.Fprintf(a.stderr, "feilun: written as a wider type, because rows are no whole blocks: %d matrices; --json names them\n", n)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s, %d bytes\n", done.Out, done.Type, done.Bytes)
	return err
}

// toGGUF writes a folder, or another file, as GGUF.
func (c *convertCmd) toGGUF(a *app, kind quant.Type, done *converted) error {
	o := model.GGUFOptions{Type: kind, Name: c.Name, Fallback: func(name string, t quant.Type) {
		if done.Fallback == nil {
			done.Fallback = map[string]string{}
		}
		done.Fallback[name] = t.String()
	}}
	if o.Name == "" {
		path, err := filepath.Abs(c.Model)
		if err != nil {
			return err
		}
		o.Name = strings.TrimSuffix(filepath.Base(path), ".gguf")
	}
	var err error
	if c.fromFile() {
		err = c.again(a, &o, done)
	} else if done.NoWords, err = folderWords(c.Model, &o); err == nil {
		if err = model.SaveGGUF(a.ctx, c.Out, c.Model, o); hint.IsUsage(err) {
			err = modelError(err)
		}
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(c.Out)
	if err == nil {
		done.Bytes = info.Size()
	}
	return err
}

// again writes a GGUF file with another type.
func (c *convertCmd) again(a *app, o *model.GGUFOptions, done *converted) error {
	m, err := c.openGGUF(func(_ *model.Config, w *model.Words) error {
		if done.NoWords = w == nil; !done.NoWords {
			o.Tokenizer, o.Prefix, o.Template = w.Tokenizer, w.Prefix, w.Template
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.SaveGGUF(a.ctx, c.Out, *o)
}

// openGGUF reads the model in a file; words is told of its vocabulary, nil for none.
func (c *convertCmd) openGGUF(words func(*model.Config, *model.Words) error) (*model.Model, error) {
	f, err := gguf.Open(c.Model)
	if err != nil {
		return nil, hint.With(hint.Usage(err), "a file of llama.cpp is GGUF of version 2 or 3; docs/formats/gguf.md lists the types of numbers that are read")
	}
	defer f.Close()
	m, err := model.OpenGGUF(f)
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("%s: %w", c.Model, err))
	}
	var w *model.Words
	if kind, ok := gguf.Get[string](f, "tokenizer.ggml.model"); ok && kind != "none" {
		w = &model.Words{}
		if w.Tokenizer, w.Prefix, w.Template, err = model.GGUFTokenizer(f); err != nil {
			return nil, hint.Usage(fmt.Errorf("%s: %w", c.Model, err))
		}
	}
	return m, words(&m.Config, w)
}

// folderWords reads the vocabulary and the chat template of a folder.
func folderWords(dir string, o *model.GGUFOptions) (none bool, err error) {
	if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	words, err := openWords(dir)
	if err != nil {
		return false, err
	}
	o.Tokenizer, o.Prefix, o.Template = words.Tokenizer, words.Prefix, words.Template
	return false, nil
}

// toSafetensors writes a GGUF file as a folder; the weights come last.
func (c *convertCmd) toSafetensors(kind quant.Type, done *converted) error {
	m, err := c.openGGUF(func(config *model.Config, w *model.Words) error {
		if err := os.MkdirAll(c.Out, 0o777); err != nil {
			return err
		}
		if done.NoWords = w == nil; done.NoWords {
			return nil
		}
		return saveWords(c.Out, config, w)
	})
	if err != nil {
		return err
	}
	return c.save(m, kind, done)
}

// toOther writes a folder's weights with another type, and its vocabulary as it is.
func (c *convertCmd) toOther(kind quant.Type, done *converted) error {
	m, err := model.Open(c.Model)
	if err != nil {
		return modelError(err)
	}
	files := []string{"tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"}
	for _, name := range files {
		if err := isWhole(filepath.Join(c.Model, name)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	for _, name := range files {
		if err := copyFile(filepath.Join(c.Out, name), filepath.Join(c.Model, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return c.save(m, kind, done)
}

func (c *convertCmd) save(m *model.Model, kind quant.Type, done *converted) error {
	if err := m.Save(c.Out, kind == quant.BF16); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(c.Out, "model.safetensors"))
	if err == nil {
		done.Bytes = info.Size()
	}
	return err
}

// isWhole refuses a file of JSON that is none, and a vocabulary without tokens. Vocabularies of
// other kinds than feilun reads are not its affair here.
func isWhole(name string) error {
	if filepath.Ext(name) != ".json" {
		return nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var file struct {
		Model struct {
			Vocab json.RawMessage `json:"vocab"`
		} `json:"model"`
	}
	err = json.Unmarshal(b, &file)
	if err == nil && filepath.Base(name) == "tokenizer.json" && len(file.Model.Vocab) == 0 {
		err = errors.New("it has no vocabulary")
	}
	if err == nil {
		return nil
	}
	return hint.With(hint.Usage(fmt.Errorf("%s is damaged: %w", name, err)), "put a whole one there, or remove it: the model is then written without it")
}

// copyFile copies a small file.
func copyFile(to, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
