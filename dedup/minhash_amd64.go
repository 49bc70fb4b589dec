package dedup

import "golang.org/x/sys/cpu"

//go:noescape
func minimumsAVX512(xs []uint64, a, b, min *[lanes]uint64)

//go:noescape
func minimumsAVX2(xs []uint64, a, b, min *[lanes]uint64)

//go:noescape
func minimums32AVX512(xs []uint64, a, b, min *[lanes]uint32)

//go:noescape
func minimumsWide32AVX512(xs []uint64, a, b, min *[wide]uint32)

//go:noescape
func minimums32AVX2(xs []uint64, a, b, min *[lanes]uint32)

func minimums16(xs []uint64, a, b, min *[lanes]uint64) {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ:
		minimumsAVX512(xs, a, b, min)
	case cpu.X86.HasAVX2:
		minimumsAVX2(xs, a, b, min)
	default:
		minimumsGo(xs, a, b, min)
	}
}

func minimums32x16(xs []uint64, a, b, min *[lanes]uint32) {
	switch {
	case cpu.X86.HasAVX512F:
		minimums32AVX512(xs, a, b, min)
	case cpu.X86.HasAVX2:
		minimums32AVX2(xs, a, b, min)
	default:
		minimums32Go(xs, a[:], b[:], min[:])
	}
}

func minimumsWide32(xs []uint64, a, b, min *[wide]uint32) {
	if cpu.X86.HasAVX512F {
		minimumsWide32AVX512(xs, a, b, min)
		return
	}
	for i := 0; i < wide; i += lanes {
		minimums32x16(xs, (*[lanes]uint32)(a[i:]), (*[lanes]uint32)(b[i:]), (*[lanes]uint32)(min[i:]))
	}
}
