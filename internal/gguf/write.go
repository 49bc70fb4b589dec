package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"feilun/internal/atomicfile"
	"feilun/internal/quant"
)

// A Source is a tensor to write: its numbers come from Rows when it is its turn.
type Source struct {
	Name  string
	Type  quant.Type
	Shape []int // slowest dimension first

	// Rows fills dst with the whole tensor.
	Rows func(dst []float32) error
}

// Save writes a file beside its name and puts it there when all is written.
func Save(path string, meta []KV, tensors []Source) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, meta, tensors) })
}

// Write writes a file of version 3 with tensors aligned to 32 bytes, in their order.
// It holds one tensor in memory at a time.
func Write(w io.Writer, meta []KV, tensors []Source) error {
	head, err := appendHead(nil, meta, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head, make([]byte, padded(int64(len(head)), alignment)-int64(len(head)))...)); err != nil {
		return err
	}
	var numbers []float32
	for _, t := range tensors {
		n := (&Tensor{Shape: t.Shape}).Len()
		numbers = slices.Grow(numbers[:0], n)[:n]
		if err := t.Rows(numbers); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if err := writeNumbers(w, t.Type, numbers); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// writeNumbers writes numbers as blocks, made by all processors side by side, then zeros
// up to the alignment.
func writeNumbers(w io.Writer, t quant.Type, numbers []float32) error {
	const chunk = 1 << 16 // numbers; a multiple of every block
	b := make([]byte, padded(int64(t.Bytes(len(numbers))), alignment))
	chunks := (len(numbers) + chunk - 1) / chunk
	errs := make([]error, chunks)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(chunks, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < chunks; i = int(next.Add(1)) - 1 {
				part := numbers[i*chunk : min((i+1)*chunk, len(numbers))]
				if err := quant.Encode(b[t.Bytes(i*chunk):], t, part); err != nil {
					errs[i] = fmt.Errorf("from number %d on: %w", i*chunk, err)
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	_, err := w.Write(b)
	return err
}

func appendHead(b []byte, meta []KV, tensors []Source) ([]byte, error) {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, written)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(meta)))
	for _, kv := range meta {
		kind := kindOf(kv.Value)
		if kind < 0 {
			return nil, fmt.Errorf("metadata %q: a %T cannot be written", kv.Key, kv.Value)
		}
		if kv.Key == alignKey {
			return nil, fmt.Errorf("metadata %q is settled by the writer", kv.Key)
		}
		b = appendString(b, kv.Key)
		b = binary.LittleEndian.AppendUint32(b, uint32(kind))
		b = appendValue(b, kv.Value)
	}
	at := int64(0)
	for _, t := range tensors {
		if len(t.Shape) == 0 || len(t.Shape) > maxDims || !t.Type.Written() {
			return nil, fmt.Errorf("tensor %q: %d dimensions of %s cannot be written", t.Name, len(t.Shape), t.Type)
		}
		if row := t.Shape[len(t.Shape)-1]; row%t.Type.Block() != 0 {
			return nil, fmt.Errorf("tensor %q: rows of %d are no whole blocks of %s", t.Name, row, t.Type)
		}
		b = appendString(b, t.Name)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t.Shape)))
		n := 1
		for i := len(t.Shape) - 1; i >= 0; i-- {
			b = binary.LittleEndian.AppendUint64(b, uint64(t.Shape[i]))
			n *= t.Shape[i]
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Type))
		b = binary.LittleEndian.AppendUint64(b, uint64(at))
		at = padded(at+int64(t.Type.Bytes(n)), alignment)
	}
	return b, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// kindOf returns the number of a value's type, or -1.
func kindOf(v any) int {
	switch v.(type) {
	case uint8:
		return kindUint8
	case int8:
		return kindInt8
	case uint16:
		return kindUint16
	case int16:
		return kindInt16
	case uint32:
		return kindUint32
	case int32:
		return kindInt32
	case float32:
		return kindFloat32
	case bool:
		return kindBool
	case string:
		return kindString
	case uint64:
		return kindUint64
	case int64:
		return kindInt64
	case float64:
		return kindFloat64
	case []uint8, []int8, []uint16, []int16, []uint32, []int32, []float32, []bool, []string, []uint64, []int64, []float64, []any:
		return kindArray
	}
	return -1
}

func appendValue(b []byte, v any) []byte {
	le := binary.LittleEndian
	switch v := v.(type) {
	case uint8:
		return append(b, v)
	case int8:
		return append(b, byte(v))
	case uint16:
		return le.AppendUint16(b, v)
	case int16:
		return le.AppendUint16(b, uint16(v))
	case uint32:
		return le.AppendUint32(b, v)
	case int32:
		return le.AppendUint32(b, uint32(v))
	case float32:
		return le.AppendUint32(b, math.Float32bits(v))
	case bool:
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	case string:
		return appendString(b, v)
	case uint64:
		return le.AppendUint64(b, v)
	case int64:
		return le.AppendUint64(b, uint64(v))
	case float64:
		return le.AppendUint64(b, math.Float64bits(v))
	}
	return appendArray(b, v)
}

func appendArray(b []byte, v any) []byte {
	switch v := v.(type) {
	case []uint8:
		return elements(b, v)
	case []int8:
		return elements(b, v)
	case []uint16:
		return elements(b, v)
	case []int16:
		return elements(b, v)
	case []uint32:
		return elements(b, v)
	case []int32:
		return elements(b, v)
	case []float32:
		return elements(b, v)
	case []bool:
		return elements(b, v)
	case []string:
		return elements(b, v)
	case []uint64:
		return elements(b, v)
	case []int64:
		return elements(b, v)
	case []float64:
		return elements(b, v)
	case []any: // arrays
		return elements(b, v)
	}
	panic(fmt.Sprintf("gguf: array of %T", v))
}

func elements[T any](b []byte, list []T) []byte {
	var zero T
	kind := kindOf(zero)
	if kind < 0 {
		kind = kindArray
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(kind))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(list)))
	for _, v := range list {
		b = appendValue(b, v)
	}
	return b
}
