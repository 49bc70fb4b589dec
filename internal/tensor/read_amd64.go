package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen read read_amd64.s

//go:noescape
func readAVX512Way0(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX512Way1(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX512Way2(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX512Way3(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX512Way4(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX512Way5(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way0(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way1(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way2(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way3(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way4(n int, p unsafe.Pointer, step int)

//go:noescape
func readAVX2Way5(n int, p unsafe.Pointer, step int)

// readers returns the level's loops that read.
func (l Level) readers() []reader {
	switch {
	case l >= AVX512:
		return []reader{{1, readAVX512Way0}, {1, readAVX512Way1}, {1, readAVX512Way2}, {1, readAVX512Way3}, {4, readAVX512Way4}, {4, readAVX512Way5}}
	case l == AVX2:
		return []reader{{1, readAVX2Way0}, {1, readAVX2Way1}, {1, readAVX2Way2}, {1, readAVX2Way3}, {4, readAVX2Way4}, {4, readAVX2Way5}}
	}
	return []reader{{1, plainRead}}
}
