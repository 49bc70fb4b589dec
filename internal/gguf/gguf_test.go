package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"feilun/internal/quant"
)

// TestGolden reads a file that the gguf package wrote, and compares blocks with what
// that package's own code makes of the same numbers.
func TestGolden(t *testing.T) {
	f, err := Open("testdata/golden.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for key, want := range map[string]any{
		"general.architecture": "llama",
		"test.uint8":           uint8(255), "test.int8": int8(-128), "test.uint16": uint16(65535), "test.int16": int16(-32768),
		"test.uint32": uint32(math.MaxUint32), "test.int32": int32(math.MinInt32), "test.float32": float32(0.1), "test.bool": true,
		"test.string": "飞轮", "test.uint64": uint64(math.MaxUint64), "test.int64": int64(math.MinInt64), "test.float64": 0.1,
		"test.strings": []string{"a", "", "轮子"}, "test.ints": []int32{1, -2, 3}, "test.floats": []float32{0.5, -1.25}, "test.bools": []bool{true, false},
		"test.nested": []any{[]int32{1, 2}, []int32{3}},
	} {
		if got, _ := f.Value(key); !reflect.DeepEqual(got, want) {
			t.Errorf("Value(%q) = %#v, want %#v", key, got, want)
		}
	}
	x := numbers(t, f, "x")
	for _, kind := range []quant.Type{quant.F16, quant.BF16, quant.Q8_0, quant.Q4_0} {
		tensor, _ := f.Tensor("x." + kind.String())
		var want []byte
		got := make([]byte, kind.Bytes(len(x)))
		if err := f.Rows(tensor, 0, tensor.Len()/tensor.row(), func(_ int, row []byte) { want = append(want, row...) }); err != nil {
			t.Fatal(err)
		}
		if err := quant.Encode(got, kind, x); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("Encode to %s differs from the gguf package's", kind)
		}
	}
	for _, kind := range append(quant.ReadTypes(), quant.Q8_0, quant.Q4_0, quant.Q4_K, quant.Q6_K) {
		if got, want := numbers(t, f, "x."+kind.String()), numbers(t, f, "y."+kind.String()); !slices.Equal(got, want) {
			t.Errorf("Decode of %s differs from the gguf package's", kind)
		}
	}
}

func numbers(t *testing.T, f *File, name string) []float32 {
	t.Helper()
	tensor, ok := f.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %q", name)
	}
	x := make([]float32, tensor.Len())
	if err := f.F32(x, name); err != nil {
		t.Fatal(err)
	}
	return x
}

// sample is a file with all types.
func sample(t testing.TB, rows int) ([]byte, []KV, []Source, [][]float32) {
	rng := rand.New(rand.NewPCG(1, 1))
	meta := []KV{{"general.architecture", "llama"}, {"a.list", []string{"飞", "轮"}}, {"a.bytes", []uint8{1, 2}}, {"a.nest", []any{[]int64{-1}, []string{"x"}}}, {"a.number", float32(1.5)}}
	var sources []Source
	var data [][]float32
	for _, kind := range quant.Types() {
		x := make([]float32, rows*512)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		data = append(data, x)
		sources = append(sources, Source{"t." + kind.String(), kind, []int{rows, 512}, func(dst []float32) error { copy(dst, x); return nil }})
	}
	sources = append(sources, Source{"odd", quant.F32, []int{3}, func(dst []float32) error { dst[1] = 2; return nil }})
	var b bytes.Buffer
	if err := Write(&b, meta, sources); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), meta, sources, data
}

func TestRoundTrip(t *testing.T) {
	b, meta, sources, data := sample(t, 3)
	f, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Meta, meta) {
		t.Errorf("metadata come back as %v, want %v", f.Meta, meta)
	}
	// root mean square of the error on normal numbers, per type
	limits := map[quant.Type]float64{quant.F32: 0, quant.F16: 0.0003, quant.BF16: 0.003, quant.Q8_0: 0.006, quant.Q6_K: 0.02, quant.Q4_K: 0.075, quant.Q4_0: 0.1}
	for i, want := range data {
		got, sum := numbers(t, f, sources[i].Name), 0.0
		for j := range got {
			sum += math.Pow(float64(got[j]-want[j]), 2)
		}
		if rms := math.Sqrt(sum / float64(len(got))); rms > limits[sources[i].Type] {
			t.Errorf("%s: error %.4f, at most %v", sources[i].Name, rms, limits[sources[i].Type])
		} else {
			t.Logf("%s: error %.5f", sources[i].Name, rms)
		}
	}
	if got, _ := f.Tensor("t.Q4_K"); !slices.Equal(got.Shape, []int{3, 512}) {
		t.Errorf("shape %v", got.Shape)
	}
	name := filepath.Join(t.TempDir(), "a.gguf")
	if err := Save(name, meta, sources); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(name); !bytes.Equal(again, b) {
		t.Error("Save and Write give other bytes")
	}
}

// TestTruncated cuts a file at every byte of its head and at some others.
func TestTruncated(t *testing.T) {
	b, _, _, _ := sample(t, 3)
	for n := range b {
		if n > 1500 && n%97 != 0 {
			continue
		}
		if _, err := Read(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, ErrFormat) {
			if n < len(b)-31 { // the last tensor ends before the padding
				t.Fatalf("Read of %d bytes of %d: %v", n, len(b), err)
			}
		}
	}
}

// TestHostile claims sizes that are not there.
func TestHostile(t *testing.T) {
	le := binary.LittleEndian
	head := func(version uint32, tensors, entries uint64) []byte {
		return le.AppendUint64(le.AppendUint64(le.AppendUint32([]byte(magic), version), tensors), entries)
	}
	kv := func(kind uint32, rest ...byte) []byte {
		return append(le.AppendUint32(appendString(head(3, 0, 1), "k"), kind), rest...)
	}
	tensor := func(kind uint32, at uint64, dims ...uint64) []byte {
		b := le.AppendUint32(appendString(head(3, 1, 0), "t"), uint32(len(dims)))
		for _, d := range dims {
			b = le.AppendUint64(b, d)
		}
		return append(le.AppendUint64(le.AppendUint32(b, kind), at), make([]byte, 64)...)
	}
	one := []byte{1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // 16 float32 at 0
	huge := le.AppendUint64(nil, 1<<62)
	nest := []byte{}
	for range 6 {
		nest = append(nest, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
	}
	for _, tt := range []struct {
		name, want string
		b          []byte
	}{
		{"no magic", "does not begin", []byte("GGML\x03\x00\x00\x00")},
		{"version 1", "version 1", head(1, 0, 0)},
		{"big endian", "high byte first", head(3<<24, 0, 0)},
		{"many tensors", "tensors in", head(3, 1<<60, 0)},
		{"many entries", "entries in", head(3, 0, 1<<60)},
		{"long string", "bytes wanted", kv(kindString, huge...)},
		{"long array", "elements in", kv(kindArray, append([]byte{4, 0, 0, 0}, huge...)...)},
		{"deep arrays", "deep", kv(kindArray, nest...)},
		{"arrays five deep", "deep", kv(kindArray, append(nest[:4*12:4*12], make([]byte, 12)...)...)},
		{"kind 77", "kind 77", kv(77)},
		{"no key", "a key of 0 bytes", append(head(3, 0, 1), make([]byte, 13)...)},
		{"key twice", "twice", append(append(head(3, 0, 2), kv(kindUint8, 1)[24:]...), kv(kindUint8, 1)[24:]...)},
		{"alignment", "an alignment of 12", append(le.AppendUint32(appendString(head(3, 0, 1), alignKey), kindUint32), 12, 0, 0, 0)},
		{"truth of 2", "truth value", kv(kindBool, 2)},
		{"dimensions overflow", "dimension", tensor(0, 0, 1<<31-1, 1<<31-1, 1<<31-1)},
		{"five dimensions", "5 dimensions", tensor(0, 0, 1, 1, 1, 1, 1)},
		{"no elements", "dimension of 0", tensor(0, 0, 0)},
		{"too large", "cut off", tensor(0, 0, 1<<20)},
		{"far away", "lies at", tensor(0, 1<<60, 1)},
		{"unaligned", "multiple", tensor(0, 8, 1)},
		{"shared bytes", "where another ends", append(append(le.AppendUint64(le.AppendUint64([]byte("GGUF\x03\x00\x00\x00"), 2), 0),
			append(append(appendString(nil, "a"), one...), appendString(nil, "b")...)...), append(one, make([]byte, 96)...)...)},
		{"part of a block", "whole blocks", tensor(8, 0, 33)},
	} {
		_, err := Read(bytes.NewReader(tt.b), int64(len(tt.b)))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Read: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	bad := func(kind quant.Type, v float32, n int) error {
		return Write(&bytes.Buffer{}, nil, []Source{{"t", kind, []int{n}, func(dst []float32) error { dst[3] = v; return nil }}})
	}
	for _, kind := range append(quant.ReadTypes(), quant.Q8_0, quant.Q4_0, quant.Q4_K, quant.Q6_K) {
		for _, v := range []float32{float32(math.NaN()), float32(math.Inf(-1)), 1e30} {
			if bad(kind, v, 256) == nil {
				t.Errorf("%s takes %v", kind, v)
			}
		}
		if bad(kind, 1, 257) == nil {
			t.Errorf("%s takes 257 numbers", kind)
		}
	}
	if Write(&bytes.Buffer{}, []KV{{alignKey, uint32(64)}}, nil) == nil {
		t.Error("an alignment is written that the tensors do not have")
	}
	if Write(&bytes.Buffer{}, []KV{{"k", 3}}, nil) == nil {
		t.Error("an int without a width is written")
	}
}

// TestGet: numbers of the metadata are converted where none is lost by it.
func TestGet(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  int
		ok    bool
	}{
		{uint8(7), 7, true}, {int64(-1), -1, true}, {uint64(1<<53 - 1), 1<<53 - 1, true}, {uint64(1 << 53), 0, false}, {uint64(math.MaxUint64), 0, false},
		{float32(2), 2, true}, {1.5, 0, false}, {math.NaN(), 0, false}, {"7", 0, false}, {true, 0, false},
	} {
		if got, ok := Get[int](&File{Meta: []KV{{"k", tt.value}}}, "k"); ok != tt.ok || ok && got != tt.want {
			t.Errorf("Get[int] of %T %v = %d, %v, want %d, %v", tt.value, tt.value, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzRead holds what is accepted to what comes back after it is written.
func FuzzRead(f *testing.F) {
	b, _, _, _ := sample(f, 1)
	f.Add(b)
	if b, err := os.ReadFile("testdata/golden.gguf"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, x := range g.Tensors {
			if x.Type.Known() && x.Len() < 1<<20 {
				if err := g.F32(make([]float32, x.Len()), x.Name); err != nil {
					t.Fatal(err)
				}
			}
		}
		meta := slices.DeleteFunc(slices.Clone(g.Meta), func(kv KV) bool { return kv.Key == alignKey })
		var out bytes.Buffer
		if err := Write(&out, meta, nil); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var twice bytes.Buffer
		if err := Write(&twice, again.Meta, nil); err != nil || !bytes.Equal(out.Bytes(), twice.Bytes()) {
			t.Fatalf("metadata change when they are written again: %v", err)
		}
	})
}

// TestLarge reads tensors that come in several pieces.
func TestLarge(t *testing.T) {
	const rows, cols = 4000, 512
	var sources []Source
	for _, kind := range []quant.Type{quant.F32, quant.BF16, quant.Q8_0, quant.Q4_0} {
		sources = append(sources, Source{kind.String(), kind, []int{rows, cols}, func(dst []float32) error {
			for i := range dst {
				dst[i] = float32(i%4099) / 64
			}
			return nil
		}})
	}
	name := filepath.Join(t.TempDir(), "a.gguf")
	if err := Save(name, nil, sources); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, s := range sources {
		tensor, _ := f.Tensor(s.Name)
		got, want, n := numbers(t, f, s.Name), make([]float32, cols), 0
		each := func(i int, row []byte) {
			quant.Decode(want, s.Type, row)
			if i != n || !slices.Equal(got[i*cols:(i+1)*cols], want) {
				t.Fatalf("%s: row %d behind %d others, or other numbers", s.Name, i, n)
			}
			n++
		}
		var err error
		for from, to := 0, 0; from < rows && err == nil; from, to = to, min(rows, 2*to+1) {
			err = f.Rows(tensor, from, to, each)
		}
		for _, wrong := range [][2]int{{0, rows + 1}, {-1, 0}, {2, 1}} {
			if err := f.Rows(tensor, wrong[0], wrong[1], each); !errors.Is(err, ErrFormat) {
				t.Errorf("rows %v: %v", wrong, err)
			}
		}
		if limit := map[quant.Type]float32{quant.Q8_0: 0.3, quant.Q4_0: 5, quant.BF16: 0.2}[s.Type]; err != nil || n != rows || got[rows*cols-1]-float32((rows*cols-1)%4099)/64 > limit {
			t.Errorf("%s: %v, %d rows", s.Name, err, n)
		}
	}
}
