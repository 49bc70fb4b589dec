package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen heads heads_amd64.s

//go:noescape
func turnHeads512(heads, n int, y, x, w, cos, sin unsafe.Pointer, eps, mean, scale float32)

//go:noescape
func turnHeadsBack512(heads, n int, dy, x, w, dw, cos, sin unsafe.Pointer, eps, mean, scale float32)

func turnHeads(heads, n int, y, x, w, cos, sin []float32, eps, mean, scale float32) {
	turnHeads512(heads, n, first(y), first(x), first(w), first(cos), first(sin), eps, mean, scale)
}

func turnHeadsBack(heads, n int, dy, x, w, dw, cos, sin []float32, eps, mean, scale float32) {
	turnHeadsBack512(heads, n, first(dy), first(x), first(w), first(dw), first(cos), first(sin), eps, mean, scale)
}
