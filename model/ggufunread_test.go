package model

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/gguf"
	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// TestGGUFUnread: numbers of a type that is not read are an error that names it, for the engine too.
func TestGGUFUnread(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.gguf")
	if err := SaveGGUF(t.Context(), name, "testdata/golden/llama", GGUFOptions{Type: quant.F16}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"token_embd.weight", "blk.0.attn_norm.weight", "blk.0.attn_q.weight", "blk.1.ffn_down.weight"} {
		for kind, want := range map[uint32]string{39: "MXFP4", 16: "IQ2_XXS", 77: "type 77"} {
			changed := bytes.Clone(b)
			entry := bytes.Index(changed, []byte(at)) + len(at)
			dims := int(binary.LittleEndian.Uint32(changed[entry:]))
			binary.LittleEndian.PutUint32(changed[entry+4+8*dims:], kind)
			if err := os.WriteFile(name, changed, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := OpenEngine(name, tensor.New(1), EngineOptions{})
			if !errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), "is of "+want+";") {
				t.Errorf("%s of %d: %v", at, kind, err)
			}
		}
	}
}
