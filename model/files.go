package model

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/atomicfile"
	"feilun/internal/safetensors"
)

// Open reads a model: a folder with config.json and model.safetensors, or several
// such files with their index; or a GGUF file.
func Open(path string) (m *Model, err error) {
	err = withSource(path, func(c Config, s source) error {
		m, err = c.fill(s)
		return err
	})
	return m, err
}

// fill returns a model of all weights of a source.
func (c *Config) fill(s source) (*Model, error) {
	m, err := New(*c)
	if err != nil {
		return nil, err
	}
	for _, p := range m.Params {
		if err := s.read(m.W[p.From:p.To], &p); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// fits compares a file's tensors with those of a configuration before memory is
// taken for them. An embedding stored twice though tied is one.
func (c *Config) fits(file *safetensors.Checkpoint) error {
	params, _, _ := c.layout()
	known := map[string]bool{}
	for _, p := range params {
		name := stored(file, p.Name, c.Tied)
		t, ok := file.Tensor(name)
		if !ok {
			return fmt.Errorf("%w: no tensor %q", ErrFormat, p.Name)
		}
		if !slices.Equal(t.Shape, p.Shape) {
			return fmt.Errorf("%w: %q has shape %v, its configuration wants %v", ErrFormat, name, t.Shape, p.Shape)
		}
		known[name] = true
	}
	for _, t := range file.Tensors() {
		if !known[t.Name] && !spare(t.Name) && !(c.Tied && t.Name == "lm_head.weight") {
			return fmt.Errorf("%w: tensor %q is not part of its architecture", ErrFormat, t.Name)
		}
	}
	return nil
}

// spare reports whether a tensor is a table that can be calculated.
func spare(name string) bool {
	return strings.HasSuffix(name, ".attn.bias") || strings.HasSuffix(name, ".attn.masked_bias") || strings.HasSuffix(name, ".inv_freq")
}

// Save writes config.json and model.safetensors into a folder, which it makes. The
// weights come first: a folder with both files is whole. With bf16 they are rounded.
func (m *Model) Save(dir string, bf16 bool) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, "model.safetensors"), func(w io.Writer) error { return m.Write(w, bf16) }); err != nil {
		return err
	}
	c := m.Config.JSON()
	if bf16 {
		c = []byte(strings.Replace(string(c), `"torch_dtype": "float32"`, `"torch_dtype": "bfloat16"`, 1))
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "config.json"), c)
}

// Write writes the weights as safetensors.
func (m *Model) Write(w io.Writer, bf16 bool) error {
	var entries []safetensors.Entry
	for _, p := range m.Params {
		entries = append(entries, safetensors.Entry{Name: p.Name, Shape: p.Shape, Data: m.W[p.From:p.To]})
	}
	return safetensors.Write(w, entries, map[string]string{"format": "pt"}, bf16)
}
