package fasttext

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// newLarge returns n zero values. Rows of a large matrix, and places of a large
// table, are met in no order: with pages of 2 MiB their addresses are found in
// the processor's own tables.
func newLarge[T any](n int64) []T {
	const page = 2 << 20
	x := make([]T, n)
	size := uintptr(n) * unsafe.Sizeof(*new(T))
	if size < 2*page {
		return x
	}
	p := unsafe.Pointer(unsafe.SliceData(x))
	skip := (page - uintptr(p)%page) % page
	// Only advice: memory works without.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), (size-skip)&^(page-1)), unix.MADV_HUGEPAGE)
	return x
}
