package tensor

import "math"

// Vector arithmetic. All slices of a call have the length of the first; longer
// ones are cut, shorter ones panic. The level decides about assembly or plain Go;
// sums are made in an order of their own by each.

// Axpy adds a·x to y.
func (c *CPU) Axpy(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	if c.level >= AVX2 && len(y) > 0 {
		c.level.axpy(y, a, x)
		return
	}
	for i, v := range x {
		y[i] += a * v
	}
}

// Add adds x to y.
func (c *CPU) Add(y, x []float32) {
	x = x[:len(y)]
	if c.level >= AVX2 && len(y) > 0 {
		c.level.add(y, x)
		return
	}
	for i, v := range x {
		y[i] += v
	}
}

// Scale multiplies y by a.
func (c *CPU) Scale(y []float32, a float32) {
	if c.level >= AVX2 && len(y) > 0 {
		c.level.scale(y, a)
		return
	}
	for i := range y {
		y[i] *= a
	}
}

// MulScale sets y to a·x·w, element by element.
func (c *CPU) MulScale(y, x, w []float32, a float32) {
	x, w = x[:len(y)], w[:len(y)]
	if c.level >= AVX2 && len(y) > 0 {
		c.level.mulScale(y, x, w, a)
		return
	}
	for i := range y {
		y[i] = x[i] * a * w[i]
	}
}

// MulAdd adds a·x·w to y, element by element.
func (c *CPU) MulAdd(y, x, w []float32, a float32) {
	x, w = x[:len(y)], w[:len(y)]
	if c.level >= AVX2 && len(y) > 0 {
		c.level.mulAdd(y, x, w, a)
		return
	}
	for i := range y {
		y[i] += x[i] * a * w[i]
	}
}

// SoftmaxBack sets d, the gradient of a softmax p, to that of what went into it:
// p·(d − dot), dot being the product of d and p.
func (c *CPU) SoftmaxBack(d, p []float32, dot float32) {
	p = p[:len(d)]
	if c.level >= AVX2 && len(d) > 0 {
		c.level.softmaxBack(d, p, dot)
		return
	}
	for i, v := range p {
		d[i] = v * (d[i] - dot)
	}
}

// Turn turns the points (x, y) by angles of these cosines and sines, backward for a sign
// of −1, and multiplies them by a.
func (c *CPU) Turn(x, y, cos, sin []float32, a, sign float32) {
	y, cos, sin = y[:len(x)], cos[:len(x)], sin[:len(x)]
	if c.level >= AVX2 && len(x) > 0 {
		c.level.turn(x, y, cos, sin, a, a*sign)
		return
	}
	for i, u := range x {
		v, k, s := y[i], a*cos[i], a*sign*sin[i]
		x[i], y[i] = u*k-v*s, v*k+u*s
	}
}

// Dot returns the sum of x·y.
func (c *CPU) Dot(x, y []float32) float32 {
	y = y[:len(x)]
	if c.level >= dotLevel && len(x) > 0 {
		return c.level.dot(x, y)
	}
	var s [8]float32
	for len(x) >= 8 {
		for i := range 8 {
			s[i] += x[i] * y[i]
		}
		x, y = x[8:], y[8:]
	}
	for i := range x {
		s[i] += x[i] * y[i]
	}
	return s[0] + s[1] + s[2] + s[3] + (s[4] + s[5] + s[6] + s[7])
}

// Max returns the largest element of x, or minus infinity.
func (c *CPU) Max(x []float32) float32 {
	low := float32(math.Inf(-1))
	if c.level >= AVX2 && len(x) > 0 {
		return c.level.largest(x, low)
	}
	for _, v := range x {
		low = max(low, v)
	}
	return low
}

// ExpSum sets x to e^(x−m) and returns its sum.
func (c *CPU) ExpSum(x []float32, m float32) float32 {
	if c.level >= AVX2 && len(x) > 0 {
		return c.level.expSum(x, m)
	}
	s := float32(0)
	for i, v := range x {
		x[i] = exp(v - m)
		s += x[i]
	}
	return s
}

func exp(x float32) float32 { return float32(math.Exp(float64(min(max(x, -87), 88)))) }

// Softmax sets x to e^x over its sum and returns the logarithm of that sum.
func (c *CPU) Softmax(x []float32) (logSum float32) {
	m := c.Max(x)
	s := c.ExpSum(x, m)
	c.Scale(x, 1/s)
	return m + float32(math.Log(float64(s)))
}

// SiluMul sets y to a·σ(a)·b, σ the logistic function.
func (c *CPU) SiluMul(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	if c.level >= AVX2 && len(y) > 0 {
		c.level.siluMul(y, a, b)
		return
	}
	for i := range y {
		y[i] = a[i] / (1 + exp(-a[i])) * b[i]
	}
}

// SiluMulBack sets da and db to the gradients of [CPU.SiluMul] for dy, that of y.
// da may be a, db may be b.
func (c *CPU) SiluMulBack(da, db, a, b, dy []float32) {
	db, a, b, dy = db[:len(da)], a[:len(da)], b[:len(da)], dy[:len(da)]
	if c.level >= AVX2 && len(da) > 0 {
		c.level.siluMulBack(da, db, a, b, dy)
		return
	}
	for i := range da {
		s := 1 / (1 + exp(-a[i]))
		x, g := b[i], dy[i]
		d := (1 + a[i]*(1-s)) * s * x * g
		db[i] = a[i] * s * g
		da[i] = d
	}
}

// AdamParams are the constants of a step of [CPU.AdamW].
type AdamParams struct {
	Rate, Beta1, Beta2, Eps, Decay float32
	Scale                          float32 // of the gradient, for one that is clipped
	Step                           int     // from 1 on
}

// AdamW moves p against the gradient g, with m and v the running means of the
// gradient, times scale, and its square (Loshchilov and Hutter, 2019): p ← p·(1 −
// rate·decay) − rate·m̂/(√v̂ + eps), m̂ and v̂ corrected for the number of steps.
func (c *CPU) AdamW(p, g, m, v []float32, a AdamParams) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	c1 := 1 / (1 - math.Pow(float64(a.Beta1), float64(a.Step)))
	c2 := float32(1 / (1 - math.Pow(float64(a.Beta2), float64(a.Step))))
	rate, decay := float32(float64(a.Rate)*c1), 1-a.Rate*a.Decay
	r1, r2 := (1-a.Beta1)*a.Scale, (1-a.Beta2)*a.Scale*a.Scale
	if c.level >= AVX2 && len(p) > 0 {
		c.level.adamW(p, g, m, v, a.Beta1, a.Beta2, r1, r2, rate, c2, a.Eps, decay)
		return
	}
	for i := range p {
		m[i] = a.Beta1*m[i] + r1*g[i]
		v[i] = a.Beta2*v[i] + r2*(g[i]*g[i])
		p[i] = decay*p[i] - rate*m[i]/(float32(math.Sqrt(float64(c2*v[i])))+a.Eps)
	}
}

// ToBF16 rounds src to bfloat16.
func (c *CPU) ToBF16(dst []uint16, src []float32) {
	src = src[:len(dst)]
	if c.level >= AVX512BF16 && len(dst) > 0 {
		toBF16(dst, src)
		return
	}
	for i, v := range src {
		dst[i] = BF16(v)
	}
}
