package tensor

import (
	"math"
	"unsafe"

	"feilun/internal/quant"
)

type pointer = unsafe.Pointer

// alignment returns the first element that lies at a multiple of 64 bytes.
func alignment(b []float32) int {
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63) / 4
}

func at(p pointer, bytes int) *float32 { return (*float32)(unsafe.Add(p, bytes)) }

// A kernel adds, or stores, the product of a tile of A and a panel of B. What it fetches
// ahead, if it does, is up to the last argument.
type kernel func(k int, a pointer, lda, step int, b, c pointer, ldc, add int, ahead *fetch)

// The plain kernels do what the assembly does for tiles of 4 rows and 16
// columns.
const plainRows, plainCols = 4, 16

// plainF32 adds to C, or with add = 0 stores, the product of rows of A and a
// panel of B.
func plainF32(k int, a pointer, lda, step int, b, c pointer, ldc, add int, _ *fetch) {
	var sum [plainRows][plainCols]float32
	for i := range k {
		row := (*[plainCols]float32)(unsafe.Add(b, i*plainCols*4))
		for r := range plainRows {
			x := *at(a, r*lda+i*step)
			s := &sum[r]
			for j := range plainCols {
				s[j] += x * row[j]
			}
		}
	}
	plainStore(&sum, c, ldc, add)
}

// plainBF16 is the same for pairs of bfloat16, of which A and the panel hold two
// in 32 bits.
func plainBF16(k int, a pointer, lda, step int, b, c pointer, ldc, add int, _ *fetch) {
	var sum [plainRows][plainCols]float32
	for i := range k {
		row := (*[plainCols]uint32)(unsafe.Add(b, i*plainCols*4))
		for r := range plainRows {
			x := *(*uint32)(unsafe.Add(a, r*lda+i*step))
			lo, hi := math.Float32frombits(x<<16), math.Float32frombits(x&0xffff0000)
			s := &sum[r]
			for j := range plainCols {
				s[j] += hi*math.Float32frombits(row[j]&0xffff0000) + lo*math.Float32frombits(row[j]<<16)
			}
		}
	}
	plainStore(&sum, c, ldc, add)
}

func plainStore(sum *[plainRows][plainCols]float32, c pointer, ldc, add int) {
	for r := range plainRows {
		row := (*[plainCols]float32)(unsafe.Add(c, r*ldc))
		for j := range plainCols {
			if add != 0 {
				row[j] += sum[r][j]
			} else {
				row[j] = sum[r][j]
			}
		}
	}
}

// BF16 is [quant.ToBF16], but numbers below the smallest normal one become 0, as the
// processor's instruction has it.
func BF16(x float32) uint16 {
	if b := math.Float32bits(x); b&0x7f800000 == 0 {
		return uint16(b>>16) & 0x8000
	}
	return quant.ToBF16(x)
}
