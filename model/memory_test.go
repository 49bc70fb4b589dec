package model

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// TestLogitsMemory: what a file is told to need follows from how its weights are held.
func TestLogitsMemory(t *testing.T) {
	c := variants()["llama"]
	c.Width, c.HeadDim, c.Hidden, c.Layers, c.Window = 256, 256/c.Heads, 768, 8, 0
	dir := t.TempDir()
	if err := randomModel(t, c, rand.New(rand.NewPCG(9, 9))).Save(dir, false); err != nil {
		t.Fatal(err)
	}
	need := func(kind quant.Type, weights Weights) float64 {
		file := filepath.Join(dir, kind.String()+".gguf")
		if err := SaveGGUF(t.Context(), file, dir, GGUFOptions{Type: kind}); err != nil {
			t.Fatal(err)
		}
		_, n, err := LogitsMemory(file, &weights, tensor.New(1), 1, false)
		if err != nil {
			t.Fatal(err)
		}
		return float64(n)
	}
	whole := need(quant.F32, Stored)
	for kind, share := range map[quant.Type]float64{quant.Q8_0: 0.5, quant.Q6_K: 0.5, quant.Q4_K: 0.4, quant.Q4_0: 0.4} {
		if n := need(kind, Stored); n > share*whole {
			t.Errorf("a file of %s needs %.2f of what float32 needs, want %.1f at most", kind, n/whole, share)
		}
		if n := need(kind, F32); n != whole {
			t.Errorf("a file of %s as float32 needs %.2f of what one of float32 needs", kind, n/whole)
		}
	}
	if n := need(quant.F16, Stored); tensor.New(1).F16() && n > 0.7*whole {
		t.Errorf("a file of F16 needs %.2f of what float32 needs", n/whole)
	}
}
