package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen kernels kernels_amd64.s
//go:generate go run feilun/internal/tensorgen neon kernels_arm64.s

//go:noescape
func kernelF32(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelF32x8(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelF32x4(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelF32x1(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelBF16(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelBF16x8(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelBF16x4(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelBF16x1(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelAVX2(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func peakF32(n int)

//go:noescape
func peakBF16(n int)

//go:noescape
func peakAVX2(n int)

//go:noescape
func axpy512(n int, y, x unsafe.Pointer, a float32)

//go:noescape
func add512(n int, y, x unsafe.Pointer)

//go:noescape
func scale512(n int, y unsafe.Pointer, a float32)

//go:noescape
func mulScale512(n int, y, x, w unsafe.Pointer, a float32)

//go:noescape
func dot512(n int, x, y unsafe.Pointer) float32

//go:noescape
func max512(n int, x unsafe.Pointer, low float32) float32

//go:noescape
func expSum512(n int, x unsafe.Pointer, m float32) float32

//go:noescape
func siluMul512(n int, y, a, b unsafe.Pointer)

//go:noescape
func siluMulBack512(n int, da, db, a, b, dy unsafe.Pointer)

//go:noescape
func adamW512(n int, p, grad, m, v unsafe.Pointer, b1, b2, r1, r2, lr, c2, eps, decay float32)

//go:noescape
func toBF16x512(n int, dst, src unsafe.Pointer)

//go:noescape
func pairs512(n, tiles int, dst, src unsafe.Pointer, dstep, sstep, dtile, stile, mask int)

//go:noescape
func transpose512(n int, dst, src unsafe.Pointer, dstep, sstep int)

//go:noescape
func mulAdd512(n int, y, x, w unsafe.Pointer, a float32)

//go:noescape
func softmaxBack512(n int, d, p unsafe.Pointer, dot float32)

//go:noescape
func turn512(n int, x, y, cos, sin unsafe.Pointer, a, sign float32)

//go:noescape
func axpy256(n int, y, x unsafe.Pointer, a float32)

//go:noescape
func add256(n int, y, x unsafe.Pointer)

//go:noescape
func scale256(n int, y unsafe.Pointer, a float32)

//go:noescape
func mulScale256(n int, y, x, w unsafe.Pointer, a float32)

//go:noescape
func dot256(n int, x, y unsafe.Pointer) float32

//go:noescape
func max256(n int, x unsafe.Pointer, low float32) float32

//go:noescape
func expSum256(n int, x unsafe.Pointer, m float32) float32

//go:noescape
func siluMul256(n int, y, a, b unsafe.Pointer)

//go:noescape
func siluMulBack256(n int, da, db, a, b, dy unsafe.Pointer)

//go:noescape
func adamW256(n int, p, grad, m, v unsafe.Pointer, b1, b2, r1, r2, lr, c2, eps, decay float32)

//go:noescape
func mulAdd256(n int, y, x, w unsafe.Pointer, a float32)

//go:noescape
func softmaxBack256(n int, d, p unsafe.Pointer, dot float32)

//go:noescape
func turn256(n int, x, y, cos, sin unsafe.Pointer, a, sign float32)
