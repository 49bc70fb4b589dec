package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen wide wide_amd64.s

//go:noescape
func kernelF32Wide(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelF32Widex4(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelF32Widex1(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

// wide reports whether panels of [wideCols] columns of float32 are the better ones for a
// matrix of k × n: on Intel's processors, where few columns go unused. Shallow ones have
// stretches, which begin at other columns.
func (l Level) wide(bf16 bool, k, n int) bool {
	return !bf16 && l >= AVX512 && intel && k > MaxStretch && (n+wideCols-1)/wideCols*wideCols*100 <= 103*((n+maxCols-1)/maxCols*maxCols)
}

// wideKernel is [Level.kernelRows] for panels of [wideCols].
func wideKernel(m int) (f kernel, rows int) {
	switch {
	case m == 1:
		return kernelF32Widex1, 1
	case m <= 4:
		return kernelF32Widex4, 4
	}
	return kernelF32Wide, 9
}
