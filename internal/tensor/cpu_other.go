//go:build !amd64

package tensor

// Best returns the best level of this machine.
func Best() Level { return Generic }

// A kernel adds, or stores, the product of a tile of A and a panel of B. What it fetches
// ahead, if it does, is up to the last argument.
type kernel func(k int, a pointer, lda, step int, b, c pointer, ldc, add int, ahead *fetch)

// kernel returns the kernel of a level and the tile it works on.
func (l Level) kernel(bf16 bool) (f kernel, rows, cols int) {
	if bf16 {
		return plainBF16, 4, 16
	}
	return plainF32, 4, 16
}

// kernelRows returns the kernel for m rows of A, and how many it takes at a time.
func (l Level) kernelRows(bf16 bool, _ int) (f kernel, rows int) {
	f, rows, _ = l.kernel(bf16)
	return f, rows
}
