package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen four four_amd64.s

//go:noescape
func decodeBF16Four(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeInt8Four(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)
