package gguf

import (
	"cmp"
	"math"
	"slices"

	"feilun/internal/quant"
)

// tensor reads the entry of a tensor; its place counts from the end of the head.
func (f *File) tensor(h *reader) {
	t := Tensor{Name: h.name("tensor name")}
	if _, twice := f.byName[t.Name]; twice {
		h.fail("tensor %q stands there twice", t.Name)
	}
	dims := h.u32()
	if dims > maxDims {
		h.fail("tensor %q has %d dimensions", t.Name, dims)
		return
	}
	elements := int64(1)
	for range dims {
		d := h.u64()
		if d == 0 || d > math.MaxInt32 || elements > math.MaxInt64/16/int64(d) {
			h.fail("tensor %q: a dimension of %d", t.Name, d)
			return
		}
		elements *= int64(d)
		t.Shape = append(t.Shape, int(d))
	}
	slices.Reverse(t.Shape)
	t.Type = quant.Type(h.u32())
	at := h.u64()
	if at > uint64(h.size) {
		h.fail("tensor %q lies at %d in a file of %d bytes", t.Name, at, h.size)
	}
	t.at = int64(at)
	if h.err == nil {
		f.byName[t.Name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
}

// place finds where the tensors begin and checks that they are whole. Types that are
// not known are left as they are: their size is not known either.
func (f *File) place(h *reader) {
	align := int64(alignment)
	if _, ok := f.Value(alignKey); ok && h.err == nil {
		n, ok := Get[int](f, alignKey)
		if align = int64(n); !ok || n < 8 || n > maxAlignment || n%8 != 0 {
			h.fail("an alignment of %d", n)
			return
		}
	}
	start := padded(h.at, align)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if t.at%align != 0 {
			h.fail("tensor %q lies at %d, no multiple of %d", t.Name, t.at, align)
		}
		t.at += start
		if !t.Type.Known() {
			continue
		}
		if t.row()%t.Type.Block() != 0 {
			h.fail("tensor %q: rows of %d are no whole blocks of %s", t.Name, t.row(), t.Type)
			return
		}
		if n := int64(t.Type.Bytes(t.Len())); t.at > h.size || n > h.size-t.at {
			h.fail("tensor %q needs %d bytes from %d on, the file has %d: was it cut off?", t.Name, n, t.at, h.size)
		}
	}
	f.apart(h)
}

// apart checks that no tensors share bytes, so that a small file has no large model.
func (f *File) apart(h *reader) {
	order := slices.Clone(f.Tensors)
	slices.SortFunc(order, func(a, b Tensor) int { return cmp.Compare(a.at, b.at) })
	end := int64(0)
	for _, t := range order {
		if t.at < end {
			h.fail("tensor %q begins at %d, where another ends at %d", t.Name, t.at, end)
		}
		if end = t.at; t.Type.Known() {
			end += int64(t.Type.Bytes(t.Len()))
		}
	}
}

func padded(n, align int64) int64 { return (n + align - 1) / align * align }
