//go:build !amd64 && !arm64

package tensor

// Best returns the best level of this machine.
func Best() Level { return Generic }

// Has reports whether this machine has a level.
func Has(l Level) bool { return l == Generic }

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

// dotLevel is the lowest level with a loop for products of vectors.
const dotLevel = AVX2

func (l Level) dot([]float32, []float32) float32 { panic(absent) }

// PeakF32 is 0: there is no such loop here.
func (c *CPU) PeakF32(int) float64 { return 0 }
