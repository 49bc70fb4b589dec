package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen attend attend_amd64.s

//go:noescape
func attendKeys4(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups int, x, y unsafe.Pointer, ystep int)

//go:noescape
func attendKeys2(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups int, x, y unsafe.Pointer, ystep int)

//go:noescape
func attendValues4(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups, turns int, x unsafe.Pointer, xstep int, y unsafe.Pointer)

//go:noescape
func attendKeys4Zen4(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups int, x, y unsafe.Pointer, ystep int)

//go:noescape
func attendKeys2Zen4(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups int, x, y unsafe.Pointer, ystep int)

//go:noescape
func attendValuesZen4(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups, turns int, x unsafe.Pointer, xstep int, y unsafe.Pointer)

//go:noescape
func attendShared2(pairs, groups, turns int, from, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep, add, ahead int)

//go:noescape
func attendShared3(pairs, groups, turns int, from, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep, add, ahead int)

//go:noescape
func attendShared4(pairs, groups, turns int, from, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep, add, ahead int)

//go:noescape
func attendFetch(lines int, p unsafe.Pointer, step int)

//go:noescape
func attendSet(key, value unsafe.Pointer, odd int, k, v unsafe.Pointer)

// attends returns the kernels of this processor.
func attends() attendKernels {
	if zen4 {
		return attendKernels{attendKeys4Zen4, attendKeys2Zen4, attendValuesZen4}
	}
	return attendKernels{attendKeys4, attendKeys2, attendValues4}
}
