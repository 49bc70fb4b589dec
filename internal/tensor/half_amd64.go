package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen half half_amd64.s

//go:noescape
func scaleHalf512(n int, y16, x unsafe.Pointer, a float32)

//go:noescape
func mulScaleHalf512(n int, y16, x, w unsafe.Pointer, a float32)

//go:noescape
func siluMulHalf512(n int, y16, a, b unsafe.Pointer)

//go:noescape
func siluMulBackHalf512(n int, da16, db16, a, b, dy unsafe.Pointer)

//go:noescape
func pairsHalf512(n, tiles int, dst, src unsafe.Pointer, dstep, sstep, dtile, stile, mask int)

func scaleHalf(y []uint16, x []float32, a float32) { scaleHalf512(len(y), first(y), first(x), a) }
func mulScaleHalf(y []uint16, x, w []float32, a float32) {
	mulScaleHalf512(len(y), first(y), first(x), first(w), a)
}
func siluMulHalf(y []uint16, a, b []float32) { siluMulHalf512(len(y), first(y), first(a), first(b)) }
func siluMulBackHalf(da, db []uint16, a, b, dy []float32) {
	siluMulBackHalf512(len(da), first(da), first(db), first(a), first(b), first(dy))
}
func pairsHalf(n, tiles int, dst, src pointer, dstep, sstep, dtile, stile, mask int) {
	pairsHalf512(n, tiles, dst, src, dstep, sstep, dtile, stile, mask)
}
