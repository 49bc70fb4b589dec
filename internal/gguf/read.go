package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"feilun/internal/hint"
)

// The types of metadata, by their numbers in the file.
const (
	kindUint8 = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// A reader goes through the head of a file. The first error stays.
type reader struct {
	r    *bufio.Reader
	at   int64
	size int64
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: byte %d: %w", ErrFormat, r.at, fmt.Errorf(format, args...))
	}
}

// bytes returns the next n bytes. They are taken piece by piece, so that a length
// that is not true costs no memory.
func (r *reader) bytes(n uint64) []byte {
	if r.err == nil && n > uint64(r.size-r.at) {
		r.fail("%d bytes wanted, %d are left", n, r.size-r.at)
	}
	if r.err != nil {
		return nil
	}
	const piece = 1 << 20
	b := make([]byte, 0, min(n, piece))
	for uint64(len(b)) < n {
		from := len(b)
		b = slices.Grow(b, int(min(n-uint64(from), piece)))
		b = b[:from+int(min(n-uint64(from), piece))]
		got, err := io.ReadFull(r.r, b[from:])
		r.at += int64(got)
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
				r.fail("the file ends")
			} else {
				r.err = err
			}
			return nil
		}
	}
	return b
}

// next returns the next bytes of a number, zeros after an error.
func (r *reader) next(n int) []byte {
	if b := r.bytes(uint64(n)); b != nil {
		return b
	}
	return make([]byte, n)
}

func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.next(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.next(8)) }

func (r *reader) string() string { return string(r.bytes(r.u64())) }

// name reads a key or a tensor's name.
func (r *reader) name(what string) string {
	n := r.u64()
	if n == 0 || n > maxName {
		r.fail("a %s of %d bytes", what, n)
	}
	return string(r.bytes(n))
}

// count reads how many things follow that take at least each bytes.
func (r *reader) count(what string, each int64) int {
	n := r.u64()
	if r.err == nil && n > uint64((r.size-r.at)/each) {
		r.fail("%d %s in %d bytes", n, what, r.size-r.at)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

// Read reads the head of a file of size bytes and checks that all its tensors are
// there. r is kept for [File.F32].
func Read(r io.ReaderAt, size int64) (*File, error) {
	h := &reader{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), size: size}
	f := &File{r: r, byName: map[string]int{}}
	if string(h.next(4)) != magic {
		begin := make([]byte, min(size, hint.PointerSize))
		if _, err := r.ReadAt(begin, 0); err == nil && hint.Pointer(begin) != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, hint.Pointer(begin))
		}
		h.at = 0
		h.fail("it does not begin with %s", magic)
	}
	f.Version = h.u32()
	if h.err == nil && f.Version != 2 && f.Version != 3 {
		if f.Version&0xffff == 0 && f.Version != 0 {
			h.fail("its numbers have the high byte first; files with the low byte first are read")
		}
		h.fail("version %d; 2 and 3 are read", f.Version)
	}
	tensors := h.u64()
	f.meta(h)
	if h.err == nil && tensors > uint64((h.size-h.at)/24) {
		h.fail("%d tensors in %d bytes", tensors, h.size-h.at)
	}
	for i := uint64(0); i < tensors && h.err == nil; i++ {
		f.tensor(h)
	}
	f.place(h)
	if h.err != nil {
		return nil, h.err
	}
	return f, nil
}

// meta reads the metadata.
func (f *File) meta(h *reader) {
	seen := map[string]bool{}
	for range h.count("entries", 13) {
		key := h.name("key")
		if seen[key] {
			h.fail("key %q stands there twice", key)
		}
		seen[key] = true
		value := h.value(h.u32(), 0)
		if h.err != nil {
			return
		}
		f.Meta = append(f.Meta, KV{key, value})
	}
}

// value reads a value of a kind.
func (h *reader) value(kind uint32, depth int) any {
	switch kind {
	case kindUint8:
		return h.next(1)[0]
	case kindInt8:
		return int8(h.next(1)[0])
	case kindUint16:
		return binary.LittleEndian.Uint16(h.next(2))
	case kindInt16:
		return int16(binary.LittleEndian.Uint16(h.next(2)))
	case kindUint32:
		return h.u32()
	case kindInt32:
		return int32(h.u32())
	case kindFloat32:
		return math.Float32frombits(h.u32())
	case kindBool:
		return h.bool()
	case kindString:
		return h.string()
	case kindArray:
		return h.array(depth + 1)
	case kindUint64:
		return h.u64()
	case kindInt64:
		return int64(h.u64())
	case kindFloat64:
		return math.Float64frombits(h.u64())
	}
	h.fail("metadata of kind %d", kind)
	return nil
}

func (h *reader) bool() bool {
	b := h.next(1)[0]
	if b > 1 {
		h.fail("a truth value of %d", b)
	}
	return b == 1
}

func (h *reader) array(depth int) any {
	if depth > maxDepth {
		h.fail("arrays in arrays, more than %d deep", maxDepth)
		return nil
	}
	kind := h.u32()
	switch kind {
	case kindUint8:
		return h.bytes(h.u64())
	case kindInt8:
		return list(h, 1, func() int8 { return int8(h.next(1)[0]) })
	case kindUint16:
		return list(h, 2, func() uint16 { return binary.LittleEndian.Uint16(h.next(2)) })
	case kindInt16:
		return list(h, 2, func() int16 { return int16(binary.LittleEndian.Uint16(h.next(2))) })
	case kindUint32:
		return list(h, 4, h.u32)
	case kindInt32:
		return list(h, 4, func() int32 { return int32(h.u32()) })
	case kindFloat32:
		return list(h, 4, func() float32 { return math.Float32frombits(h.u32()) })
	case kindBool:
		return list(h, 1, h.bool)
	case kindString:
		return list(h, 8, h.string)
	case kindArray:
		return list(h, 12, func() any { return h.array(depth + 1) })
	case kindUint64:
		return list(h, 8, h.u64)
	case kindInt64:
		return list(h, 8, func() int64 { return int64(h.u64()) })
	case kindFloat64:
		return list(h, 8, func() float64 { return math.Float64frombits(h.u64()) })
	}
	h.fail("an array of kind %d", kind)
	return nil
}

// list reads an array whose elements take at least each bytes.
func list[T any](h *reader, each int64, next func() T) []T {
	n := h.count("elements", each)
	out := make([]T, 0, min(n, 1<<12))
	for i := 0; i < n && h.err == nil; i++ {
		out = append(out, next())
	}
	return out
}
