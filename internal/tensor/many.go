package tensor

import "unsafe"

// A manyKernel multiplies groups of both tiles of a pair with vectors like a [decodeKernel],
// and fetches from next on, manyFetch bytes each group.
type manyKernel func(groups int, w, x pointer, xstep int, y pointer, ystep int, next uintptr)

// Vectors that kernels take together, and what a manyKernel fetches a group.
const (
	fourVectors = 4
	leastMany   = 5
	mostMany    = 7
	manyFetch   = 512
)

// pairMany multiplies the pair of tiles from t on with n vectors, up to 7 at a time and about
// as many each time. The pair that follows comes into the second-level cache meanwhile, as
// much of it each time as lasts until the end.
func (m *QuantMatrix) pairMany(d *decoder, y []float32, ldy int, v vectors, n, t int) {
	w, turns, size := pointer(&m.data[m.at(t)]), (n+mostMany-1)/mostMany, 2*m.tileBytes()
	for i := range turns {
		j, to := i*n/turns, (i+1)*n/turns
		x, out := unsafe.Add(v.data, j*v.each), pointer(&y[j*ldy+t*tileRows])
		if to-j == fourVectors {
			d.four(m.groups, w, x, v.step, out, 4*ldy)
			continue
		}
		next := uintptr(w) + uintptr(size+min(i*manyFetch*m.groups, size)) // not a pointer: it may leave the matrix
		d.many[to-j-leastMany](m.groups, w, x, v.step, out, 4*ldy, next)
	}
}
