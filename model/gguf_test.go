package model

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
	"feilun/internal/hint"
	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// TestGGUFRoundTrip writes the fixtures as GGUF and reads them again: in F32 the same
// weights and shape, in F16 and Q8_0 nearly the same logits as transformers'.
func TestGGUFRoundTrip(t *testing.T) {
	goldens(t, func(t *testing.T, dir string, want *expected) {
		m, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			kind  quant.Type
			limit float64
		}{{quant.F32, 1e-3}, {quant.F16, 0.01}, {quant.Q8_0, 0.05}} {
			got := throughGGUF(t, dir, tt.kind)
			if tt.kind == quant.F32 {
				c := m.Config
				if c.Arch == Mistral {
					c.Arch = Llama
				}
				if c.Window > 0 { // what attention sees at a time is all that is left
					c.Window, c.WindowFrom, c.Context = 0, 0, min(c.Context, c.Window)
				}
				if len(c.EOS) > 1 || len(c.BOS) > 1 || c.EOS != nil || c.BOS != nil { // without a vocabulary they are not written
					c.EOS, c.BOS = nil, nil
				}
				if !reflect.DeepEqual(got.Config, c) {
					t.Errorf("configuration comes back as %+v, want %+v", got.Config, c)
				}
				if !slices.Equal(got.W, m.W) {
					t.Error("weights come back changed")
				}
			}
			p := NewPass(got, tensor.New(1), 1, len(want.Tokens), PassOptions{Forward: true})
			far := 0.0
			err := p.Logits(&Batch{Rows: 1, Len: len(want.Tokens), Tokens: want.Tokens}, func(i int, x []float32) {
				if at := slices.Index(want.At, i); at >= 0 {
					far = max(far, distance(x, want.Logits[at]))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if t.Logf("%s: logits differ by %.5f", tt.kind, far); far > tt.limit && m.Config.Window == 0 {
				t.Errorf("%s: logits differ by %.5f, at most %v", tt.kind, far, tt.limit)
			}
		}
	})
}

func throughGGUF(t *testing.T, dir string, kind quant.Type) *Model {
	t.Helper()
	name := filepath.Join(t.TempDir(), "model.gguf")
	if err := SaveGGUF(t.Context(), name, dir, GGUFOptions{Type: kind}); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := OpenGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGGUFFactors: of factors that turn pairs more slowly those of Llama 3's scaling are known.
func TestGGUFFactors(t *testing.T) {
	c := variants()["llama"]
	c.HeadDim, c.Theta = 64, 500_000 // of which the slowest pairs are scaled in full
	c.Scaling = &Scaling{Kind: "llama3", Factor: 8, Low: 1, High: 4, OriginalContext: 8192}
	for times, known := range map[float32]bool{1: true, 1.00001: true, 1.01: false} {
		var b bytes.Buffer
		meta := []gguf.KV{{Key: "general.architecture", Value: Llama}}
		factors := gguf.Source{Name: ropeTensor, Type: quant.F32, Shape: []int{c.HeadDim / 2}, Rows: func(dst []float32) error {
			for i, f := range c.ropeFactors() {
				dst[i] = f
			}
			dst[0] *= times
			return nil
		}}
		if err := gguf.Write(&b, meta, []gguf.Source{factors}); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		got := c
		got.Scaling = nil
		if err := got.ggufScaling(f); (err == nil) != known || known && !reflect.DeepEqual(got.Scaling, c.Scaling) {
			t.Errorf("the first factor %v times its size: %+v, %v", times, got.Scaling, err)
		}
	}
}

// TestTurnHeads turns rows of two heads as llama.cpp's converter does: a head's rows
// 0 1 2 3 4 5 become 0 3 1 4 2 5.
func TestTurnHeads(t *testing.T) {
	x := make([]float32, 12*2)
	for i := range x {
		x[i] = float32(i)
	}
	old := slices.Clone(x)
	turnHeads(x, 2, 12, false)
	for i, row := range []int{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11} {
		if x[2*i] != float32(2*row) || x[2*i+1] != float32(2*row+1) {
			t.Fatalf("row %d is %v, want row %d", i, x[2*i:2*i+2], row)
		}
	}
	if turnHeads(x, 2, 12, true); !slices.Equal(x, old) {
		t.Errorf("turned back: %v", x)
	}
}

// TestGGUFWords takes vocabularies through GGUF: the same tokens for the same texts.
func TestGGUFWords(t *testing.T) {
	for _, pattern := range []bpe.Pattern{bpe.GPT2, bpe.CL100K, bpe.O200K, bpe.Qwen2, bpe.SmolLM} {
		l := words(t, pattern)
		tok, err := bpe.FromLists(l)
		if err != nil {
			t.Fatal(err)
		}
		c := FromDepth(1, len(l.Tokens)+3)
		c.EOS, c.BOS = []int{256, 5, 6}, []int{256}
		meta, err := c.ggufWords(&GGUFOptions{Tokenizer: tok, Prefix: []uint32{256}, Template: "{{ x }}"})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := gguf.Write(&b, meta, nil); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		got, prefix, template, err := GGUFTokenizer(f)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(prefix, []uint32{256}) || template != "{{ x }}" || got.Pattern != pattern {
			t.Errorf("%s: prefix %v, template %q, pattern %s", pattern, prefix, template, got.Pattern)
		}
		for i, key := range ggufEnds {
			if id, _ := gguf.Get[int](f, key); id != c.EOS[i] {
				t.Errorf("%s: %s is %d, want %d", pattern, key, id, c.EOS[i])
			}
		}
		for _, text := range []string{"", "hello there 1234 飞轮\n\n x", "\x00\xff e\u0301"} {
			want := tok.Encoder().EncodeSpecial(nil, []byte(text+"<|end|>"))
			if ids := got.Encoder().EncodeSpecial(nil, []byte(text+"<|end|>")); !slices.Equal(ids, want) && !(got.NFC && text == "\x00\xff e\u0301") {
				t.Errorf("%s: %q becomes %v, want %v", pattern, text, ids, want)
			}
		}
	}
}

// words is a vocabulary of bytes, a special token and two merges.
func words(t *testing.T, pattern bpe.Pattern) bpe.Lists {
	t.Helper()
	l := bpe.Lists{Pattern: pattern}
	of := map[byte]rune{}
	next := rune(256)
	for c := range 256 {
		r := rune(c)
		if !(c >= '!' && c <= '~' || c >= 0xa1 && c <= 0xac || c >= 0xae) {
			r, next = next, next+1
		}
		of[byte(c)] = r
		l.Tokens = append(l.Tokens, string(r))
	}
	l.Tokens = append(l.Tokens, "<|end|>", "he", "hel")
	l.Special = make([]bool, len(l.Tokens))
	l.Special[256] = true
	l.Merges = []string{"h e", "he l"}
	return l
}

// TestGGUFEnds reads files that name the end of a text alone, as most from elsewhere do: tokens
// that are called an end of a turn end texts too, where they are special.
func TestGGUFEnds(t *testing.T) {
	for _, tt := range []struct {
		tokens []string
		kinds  []int32
		want   []int
	}{
		{[]string{"a", "<|endoftext|>", "<|im_start|>", "<|im_end|>"}, []int32{1, 3, 3, 3}, []int{1, 3}},
		{[]string{"a", "</s>", "<end_of_turn>", "<|eot_id|>"}, []int32{1, 3, 1, 4}, []int{1}},
		{[]string{"a", "<|return|>", "<|end|>", "<|call|>"}, []int32{1, 3, 3, 3}, []int{1, 3}},
		{[]string{"a", "<eos>", "</s>", "<|tool_response>"}, []int32{1, 3, 3, 3}, []int{1, 3}},
		{[]string{"a", "b", "c", "d", "<|end|>"}, []int32{1, 1, 1, 1, 3}, []int{1}}, // no row of the embedding
		{[]string{"a", "b", "<|end|>", "<|im_end|>"}, []int32{1, 1}, []int{1}},
	} {
		var b bytes.Buffer
		meta := []gguf.KV{{Key: "tokenizer.ggml.eos_token_id", Value: uint32(1)}, {Key: "tokenizer.ggml.tokens", Value: tt.tokens}, {Key: "tokenizer.ggml.token_type", Value: tt.kinds}}
		if err := gguf.Write(&b, meta, nil); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Vocab: 4}
		if c.ends(f); !slices.Equal(c.EOS, tt.want) {
			t.Errorf("%q: texts end at %v, want %v", tt.tokens, c.EOS, tt.want)
		}
	}
}

func TestGGUFRefuses(t *testing.T) {
	read := func(meta []gguf.KV, tensors []gguf.Source) error {
		var b bytes.Buffer
		if err := gguf.Write(&b, meta, tensors); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		_, err = OpenGGUF(f)
		return err
	}
	embed := gguf.Source{Name: "token_embd.weight", Type: quant.F32, Shape: []int{40, 16}, Rows: func([]float32) error { return nil }}
	arch := gguf.KV{Key: "general.architecture", Value: "llama"}
	big := func(key string) gguf.KV { return gguf.KV{Key: "llama." + key, Value: uint64(1 << 40)} }
	for _, err := range []error{
		read(nil, nil),
		read([]gguf.KV{{Key: "general.architecture", Value: "mamba"}}, nil),
		read([]gguf.KV{arch}, nil),
		read([]gguf.KV{arch}, []gguf.Source{embed}),
		read([]gguf.KV{arch, big("block_count"), big("attention.head_count"), big("feed_forward_length"), big("context_length")}, []gguf.Source{embed}),
	} {
		if !errors.Is(err, ErrFormat) {
			t.Errorf("OpenGGUF: %v, want ErrFormat", err)
		}
	}
}

// headed returns the shape of a model of one layer, whose metadata end with more.
func headed(t *testing.T, more ...gguf.KV) (Config, error) {
	t.Helper()
	meta := []gguf.KV{{Key: "general.architecture", Value: "llama"}}
	for key, n := range map[string]uint32{"block_count": 1, "attention.head_count": 2, "feed_forward_length": 16, "context_length": 32} {
		meta = append(meta, gguf.KV{Key: "llama." + key, Value: n})
	}
	tensors := []gguf.Source{{Name: "token_embd.weight", Type: quant.F32, Shape: []int{40, 16}, Rows: func([]float32) error { return nil }}}
	if len(more) > 0 && more[0].Key == ropeTensor {
		more = more[1:]
		tensors = append(tensors, gguf.Source{Name: ropeTensor, Type: quant.F32, Shape: []int{4}, Rows: func(x []float32) error { copy(x, []float32{1, 1, 1, 8}); return nil }})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, append(meta, more...), tensors); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return GGUFConfig(f)
}

// TestGGUFScaling: the rotary embedding's factor is read as llama.cpp reads it.
func TestGGUFScaling(t *testing.T) {
	kind := func(s string) gguf.KV { return gguf.KV{Key: "llama.rope.scaling.type", Value: s} }
	factor := func(x float32) gguf.KV { return gguf.KV{Key: "llama.rope.scaling.factor", Value: x} }
	old := gguf.KV{Key: "llama.rope.scale_linear", Value: float32(2)}
	for i, tt := range []struct {
		meta []gguf.KV
		want float64 // 0 for none, -1 for an error
	}{
		{nil, 0}, {[]gguf.KV{kind("none"), factor(4)}, 0}, {[]gguf.KV{kind("linear")}, 0}, {[]gguf.KV{kind("linear"), factor(0)}, 0},
		{[]gguf.KV{kind("linear"), factor(4)}, 4}, {[]gguf.KV{factor(4)}, 4}, {[]gguf.KV{old}, 2}, {[]gguf.KV{old, factor(4)}, 4},
		{[]gguf.KV{kind("yarn"), factor(4)}, -1}, {[]gguf.KV{factor(-1)}, -1}, {[]gguf.KV{factor(float32(math.Inf(1)))}, -1}, {[]gguf.KV{factor(float32(math.NaN()))}, -1},
		{[]gguf.KV{{Key: ropeTensor}, factor(4)}, -1},
	} {
		c, err := headed(t, tt.meta...)
		got := 0.0
		if c.Scaling != nil {
			got = c.Scaling.Factor
		}
		if (err != nil) != (tt.want < 0) || err == nil && got != tt.want {
			t.Errorf("%d: scaled by %v, %v; want %v", i, got, err, tt.want)
		}
	}
}

// TestGGUFPointer: what Git LFS leaves in the place of a file says so.
func TestGGUFPointer(t *testing.T) {
	b := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
	if _, err := gguf.Read(bytes.NewReader(b), int64(len(b))); !errors.Is(err, gguf.ErrFormat) || !strings.Contains(hint.Of(err), "git lfs pull") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

// TestGGUFParts: what is a part of a model, or attends otherwise, says so.
func TestGGUFParts(t *testing.T) {
	if _, err := headed(t, gguf.KV{Key: "split.count", Value: uint16(1)}, gguf.KV{Key: "llama.attention.causal", Value: true}); err != nil {
		t.Error(err)
	}
	_, err := headed(t, gguf.KV{Key: "split.count", Value: uint16(3)})
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "one of 3 parts") || !strings.Contains(hint.Of(err), "--merge") {
		t.Errorf("%v, %q", err, hint.Of(err))
	}
	if _, err = headed(t, gguf.KV{Key: "llama.attention.causal", Value: false}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "looks ahead") {
		t.Error(err)
	}
}

// FuzzGGUF opens files as models and vocabularies.
func FuzzGGUF(f *testing.F) {
	name := filepath.Join(f.TempDir(), "a.gguf")
	if err := SaveGGUF(f.Context(), name, "testdata/golden/llama", GGUFOptions{Type: quant.Q8_0}); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	_, b = throughMeta(f, metaSentencePiece(f, sentencePiece(f, "")))
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		g, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		OpenGGUF(g)
		GGUFTokenizer(g)
	})
}
