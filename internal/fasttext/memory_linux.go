package fasttext

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// newFloats returns n zeros. Rows of a large matrix are met in no order: with
// pages of 2 MiB their addresses are found in the processor's own tables.
func newFloats(n int64) []float32 {
	const page = 2 << 20
	x := make([]float32, n)
	if n < 4*page/4 {
		return x
	}
	p := unsafe.Pointer(unsafe.SliceData(x))
	skip := (page - uintptr(p)%page) % page
	whole := (uintptr(n)*4 - skip) &^ (page - 1)
	// Only advice: memory works without.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), whole), unix.MADV_HUGEPAGE)
	return x
}
