package dedup

const (
	mersenne61 = 1<<61 - 1
	lanes      = 16 // hash functions that one call of the inner loop handles
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
