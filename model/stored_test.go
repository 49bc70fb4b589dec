package model

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/safetensors"
)

// TestStoredHead: an embedding that is the head too may lie under either name, and where both names
// have other numbers they are two, as in transformers.
func TestStoredHead(t *testing.T) {
	for _, arch := range []string{"llama", "gpt2"} {
		c := variants()[arch]
		c.Tied = true
		m := randomModel(t, c, rand.New(rand.NewPCG(8, 8)))
		embed := m.Params[0]
		other := slices.Clone(m.W[embed.From:embed.To])
		other[3]++
		for _, tt := range []struct {
			name       string
			drop, tied bool
			head       []float32
		}{{"both", false, true, m.W[embed.From:embed.To]}, {"head alone", true, true, m.W[embed.From:embed.To]}, {"other head", false, false, other}} {
			dir := t.TempDir()
			var entries []safetensors.Entry
			for i, p := range m.Params {
				if i > 0 || !tt.drop {
					entries = append(entries, safetensors.Entry{Name: p.Name, Shape: p.Shape, Data: m.W[p.From:p.To]})
				}
			}
			entries = append(entries, safetensors.Entry{Name: headName, Shape: embed.Shape, Data: tt.head})
			write := func(w io.Writer) error { return safetensors.Write(w, entries, nil, false) }
			if err := atomicfile.Write(filepath.Join(dir, "model.safetensors"), write); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "config.json"), c.JSON(), 0o666); err != nil {
				t.Fatal(err)
			}
			got, err := Open(dir)
			if err != nil {
				t.Errorf("%s, %s: %v", arch, tt.name, err)
				continue
			}
			want := slices.Clone(m.W)
			if !tt.tied {
				want = append(want, other...)
			}
			if got.Config.Tied != tt.tied || !slices.Equal(got.W, want) {
				t.Errorf("%s, %s: tied %v, %d weights of %d, want tied %v", arch, tt.name, got.Config.Tied, len(got.W), len(want), tt.tied)
			}
		}
	}
}

// TestOlderWords: a vocabulary in the files of older versions says how to make tokenizer.json.
func TestOlderWords(t *testing.T) {
	for _, name := range []string{"tokenizer.model", "vocab.json"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenWords(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(hint.Of(err), name+" is not read") {
			t.Errorf("%s: %v, hint %q", name, err, hint.Of(err))
		}
	}
}
