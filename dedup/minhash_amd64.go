package dedup

import "golang.org/x/sys/cpu"

//go:noescape
func minimumsAVX512(xs []uint64, a, b, min *[lanes]uint64)

func minimums16(xs []uint64, a, b, min *[lanes]uint64) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		minimumsAVX512(xs, a, b, min)
		return
	}
	minimumsGo(xs, a, b, min)
}
