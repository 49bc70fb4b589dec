// Package gguf reads and writes GGUF, the file of llama.cpp: metadata and named
// tensors in ggml's types. Start with [Open] and [Write]. A file is not believed:
// every count is held against the bytes that are left before memory is taken. What
// the metadata of a model mean is the affair of package model. The form is described
// in docs/formats/gguf.md.
package gguf

import (
	"errors"
	"fmt"
	"io"
	"math"

	"feilun/internal/hint"
	"feilun/internal/mapped"
	"feilun/internal/quant"
)

// ErrFormat is wrapped by every complaint about the bytes of a file.
var ErrFormat = errors.New("not a usable GGUF file")

const (
	magic     = "GGUF"
	written   = 3  // the version that is written; 2 is the same but for its number
	alignment = 32 // of tensors, unless general.alignment says otherwise
	alignKey  = "general.alignment"

	maxAlignment = 1 << 16
	maxDims      = 4       // ggml's GGML_MAX_DIMS
	maxDepth     = 4       // of arrays in arrays
	maxName      = 1 << 16 // bytes of a key or a tensor's name
)

// A KV is an entry of the metadata. Its value is one of uint8, int8, uint16, int16,
// uint32, int32, uint64, int64, float32, float64, bool and string, a slice of one of
// these, or a []any of such slices.
type KV struct {
	Key   string
	Value any
}

// A Tensor is an entry of a file. Shape has the slowest dimension first, as in
// transformers; GGUF stores it the other way round.
type Tensor struct {
	Name  string
	Type  quant.Type
	Shape []int

	at int64 // from the start of the file
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// row returns the fastest dimension.
func (t *Tensor) row() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// Readable returns an error where the tensor's numbers are of a type that is not read.
func (t *Tensor) Readable() error {
	if t.Type.Known() {
		return nil
	}
	err := fmt.Errorf("%w: tensor %q is of %s; %s are read", ErrFormat, t.Name, t.Type, quant.Names(append(quant.Types(), quant.ReadTypes()...)))
	return hint.With(err, "take the same model in one of these types, such as a file of Q4_K_M or Q8_0")
}

// A File is an open file. Any number of goroutines may read it.
type File struct {
	Version uint32
	Meta    []KV     // in the order of the file
	Tensors []Tensor // in the order of the file

	r      io.ReaderAt
	close  func() error
	byName map[string]int
}

// Open opens a file; the tensors' bytes are read when they are asked for.
func Open(path string) (*File, error) {
	f, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	g, err := Read(f, f.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	g.close = f.Close
	return g, nil
}

// Close closes what [Open] opened.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Value returns the metadata of a key.
func (f *File) Value(key string) (any, bool) {
	for _, kv := range f.Meta {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return nil, false
}

// Get returns the metadata of a key when it has that type. Numbers are converted
// where none is lost by it.
func Get[T any](f *File, key string) (value T, ok bool) {
	v, ok := f.Value(key)
	if !ok {
		return value, false
	}
	if value, ok = v.(T); ok {
		return value, true
	}
	switch to := any(&value).(type) {
	case *int:
		n, whole := number(v)
		*to = int(n)
		return value, whole && n == math.Trunc(n) && math.Abs(n) < 1<<53
	case *float64:
		n, is := number(v)
		*to = n
		return value, is
	}
	return value, false
}

// number converts any number.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case uint8:
		return float64(n), true
	case int8:
		return float64(n), true
	case uint16:
		return float64(n), true
	case int16:
		return float64(n), true
	case uint32:
		return float64(n), true
	case int32:
		return float64(n), true
	case uint64:
		return float64(n), true
	case int64:
		return float64(n), true
	case float32:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// Tensor returns the tensor of that name.
func (f *File) Tensor(name string) (t Tensor, ok bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Rows calls each with some of a tensor's rows of bytes as they are, in order; a row is valid
// until it returns. Several goroutines may read rows of the same tensor.
func (f *File) Rows(t Tensor, from, to int, each func(i int, row []byte)) error {
	if err := t.Readable(); err != nil {
		return err
	}
	if from < 0 || from > to || to > t.Len()/max(1, t.row()) {
		return fmt.Errorf("%w: tensor %q has no rows %d to %d", ErrFormat, t.Name, from, to)
	}
	size := t.Type.Bytes(t.row())
	return f.pieces(t, from*size, to*size, size, func(at int, b []byte) {
		for i := 0; i < len(b); i += size {
			each(from+(at+i)/size, b[i:i+size])
		}
	})
}

// pieces calls each with a tensor's bytes from first up to end, in pieces of whole steps.
func (f *File) pieces(t Tensor, first, end, step int, each func(at int, b []byte)) error {
	if err := mapped.Pieces(f.r, t.at+int64(first), end-first, step, each); err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return nil
}

// F32 reads a tensor's numbers into dst, which has as many elements.
func (f *File) F32(dst []float32, name string) error {
	t, ok := f.Tensor(name)
	switch {
	case !ok:
		return fmt.Errorf("%w: no tensor %q", ErrFormat, name)
	case t.Readable() != nil:
		return t.Readable()
	case t.Len() != len(dst):
		return fmt.Errorf("tensor %q has %d elements, not %d", name, t.Len(), len(dst))
	}
	const step = 256 // numbers; a multiple of every block
	size := t.Type.Bytes(step)
	return f.pieces(t, 0, t.Type.Bytes(t.Len()), size, func(at int, b []byte) {
		first := at / size * step
		quant.Decode(dst[first:first+len(b)*step/size], t.Type, b)
	})
}
