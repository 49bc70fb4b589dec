//go:build !amd64

package dedup

func minimums16(xs []uint64, a, b, min *[lanes]uint64) { minimumsGo(xs, a, b, min) }
