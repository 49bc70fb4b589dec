package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/quant"
)

func write(t testing.TB, name string, b []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func file(head string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(b, head...), data...)
}

// TestRoundTrip writes and reads, in both types.
func TestRoundTrip(t *testing.T) {
	entries := []Entry{
		{"a", []int{2, 3}, []float32{1, -2, 3.5, 0, float32(math.Inf(1)), 1e-30}},
		{"empty", []int{0, 4}, nil},
		{"scalar", []int{}, []float32{7}},
		{`q"ü`, []int{1}, []float32{0.1}},
	}
	for _, bf16 := range []bool{false, true} {
		var b bytes.Buffer
		if err := Write(&b, entries, map[string]string{"format": "pt"}, bf16); err != nil {
			t.Fatal(err)
		}
		if n := binary.LittleEndian.Uint64(b.Bytes()); n%8 != 0 {
			t.Errorf("numbers begin behind a header of %d bytes, no multiple of 8", n)
		}
		c, err := Open(write(t, "x.safetensors", b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if c.Metadata["format"] != "pt" || len(c.Tensors()) != len(entries) {
			t.Errorf("metadata %v, %d tensors", c.Metadata, len(c.Tensors()))
		}
		for _, e := range entries {
			got := make([]float32, len(e.Data))
			if err := c.F32(got, e.Name); err != nil {
				t.Fatal(err)
			}
			half := make([]uint16, len(e.Data))
			if err := c.BF16(half, e.Name); err != nil {
				t.Fatal(err)
			}
			for i, v := range e.Data {
				if r := math.Float32frombits(uint32(half[i]) << 16); !bf16 && got[i] != v || bf16 && got[i] != r || math.Abs(float64(r-v)) > math.Abs(float64(v))/256 {
					t.Errorf("bf16 %v: %s[%d] = %v and %v, want %v", bf16, e.Name, i, got[i], r, v)
				}
			}
			if tensor, _ := c.Tensor(e.Name); !slices.Equal(tensor.Shape, e.Shape) {
				t.Errorf("%s has shape %v, want %v", e.Name, tensor.Shape, e.Shape)
			}
		}
	}
}

// Test16Bits reads a file of every number of float16, and one of every bfloat16: their values
// are those of the definition, bit for bit.
func Test16Bits(t *testing.T) {
	const n = 1 << 16
	all := make([]byte, 2*n)
	for h := range n {
		binary.LittleEndian.PutUint16(all[2*h:], uint16(h))
	}
	for kind, bits := range map[string]int{"F16": 10, "BF16": 7} {
		c, err := Open(write(t, "x.safetensors", file(fmt.Sprintf(`{"a":{"dtype":"%s","shape":[65536],"data_offsets":[0,131072]}}`, kind), all)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got, half := make([]float32, n), make([]uint16, n)
		if err := errors.Join(c.F32(got, "a"), c.BF16(half, "a")); err != nil {
			t.Fatal(err)
		}
		for h := range n {
			if want := defined(uint16(h), bits); math.Float32bits(got[h]) != want {
				t.Fatalf("%s %04x = %08x, want %08x", kind, h, math.Float32bits(got[h]), want)
			}
			if kind == "BF16" && half[h] != uint16(h) {
				t.Fatalf("bfloat16 %04x became %04x", h, half[h])
			}
		}
	}
}

// defined is a number of 16 bits as IEEE 754 has it, bits of which are behind the point.
func defined(h uint16, bits int) uint32 {
	most := 1<<(15-bits) - 1
	exp, frac := int(h>>bits)&most, int(h)&(1<<bits-1)
	v := math.Ldexp(float64(frac), max(exp, 1)-most/2-bits)
	if exp > 0 {
		v = math.Ldexp(float64(frac+1<<bits), exp-most/2-bits)
	}
	b := math.Float32bits(float32(v))
	if exp == most {
		b = 0x7f800000 | uint32(frac)<<(23-bits)
	}
	return b | uint32(h>>15)<<31
}

// TestErrors: hostile and broken files are errors, and say why.
func TestErrors(t *testing.T) {
	one := `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	huge := `{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}`
	for _, tt := range []struct {
		why  string
		b    []byte
		want string
	}{
		{"empty", nil, "0 bytes"},
		{"huge header", []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), "a header of"},
		{"header longer than the file", binary.LittleEndian.AppendUint64(nil, 100), "a header of 100"},
		{"no object", file(`[]`, nil), "no JSON object"},
		{"truncated JSON", file(one[:20], make([]byte, 8)), "unexpected"},
		{"truncated data", file(one, make([]byte, 7)), "lies at 0 to 8 of 7"},
		{"bytes behind", file(one, make([]byte, 9)), "8 bytes of tensors, 9 in the file"},
		{"overflow", file(huge, make([]byte, 8)), "larger than the file"},
		{"shape", file(strings.Replace(one, "[2]", "[3]", 1), make([]byte, 8)), "shape [3] of F32 in 8"},
		{"negative shape", file(strings.Replace(one, "[2]", "[-2]", 1), make([]byte, 8)), "dimension of -2"},
		{"negative offset", file(strings.Replace(one, "[0,8]", "[-8,0]", 1), make([]byte, 8)), "lies at -8"},
		{"one offset", file(strings.Replace(one, "[0,8]", "[8]", 1), make([]byte, 8)), "1 offsets"},
		{"twice", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)), "twice"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)), "behind 8"},
	} {
		_, err := Open(write(t, "x.safetensors", tt.b))
		if err == nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.why, err, tt.want)
		}
	}
	c, err := Open(write(t, "x.safetensors", file(`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"X9","shape":[5],"data_offsets":[8,8]}}`, make([]byte, 8))))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := c.F32(make([]float32, 1), name); !errors.Is(err, ErrFormat) {
			t.Errorf("reading %q: %v", name, err)
		}
	}
}

// TestIndex: an index may name files beside it alone, with all their tensors.
func TestIndex(t *testing.T) {
	dir := t.TempDir()
	part := file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 8))
	if err := os.WriteFile(filepath.Join(dir, "part"), part, 0o666); err != nil {
		t.Fatal(err)
	}
	for index, want := range map[string]string{
		`{"weight_map":{"a":"part"}}`:               "",
		`{"weight_map":{"a":"part","b":"part"}}`:    "1 of its 2 tensors are not there",
		`{"weight_map":{"a":"../part"}}`:            "not the name of a file beside it",
		`{"weight_map":{"a":"/etc/passwd"}}`:        "not the name of a file beside it",
		`{"weight_map":{"a":".."}}`:                 "not the name of a file beside it",
		`{"weight_map":{"a":"sub/part"}}`:           "not the name of a file beside it",
		`{"weight_map":{}}`:                         "names no tensors",
		`{"weight_map":`:                            "unexpected",
		`{"weight_map":{"a":"part","b":"nowhere"}}`: "nowhere",
	} {
		if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(index), 0o666); err != nil {
			t.Fatal(err)
		}
		c, err := Open(dir)
		if err == nil {
			c.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", index, err, want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty folder was no error")
	}
}

// FuzzHeader: no bytes make the reader panic, and what it accepts it can read.
func FuzzHeader(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, []Entry{{"a", []int{2, 2}, []float32{1, 2, 3, 4}}, {"b", []int{1}, []float32{5}}}, nil, true); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 8)))
	f.Add(file(`{"__metadata__":{"x":"y"},"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`, make([]byte, 2)))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		c := &Checkpoint{byName: map[string]int{}, files: []io.ReaderAt{r}}
		if c.enter(r, int64(len(in)), nil) != nil {
			return
		}
		for _, e := range c.Tensors() {
			if _, known := sizes[e.Type]; !known {
				continue // its size says nothing
			}
			if n := e.Len(); n > len(in) {
				t.Fatalf("%q has %d numbers in a file of %d bytes", e.Name, n, len(in))
			}
			if err := c.F32(make([]float32, e.Len()), e.Name); err != nil && !errors.Is(err, ErrFormat) {
				t.Fatal(fmt.Errorf("%q: %w", e.Name, err))
			}
		}
	})
}

// TestNoFile refuses what opening or reading would wait for.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "model.safetensors"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "it is no file") {
		t.Error(err)
	}
}

// TestLarge reads a matrix that comes in several pieces, whose rows are no part of them.
func TestLarge(t *testing.T) {
	const rows, cols = 701, 999
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(i % 251) // exact in bfloat16
	}
	for _, bf16 := range []bool{false, true} {
		var b bytes.Buffer
		if err := Write(&b, []Entry{{"a", []int{rows, cols}, data}, {"b", []int{1}, []float32{1}}}, nil, bf16); err != nil {
			t.Fatal(err)
		}
		c, err := Open(write(t, "x.safetensors", b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got, half := make([]float32, len(data)), make([]uint16, len(data))
		if err := errors.Join(c.F32(got, "a"), c.BF16(half, "a")); err != nil || !slices.Equal(got, data) {
			t.Errorf("bf16 %v: %v, or other numbers", bf16, err)
		}
		n := 0
		each := func(i int, kind quant.Type, row []byte) {
			want := make([]float32, cols)
			quant.Decode(want, kind, row)
			if i != n || !slices.Equal(want, data[i*cols:(i+1)*cols]) || half[i*cols+3] != quant.ToBF16(want[3]) {
				t.Fatalf("bf16 %v: row %d behind %d others, or other numbers", bf16, i, n)
			}
			n++
		}
		for from, to := 0, 0; from < rows; from, to = to, min(rows, 2*to+1) {
			if err := c.Rows("a", from, to, each); err != nil || n != to {
				t.Errorf("rows %d to %d: %v, %d of them", from, to, err, n)
			}
		}
		none := func(int, quant.Type, []byte) { t.Error("a row that is not there") }
		for _, err := range []error{c.Rows("b", 0, 0, none), c.Rows("none", 0, 0, none), c.Rows("a", 0, rows+1, none), c.Rows("a", -1, 0, none), c.Rows("a", 2, 1, none)} {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("rows that are not there: %v", err)
			}
		}
	}
}

// TestNotThere says what lies in the place of the weights.
func TestNotThere(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
	for name, want := range map[string]string{"model.safetensors": "git lfs pull", "pytorch_model.bin": "transformers", "weights.safetensors": "renamed", "x": ""} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(pointer), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(hint.Of(err), want) || want == "" && hint.Of(err) != "" {
			t.Errorf("%s: %v, hint %q, want one with %q", name, err, hint.Of(err), want)
		}
	}
}
