package dedup

const (
	mersenne61 = 1<<61 - 1
	lanes      = 16 // hash functions that one call of the inner loop handles
	wide       = 64 // … of the wider inner loop for 32 bits
)

// minimums lowers each min[i] to the least (x·a[i] + b[i] mod 2^64) mod 2^61-1
// over all x. The slices a, b and min have the same length, a multiple of lanes.
func minimums(xs, a, b, min []uint64) {
	for i := 0; i < len(min); i += lanes {
		minimums16(xs, (*[lanes]uint64)(a[i:]), (*[lanes]uint64)(b[i:]), (*[lanes]uint64)(min[i:]))
	}
}

// minimumsGo is the plain twin of the assembly.
func minimumsGo(xs []uint64, a, b, min *[lanes]uint64) {
	for i := range min {
		m, f, o := min[i], a[i], b[i]
		for _, x := range xs {
			v := x*f + o
			v = v&mersenne61 + v>>61
			if v >= mersenne61 {
				v -= mersenne61
			}
			if v < m {
				m = v
			}
		}
		min[i] = m
	}
}

// minimums32 lowers each min[i] to the least x·a[i] + b[i] mod 2^32, where x is
// the upper half of a shingle. Lengths are as for minimums.
func minimums32(xs []uint64, a, b, min []uint32) {
	i := 0
	for ; i+wide <= len(min); i += wide {
		minimumsWide32(xs, (*[wide]uint32)(a[i:]), (*[wide]uint32)(b[i:]), (*[wide]uint32)(min[i:]))
	}
	for ; i < len(min); i += lanes {
		minimums32x16(xs, (*[lanes]uint32)(a[i:]), (*[lanes]uint32)(b[i:]), (*[lanes]uint32)(min[i:]))
	}
}

// minimums32Go is the plain twin of the assembly.
func minimums32Go(xs []uint64, a, b, min []uint32) {
	for i, m := range min {
		f, o := a[i], b[i]
		for _, x := range xs {
			if v := uint32(x>>32)*f + o; v < m {
				m = v
			}
		}
		min[i] = m
	}
}
