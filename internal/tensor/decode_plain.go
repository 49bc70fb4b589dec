package tensor

import (
	"encoding/binary"
	"math"
	"unsafe"

	"feilun/internal/quant"
)

// The plain kernels of decoding do what the assembly does; the layout of tiles and
// vectors is described in internal/tensorgen.

func plainDecoder(kind Weights) decoder {
	f := map[Weights]decodeKernel{WeightsBF16: plainDecodeBF16, WeightsInt8: plainDecodeInt8, WeightsInt4: plainDecodeInt4, WeightsF16: plainDecodeF16, WeightsQ4K: plainDecodeQ4K}[kind]
	return decoder{of: [4]decodeKernel{f}, widest: 1}
}

func plainDecodeBF16(groups int, weights, vectors pointer, xstep int, y pointer, _ int) {
	var even, odd [tileRows]float32
	for g := range groups {
		w, x := unsafe.Add(weights, g*2*WeightsBF16.group()), unsafe.Add(vectors, g*xstep)
		vector := (*[groupCols]float32)(x)
		for c := range groupCols / 2 {
			chunk := (*[tileRows]uint32)(unsafe.Add(w, 64*c))
			a, b := vector[2*c], vector[2*c+1]
			for r, v := range chunk {
				even[r] += math.Float32frombits(v<<16) * a
				odd[r] += math.Float32frombits(v&0xffff0000) * b
			}
		}
	}
	for r := range even {
		(*[tileRows]float32)(y)[r] = even[r] + odd[r]
	}
}

func plainDecodeF16(groups int, weights, vectors pointer, xstep int, y pointer, _ int) {
	var sums [2][tileRows]float32 // of even and odd columns
	for g := range groups {
		w, x := unsafe.Add(weights, g*2*WeightsF16.group()), unsafe.Add(vectors, g*xstep)
		for col, v := range (*[groupCols]float32)(x) {
			for r, h := range (*[tileRows]uint16)(unsafe.Add(w, 2*tileRows*col)) {
				sums[col%2][r] += quant.FromHalf(h) * v
			}
		}
	}
	for r := range sums[0] {
		(*[tileRows]float32)(y)[r] = sums[0][r] + sums[1][r]
	}
}

func plainDecodeInt8(groups int, w, x pointer, xstep int, y pointer, _ int) {
	plainDecodeInt(groups, w, x, xstep, y, WeightsInt8, func(half *byte, r, col int) int32 {
		return int32(*(*byte)(unsafe.Add(pointer(half), 64*(col/4)+4*r+col%4)))
	})
}

func plainDecodeInt4(groups int, w, x pointer, xstep int, y pointer, _ int) {
	plainDecodeInt(groups, w, x, xstep, y, WeightsInt4, fourBits)
}

func plainDecodeQ4K(groups int, w, x pointer, xstep int, y pointer, _ int) {
	plainDecodeInt(groups, w, x, xstep, y, WeightsQ4K, fourBits)
}

func fourBits(half *byte, r, col int) int32 {
	b := *(*byte)(unsafe.Add(pointer(half), 64*(col%16/4)+4*r+col%4))
	return int32(b >> (col / 16 * 4) & 15)
}

func plainDecodeInt(groups int, weights, vectors pointer, xstep int, y pointer, kind Weights, at func(half *byte, r, col int) int32) {
	var sum [tileRows]float32
	halfBytes := (kind.group() - kind.head()) / 2
	for g := range groups {
		w, x := unsafe.Add(weights, g*2*kind.group()), unsafe.Add(vectors, g*xstep)
		head := unsafe.Slice((*byte)(w), kind.head())
		vector := (*[vectorBytes]byte)(x)
		for h := range 2 {
			d := math.Float32frombits(binary.LittleEndian.Uint32(vector[64+4*h:]))
			all := binary.LittleEndian.Uint32(vector[72+4*h:])
			half := (*byte)(unsafe.Add(w, kind.head()+h*halfBytes))
			for r := range tileRows {
				n, scale := int32(0), float32(0)
				if kind == WeightsQ4K {
					sum[r] -= halfAt(head, 96+2*r) * float32(head[32+16*h+r]) * math.Float32frombits(all)
					scale = halfAt(head, 64+2*r) * float32(head[16*h+r])
				} else {
					n, scale = int32(all), halfAt(head, 32*h+2*r)
				}
				for col := range 32 {
					n += at(half, r, col) * int32(int8(vector[32*h+col]))
				}
				sum[r] += float32(n) * (scale * d)
			}
		}
	}
	*(*[tileRows]float32)(y) = sum
}

// plainRead reads 1024·n bytes.
func plainRead(n int, p pointer, _ int) {
	sum := uint64(0)
	for _, v := range unsafe.Slice((*uint64)(p), 128*n) {
		sum |= v
	}
	if sum == 1 { // never for what is read here; the loop must stay
		panic("tensor: memory of a single bit")
	}
}
