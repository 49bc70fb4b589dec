package tensor

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// largePages asks for pages of 2 MiB, where x has some of them whole.
func largePages(x []float32) {
	const page = 2 << 20
	size, p := 4*uintptr(len(x)), unsafe.Pointer(unsafe.SliceData(x))
	if size < 2*page {
		return
	}
	skip := -uintptr(p) % page
	// Only advice: memory works without.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), (size-skip)&^(page-1)), unix.MADV_HUGEPAGE)
}
