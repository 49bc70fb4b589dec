package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// TestOpenEngine: an engine holds what a GGUF file has, number by number where the form is
// the same, and rounded by little where it is wider.
func TestOpenEngine(t *testing.T) {
	for name, c := range variants() {
		c.Width, c.HeadDim, c.Hidden, c.Window = 64, 64/c.Heads, 96, 0
		dir := t.TempDir()
		if err := randomModel(t, c, rand.New(rand.NewPCG(5, 5))).Save(dir, false); err != nil {
			t.Fatal(err)
		}
		for _, kind := range quant.Types() {
			file := filepath.Join(dir, kind.String()+".gguf")
			if err := SaveGGUF(t.Context(), file, dir, GGUFOptions{Type: kind}); err != nil {
				t.Logf("%s as %s: %v", name, kind, err)
				continue
			}
			m, err := Open(file)
			if err != nil {
				t.Fatal(err)
			}
			e, err := OpenEngine(file, tensor.New(2), EngineOptions{Weights: Stored})
			if err != nil {
				t.Fatal(err)
			}
			limit := 0.0
			if kind == quant.Q6_K || kind == quant.Q4_K || kind == quant.Q4_0 { // all matrices, or the head
				limit = 0.005
			}
			if d := apart(m, e); d > limit {
				t.Errorf("%s as %s: weights differ by %.2g", name, kind, d)
			}
			if w := e.blocks[0].up; kind == quant.F16 && e.cpu.F16() && (w.blocks == nil || w.blocks.Weights() != tensor.WeightsF16) ||
				kind == quant.Q4_0 && (w.blocks == nil || w.blocks.Weights() != tensor.WeightsInt4) ||
				kind == quant.Q8_0 && (w.blocks == nil || w.blocks.Weights() != tensor.WeightsInt8) {
				t.Errorf("%s as %s is not held as it is stored", name, kind)
			}
		}
	}
}

// TestOpenEngineQ4K: blocks of Q4_K are held number by number, but for the head, which is Q6_K.
func TestOpenEngineQ4K(t *testing.T) {
	for name, c := range variants() {
		c.Width, c.Heads, c.KVHeads, c.HeadDim, c.Hidden, c.Window = 256, 4, 4, 64, 512, 0
		dir := t.TempDir()
		if err := randomModel(t, c, rand.New(rand.NewPCG(5, 5))).Save(dir, false); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "model.gguf")
		if err := SaveGGUF(t.Context(), file, dir, GGUFOptions{Type: quant.Q4_K}); err != nil {
			t.Fatal(err)
		}
		m, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		e, err := OpenEngine(file, tensor.New(2), EngineOptions{Weights: Stored})
		if err != nil {
			t.Fatal(err)
		}
		if w := e.blocks[0].down.blocks; w == nil || w.Weights() != tensor.WeightsQ4K {
			t.Fatalf("%s: Q4_K is not held as it is stored", name)
		}
		e.embed, e.head = &matrix{}, matrix{}
		if d := apart(m, e); d != 0 {
			t.Errorf("%s: weights differ by %.2g", name, d)
		}
	}
}

// TestOpenEngineReadOnly: blocks that are only read are held as int8. IQ4_NL lies in a file as
// Q4_0 does, with another number for its type.
func TestOpenEngineReadOnly(t *testing.T) {
	for name, c := range variants() {
		c.Width, c.HeadDim, c.Hidden, c.Window = 64, 64/c.Heads, 96, 0
		dir := t.TempDir()
		if err := randomModel(t, c, rand.New(rand.NewPCG(8, 8))).Save(dir, false); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "model.gguf")
		if err := SaveGGUF(t.Context(), file, dir, GGUFOptions{Type: quant.Q4_0}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for layer := range c.Layers {
			for _, part := range []string{"attn_q", "attn_k", "attn_v", "ffn_down"} {
				tensor := fmt.Sprintf("blk.%d.%s.weight", layer, part)
				if at := bytes.Index(b, []byte(tensor)); at > 0 { // name, 2, two dimensions of 8 bytes, type
					b[at+len(tensor)+4+16] = byte(quant.IQ4_NL)
				}
			}
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		e, err := OpenEngine(file, tensor.New(2), EngineOptions{Weights: Stored})
		if err != nil {
			t.Fatal(err)
		}
		if w := e.blocks[0].down.blocks; w == nil || w.Weights() != tensor.WeightsInt8 {
			t.Errorf("%s: IQ4_NL is not held as int8", name)
		}
		if d := apart(m, e); d > 0.005 {
			t.Errorf("%s: weights differ by %.2g", name, d)
		}
	}
}

// TestOpenEngineHalf: a folder of bfloat16 or of half precision is held as it is stored, matrices
// with a row for each input too.
func TestOpenEngineHalf(t *testing.T) {
	for name, c := range variants() {
		dir := t.TempDir()
		if err := randomModel(t, c, rand.New(rand.NewPCG(6, 6))).Save(dir, true); err != nil {
			t.Fatal(err)
		}
		for _, own := range []Weights{BF16, F16} {
			if own == F16 { // the same bits are other numbers
				file := filepath.Join(dir, "model.safetensors")
				b, err := os.ReadFile(file)
				if err == nil {
					err = os.WriteFile(file, bytes.ReplaceAll(b, []byte(`"BF16"`), []byte(`"F16" `)), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			m, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range []Weights{own, Stored} {
				e, err := OpenEngine(dir, tensor.New(2), EngineOptions{Weights: w})
				if err != nil {
					t.Fatal(err)
				}
				if d := apart(m, e); d != 0 {
					t.Errorf("%s as %s: weights differ by %.2g", name, w, d)
				}
				if held := e.blocks[0].up.blocks; w == F16 && e.cpu.F16() && (held == nil || held.Weights() != tensor.WeightsF16) {
					t.Errorf("%s as f16 is not held so", name)
				}
			}
		}
	}
}

// apart returns the largest difference between the matrices of model and engine, over the
// largest weight.
func apart(m *Model, e *Engine) float64 {
	far, most := 0.0, 0.0
	compare := func(l linear, w *matrix) {
		got := make([]float32, l.in)
		for i := range l.out {
			w.output(got, i)
			for j, v := range got {
				want := m.W[l.w+i*l.in+j%l.in]
				if l.conv {
					want = m.W[l.w+j*l.out+i]
				}
				far, most = max(far, math.Abs(float64(v-want))), max(most, math.Abs(float64(want)))
			}
		}
	}
	c := &m.Config
	for i, l := range m.lay.blocks {
		b := &e.blocks[i]
		compare(l.qkv, &b.qkv)
		compare(l.out, &b.out)
		compare(l.up, &b.up)
		compare(l.down, &b.down)
	}
	if e.head.bytes() > 0 {
		compare(linear{w: m.lay.head, in: c.Width, out: c.Vocab}, &e.head)
		compare(linear{w: m.lay.embed, in: c.Width, out: c.Vocab}, e.embed)
	}
	return far / most
}

// TestForms: how matrices are held by how they are stored.
func TestForms(t *testing.T) {
	best := tensor.New(1)
	own, half := F32, F32
	if best.BF16() {
		own = BF16
	}
	if best.F16() {
		half = F16
	}
	for _, tt := range []struct {
		w     Weights
		kinds []quant.Type
		head  bool
		want  Weights
	}{
		{Int4, []quant.Type{quant.F32}, false, Int4},
		{Int4, []quant.Type{quant.F32}, true, Int8},
		{BF16, []quant.Type{quant.Q4_0}, true, BF16},
		{Stored, []quant.Type{quant.Q4_0}, true, Int4},
		{Stored, []quant.Type{quant.Q4_0, quant.Q4_0, quant.Q6_K}, false, Int8},
		{Stored, []quant.Type{quant.Q4_K, quant.Q4_K}, false, Q4K},
		{Stored, []quant.Type{quant.Q4_K, quant.Q6_K}, false, Int8},
		{Stored, []quant.Type{quant.Q4_K}, true, Q4K},
		{Q4K, []quant.Type{quant.F32}, true, Int8},
		{Stored, []quant.Type{quant.F16, quant.F16}, false, half},
		{Stored, []quant.Type{quant.F16, quant.BF16}, false, F32},
		{F16, []quant.Type{quant.Q4_0}, true, F16},
		{Stored, []quant.Type{quant.BF16, quant.BF16}, false, own},
		{Stored, []quant.Type{quant.BF16, quant.F32}, false, F32},
	} {
		if got := tt.w.form(best, tt.kinds, tt.head); got != tt.want {
			t.Errorf("%s of %v, head %v: %s, want %s", tt.w, tt.kinds, tt.head, got, tt.want)
		}
	}
	generic := tensor.NewLevel(tensor.Generic, 1)
	if got := Stored.form(generic, []quant.Type{quant.BF16}, false); got != F32 {
		t.Errorf("bfloat16 without products of it is held as %s", got)
	}
}

// TestEngineLogits holds the logits of every token to those of steps of one, bit by bit.
func TestEngineLogits(t *testing.T) {
	tokens := make([]uint32, 150)
	for i := range tokens {
		tokens[i] = uint32(i * 7 % 251)
	}
	for name, c := range variants() {
		for _, w := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			e := engineOf(t, byteModel(t, c), tensor.New(2), w)
			var all [][]float32
			if err := e.Logits(e.NewSequence(), tokens, func(_ int, x []float32) { all = append(all, slices.Clone(x)) }); err != nil {
				t.Fatal(err)
			}
			s := e.NewSequence()
			for i := range tokens {
				got, err := e.Step([]Extension{{s, tokens[i : i+1], w == F32}})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got[0], all[i]) {
					t.Fatalf("%s, %s: other logits behind token %d", name, w, i)
				}
			}
		}
	}
	if _, err := OpenWords(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenWords of an empty folder: %v", err)
	}
}

// TestOpenEngineNotFinite: a weight that is no number is an error where blocks cannot hold it,
// whoever comes upon it, and names its own tensor and row there: gate and up are one matrix.
func TestOpenEngineNotFinite(t *testing.T) {
	c := variants()["qwen3"]
	m := randomModel(t, c, rand.New(rand.NewPCG(7, 7)))
	l := m.lay.blocks[0].up
	m.W[l.w+l.in*(l.out-1)] = float32(math.NaN())
	for _, bf16 := range []bool{false, true} {
		dir := t.TempDir()
		if err := m.Save(dir, bf16); err != nil {
			t.Fatal(err)
		}
		for _, w := range []Weights{Int8, Int4, Q4K} {
			want := fmt.Sprintf(`"model.layers.0.mlp.up_proj.weight": row %d: number 0 is NaN`, c.Hidden-1)
			if _, err := OpenEngine(dir, tensor.New(3), EngineOptions{Weights: w}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("bf16 %v as %s: %v, want %q in it", bf16, w, err, want)
			}
		}
		if _, err := OpenEngine(dir, tensor.New(3), EngineOptions{Weights: BF16}); err != nil {
			t.Errorf("bf16 %v as bf16: %v", bf16, err)
		}
	}
}

// TestOpenEngineCut: a file that is cut short once it is open is an error, whichever worker
// comes upon it, and does not end the process.
func TestOpenEngineCut(t *testing.T) {
	c := variants()["llama"]
	c.Width, c.HeadDim, c.Hidden = 96, 24, 160
	m := randomModel(t, c, rand.New(rand.NewPCG(8, 8)))
	dir := t.TempDir()
	folder, file := filepath.Join(dir, "model"), filepath.Join(dir, "model.gguf")
	for path, weights := range map[string]string{folder: filepath.Join(folder, "model.safetensors"), file: file} {
		for _, w := range []Weights{F32, BF16, F16, Int8, Q4K, Stored} {
			if err := errors.Join(m.Save(folder, false), m.SaveGGUF(t.Context(), file, GGUFOptions{Type: quant.Q8_0})); err != nil {
				t.Fatal(err)
			}
			err := withSource(path, func(c Config, s source) error {
				info, err := os.Stat(weights)
				if err == nil {
					err = os.Truncate(weights, info.Size()/3)
				}
				if err != nil {
					t.Fatal(err)
				}
				_, err = newEngine(c, tensor.New(3), EngineOptions{Weights: w}, s)
				return err
			})
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s as %s, cut: %v", filepath.Base(path), w, err)
			}
		}
	}
}
