package tensor

func first[T any](x []T) pointer { return pointer(&x[0]) }

func axpy(y []float32, a float32, x []float32) { axpy512(len(y), first(y), first(x), a) }
func add(y, x []float32)                       { add512(len(y), first(y), first(x)) }
func scale(y []float32, a float32)             { scale512(len(y), first(y), a) }
func mulScale(y, x, w []float32, a float32) {
	mulScale512(len(y), first(y), first(x), first(w), a)
}
func mulAdd(y, x, w []float32, a float32)     { mulAdd512(len(y), first(y), first(x), first(w), a) }
func softmaxBack(d, p []float32, dot float32) { softmaxBack512(len(d), first(d), first(p), dot) }
func turn(x, y, cos, sin []float32, a, sign float32) {
	turn512(len(x), first(x), first(y), first(cos), first(sin), a, sign)
}
func dot(x, y []float32) float32               { return dot512(len(x), first(x), first(y)) }
func largest(x []float32, low float32) float32 { return max512(len(x), first(x), low) }
func expSum(x []float32, m float32) float32    { return expSum512(len(x), first(x), m) }
func siluMul(y, a, b []float32)                { siluMul512(len(y), first(y), first(a), first(b)) }
func siluMulBack(da, db, a, b, dy []float32) {
	siluMulBack512(len(da), first(da), first(db), first(a), first(b), first(dy))
}
func adamW(p, g, m, v []float32, b1, b2, r1, r2, lr, c2, eps, decay float32) {
	adamW512(len(p), first(p), first(g), first(m), first(v), b1, b2, r1, r2, lr, c2, eps, decay)
}
func toBF16(dst []uint16, src []float32) { toBF16x512(len(dst), first(dst), first(src)) }

// PeakF32 and PeakBF16 do n turns of the loop of nothing but multiply-adds and
// return how many floating-point operations that was; 0 where the level has no
// such loop.
func (c *CPU) PeakF32(n int) float64 {
	if c.level < AVX512 {
		return 0
	}
	peakF32(n)
	return float64(n) * 24 * 32
}

// PeakBF16 is [CPU.PeakF32] for products of bfloat16.
func (c *CPU) PeakBF16(n int) float64 {
	if c.level < AVX512BF16 {
		return 0
	}
	peakBF16(n)
	return float64(n) * 24 * 64
}
