package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen attend attend_amd64.s

//go:noescape
func attendKeys512(pairs, groups, at int, blocks, x, y unsafe.Pointer)

//go:noescape
func attendValues512(n, tiles, last, at int, blocks, x, y unsafe.Pointer)
