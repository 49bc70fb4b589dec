package tensor

func first[T any](x []T) pointer { return pointer(&x[0]) }

// The loops of a level with AVX2 at least; no slice is empty.

func (l Level) axpy(y []float32, a float32, x []float32) {
	if l >= AVX512 {
		axpy512(len(y), first(y), first(x), a)
		return
	}
	axpy256(len(y), first(y), first(x), a)
}

func (l Level) add(y, x []float32) {
	if l >= AVX512 {
		add512(len(y), first(y), first(x))
		return
	}
	add256(len(y), first(y), first(x))
}

func (l Level) scale(y []float32, a float32) {
	if l >= AVX512 {
		scale512(len(y), first(y), a)
		return
	}
	scale256(len(y), first(y), a)
}

func (l Level) mulScale(y, x, w []float32, a float32) {
	if l >= AVX512 {
		mulScale512(len(y), first(y), first(x), first(w), a)
		return
	}
	mulScale256(len(y), first(y), first(x), first(w), a)
}

func (l Level) mulAdd(y, x, w []float32, a float32) {
	if l >= AVX512 {
		mulAdd512(len(y), first(y), first(x), first(w), a)
		return
	}
	mulAdd256(len(y), first(y), first(x), first(w), a)
}

func (l Level) softmaxBack(d, p []float32, dot float32) {
	if l >= AVX512 {
		softmaxBack512(len(d), first(d), first(p), dot)
		return
	}
	softmaxBack256(len(d), first(d), first(p), dot)
}

func (l Level) turn(x, y, cos, sin []float32, a, sign float32) {
	if l >= AVX512 {
		turn512(len(x), first(x), first(y), first(cos), first(sin), a, sign)
		return
	}
	turn256(len(x), first(x), first(y), first(cos), first(sin), a, sign)
}

// dotLevel is the lowest level with a loop for products of vectors.
const dotLevel = AVX2

func (l Level) dot(x, y []float32) float32 {
	if l >= AVX512 {
		return dot512(len(x), first(x), first(y))
	}
	return dot256(len(x), first(x), first(y))
}

func (l Level) largest(x []float32, low float32) float32 {
	if l >= AVX512 {
		return max512(len(x), first(x), low)
	}
	return max256(len(x), first(x), low)
}

func (l Level) expSum(x []float32, m float32) float32 {
	if l >= AVX512 {
		return expSum512(len(x), first(x), m)
	}
	return expSum256(len(x), first(x), m)
}

func (l Level) siluMul(y, a, b []float32) {
	if l >= AVX512 {
		siluMul512(len(y), first(y), first(a), first(b))
		return
	}
	siluMul256(len(y), first(y), first(a), first(b))
}

func (l Level) siluMulBack(da, db, a, b, dy []float32) {
	if l >= AVX512 {
		siluMulBack512(len(da), first(da), first(db), first(a), first(b), first(dy))
		return
	}
	siluMulBack256(len(da), first(da), first(db), first(a), first(b), first(dy))
}

func (l Level) adamW(p, g, m, v []float32, b1, b2, r1, r2, lr, c2, eps, decay float32) {
	if l >= AVX512 {
		adamW512(len(p), first(p), first(g), first(m), first(v), b1, b2, r1, r2, lr, c2, eps, decay)
		return
	}
	adamW256(len(p), first(p), first(g), first(m), first(v), b1, b2, r1, r2, lr, c2, eps, decay)
}

func toBF16(dst []uint16, src []float32) { toBF16x512(len(dst), first(dst), first(src)) }

// PeakF32 and PeakBF16 do n turns of the loop of nothing but multiply-adds and
// return how many floating-point operations that was; 0 where the level has no
// such loop.
func (c *CPU) PeakF32(n int) float64 {
	switch {
	case c.level >= AVX512:
		peakF32(n)
		return float64(n) * 24 * 32
	case c.level == AVX2:
		peakAVX2(n)
		return float64(n) * 24 * 16
	}
	return 0
}

// PeakBF16 is [CPU.PeakF32] for products of bfloat16.
func (c *CPU) PeakBF16(n int) float64 {
	switch {
	case c.level < AVX512BF16:
		return 0
	case c.level >= AMX:
		turns := max(1, n/4)
		peakTiles(turns)
		return float64(turns) * 4 * 16 * 16 * 64
	}
	peakBF16(n)
	return float64(n) * 24 * 64
}
