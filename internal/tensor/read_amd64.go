package tensor

import "unsafe"

//go:noescape
func readAVX5120(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX5121(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX5122(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX5123(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX5124(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX5125(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX20(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX21(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX22(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX23(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX24(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX25(n int, p unsafe.Pointer, step int)

// readers returns the level's loops that read.
func (l Level) readers() []reader {
	switch {
	case l >= AVX512:
		return []reader{{1, readAVX5120}, {1, readAVX5121}, {1, readAVX5122}, {1, readAVX5123}, {4, readAVX5124}, {4, readAVX5125}}
	case l == AVX2:
		return []reader{{1, readAVX20}, {1, readAVX21}, {1, readAVX22}, {1, readAVX23}, {4, readAVX24}, {4, readAVX25}}
	}
	return []reader{{1, plainRead}}
}
