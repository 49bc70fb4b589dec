package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen many many_amd64.s

//go:noescape
func decodeBF16Many5(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int, next uintptr)

//go:noescape
func decodeBF16Many6(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int, next uintptr)

//go:noescape
func decodeBF16Many7(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int, next uintptr)
