//go:build !amd64

package dedup

func minimums16(xs []uint64, a, b, min *[lanes]uint64) { minimumsGo(xs, a, b, min) }

func minimums32x16(xs []uint64, a, b, min *[lanes]uint32) { minimums32Go(xs, a[:], b[:], min[:]) }

func minimumsWide32(xs []uint64, a, b, min *[wide]uint32) { minimums32Go(xs, a[:], b[:], min[:]) }
