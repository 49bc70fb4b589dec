package tensor

import "unsafe"

//go:noescape
func kernelNEON(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func kernelNEONx1(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)

//go:noescape
func dotNEON(n int, x, y unsafe.Pointer) float32

//go:noescape
func peakNEON(n int)

// Best returns the best level of this machine.
func Best() Level { return NEON }

// Has reports whether this machine has a level.
func Has(l Level) bool { return l <= NEON }

// kernel returns the kernel of a level and the tile it works on.
func (l Level) kernel(bf16 bool) (f kernel, rows, cols int) {
	switch {
	case bf16:
		return plainBF16, 4, 16
	case l == NEON:
		return kernelNEON, 6, 16
	}
	return plainF32, 4, 16
}

// kernelRows returns the kernel for m rows of A, and how many it takes at a time. The
// bits of a product do not depend on it.
func (l Level) kernelRows(bf16 bool, m int) (f kernel, rows int) {
	if l == NEON && !bf16 && m == 1 {
		return kernelNEONx1, 1
	}
	f, rows, _ = l.kernel(bf16)
	return f, rows
}

// dotLevel is the lowest level with a loop for products of vectors.
const dotLevel = NEON

func (l Level) dot(x, y []float32) float32 {
	whole := len(x) / 16
	s := dotNEON(whole, unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]))
	for i := whole * 16; i < len(x); i++ {
		s += x[i] * y[i]
	}
	return s
}

// PeakF32 does n turns of the loop of nothing but multiply-adds and returns how many
// floating-point operations that was; 0 where the level has no such loop.
func (c *CPU) PeakF32(n int) float64 {
	if c.level < NEON {
		return 0
	}
	peakNEON(n)
	return float64(n) * 24 * 8
}
