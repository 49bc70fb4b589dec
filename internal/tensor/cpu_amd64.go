package tensor

import (
	"sync"

	"golang.org/x/sys/cpu"
)

// Best returns the best level of this machine.
var Best = sync.OnceValue(func() Level {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512BF16:
		if hasAMX() {
			return AMX
		}
		return AVX512BF16
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return AVX512
	case x.HasAVX2 && x.HasFMA:
		return AVX2
	}
	return Generic
})

// Has reports whether this machine has a level.
func Has(l Level) bool { return l == Generic || l >= AVX2 && l <= Best() }

// kernelRows returns the kernel for m rows of A, and how many it takes at a time. The
// bits of a product do not depend on it.
func (l Level) kernelRows(bf16 bool, m int) (f kernel, rows int) {
	if l >= AVX512BF16 && bf16 {
		switch {
		case m == 1:
			return kernelBF16x1, 1
		case m <= 4:
			return kernelBF16x4, 4
		case m <= 8:
			return kernelBF16x8, 8
		}
	}
	if l >= AVX512 && !bf16 {
		switch {
		case m == 1:
			return kernelF32x1, 1
		case m <= 4:
			return kernelF32x4, 4
		case m <= 8:
			return kernelF32x8, 8
		}
	}
	f, rows, _ = l.kernel(bf16)
	return f, rows
}

// kernel returns the kernel of a level and the tile it works on.
func (l Level) kernel(bf16 bool) (f kernel, rows, cols int) {
	switch {
	case bf16 && l >= AVX512BF16:
		return kernelBF16, 14, 32
	case !bf16 && l >= AVX512:
		return kernelF32, 14, 32
	case !bf16 && l == AVX2:
		return kernelAVX2, 6, 16
	case bf16:
		return plainBF16, 4, 16
	}
	return plainF32, 4, 16
}
