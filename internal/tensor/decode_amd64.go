package tensor

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run feilun/internal/tensorgen decode decode_amd64.s

//go:noescape
func decodeBF16Pair(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16PairZen4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16x1(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16x2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16x4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16x8(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16AVX512(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16PairAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeBF16AVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8Pair(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8Streams(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep, wstep int)

//go:noescape
func decodeInt8PairIntel(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8PairZen4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8x1(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8x2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8x4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8x8(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8PairAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8AVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4Pair(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4PairIntel(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4PairZen4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4x1(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4x2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4x4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4x8(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4PairAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt4AVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16Pair(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16PairZen4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16x1(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16x2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16x4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16x8(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16PairAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeF16AVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4KPair(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4KPairIntel(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4KPairZen4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4Kx1(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4Kx2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4Kx4(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4Kx8(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4KPairAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeQ4KAVX2(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func bytes512(n int, dst unsafe.Pointer, step int, src unsafe.Pointer, less int32, least float32)

// vnni reports whether products of bytes (VPDPBUSD) may be used.
func (l Level) vnni() bool { return l >= AVX512 && cpu.X86.HasAVX512VNNI }

// decoders has the kernels of each level and form of weights.
var decoders = func() (all [len(levelNames)][weightKinds]decoder) {
	bf16, f16, int8, int4, q4k, streams := decodeBF16Pair, decodeF16Pair, decodeInt8Pair, decodeInt4Pair, decodeQ4KPair, streamKernel(decodeInt8Streams)
	switch {
	case intel:
		int8, int4, q4k, streams = decodeInt8PairIntel, decodeInt4PairIntel, decodeQ4KPairIntel, nil
	case zen4:
		bf16, f16, int8, int4, q4k, streams = decodeBF16PairZen4, decodeF16PairZen4, decodeInt8PairZen4, decodeInt4PairZen4, decodeQ4KPairZen4, nil
	}
	for l := range all {
		for k := range all[l] {
			all[l][k] = plainDecoder(Weights(k))
		}
	}
	all[AVX2] = [weightKinds]decoder{
		WeightsBF16: {of: [4]decodeKernel{decodeBF16AVX2}, pair: decodeBF16PairAVX2, widest: 1},
		WeightsInt8: {of: [4]decodeKernel{decodeInt8AVX2}, pair: decodeInt8PairAVX2, widest: 1},
		WeightsInt4: {of: [4]decodeKernel{decodeInt4AVX2}, pair: decodeInt4PairAVX2, widest: 1},
		WeightsF16:  {of: [4]decodeKernel{decodeF16AVX2}, pair: decodeF16PairAVX2, widest: 1},
		WeightsQ4K:  {of: [4]decodeKernel{decodeQ4KAVX2}, pair: decodeQ4KPairAVX2, widest: 1},
	}
	all[AVX512] = all[AVX2]
	all[AVX512][WeightsBF16] = decoder{of: [4]decodeKernel{decodeBF16AVX512}, widest: 1}
	all[AVX512][WeightsF16] = decoder{of: [4]decodeKernel{decodeF16x1, decodeF16x2, decodeF16x4, decodeF16x8}, pair: f16, widest: 8}
	if AVX512.vnni() {
		all[AVX512][WeightsInt8] = decoder{of: [4]decodeKernel{decodeInt8x1, decodeInt8x2, decodeInt8x4, decodeInt8x8}, pair: int8, streams: streams, four: decodeInt8Four, widest: 8}
		all[AVX512][WeightsInt4] = decoder{of: [4]decodeKernel{decodeInt4x1, decodeInt4x2, decodeInt4x4, decodeInt4x8}, pair: int4, widest: 8}
		all[AVX512][WeightsQ4K] = decoder{of: [4]decodeKernel{decodeQ4Kx1, decodeQ4Kx2, decodeQ4Kx4, decodeQ4Kx8}, pair: q4k, widest: 8}
	}
	all[AVX512BF16] = all[AVX512]
	all[AVX512BF16][WeightsBF16] = decoder{of: [4]decodeKernel{decodeBF16x1, decodeBF16x2, decodeBF16x4, decodeBF16x8}, pair: bf16, four: decodeBF16Four, many: [3]manyKernel{decodeBF16Many5, decodeBF16Many6, decodeBF16Many7}, widest: 8, half: true, most: mostMany}
	all[AMX] = all[AVX512BF16]
	all[AMX][WeightsBF16] = decoder{tiles: true, half: true, most: tileVectors}
	return all
}()

// decoder returns the kernels of a level for weights of a type.
func (l Level) decoder(kind Weights) *decoder { return &decoders[l][kind] }

// bytes rounds n groups of a vector and reports whether the level has a loop for it.
func (l Level) bytes(n int, dst unsafe.Pointer, step int, src []float32, less int32) bool {
	if l < AVX512 {
		return false
	}
	bytes512(n, dst, step, unsafe.Pointer(&src[0]), less, leastVector)
	return true
}
