package fasttext

import "math"

// expSteps is the size of the table of powers of two.
const expSteps = 32

// expTable holds the bits of 2^(i/32), less i in the place where the exponent
// is added.
var expTable = func() (t [expSteps]uint64) {
	for i := range t {
		t[i] = math.Float64bits(math.Exp2(float64(i)/expSteps)) - uint64(i)<<(52-5)
	}
	return t
}()

// exp32 is the C library's expf on processors with fused multiply-add: the
// algorithm of ARM's optimized routines, whose result is not always the
// correctly rounded one. Products of probabilities along a tree show the
// difference in their sixth digit.
func exp32(x float32) float32 {
	const (
		perLn2 = 0x1.71547652b82fep+0 * expSteps
		shift  = 0x1.8p+52
		c0     = 0x1.c6af84b912394p-5 / expSteps / expSteps / expSteps
		c1     = 0x1.ebfce50fac4f3p-3 / expSteps / expSteps
		c2     = 0x1.62e42ff0c52d6p-1 / expSteps
	)
	if !(x > -87 && x < 88) {
		return float32(math.Exp(float64(x)))
	}
	xd := float64(x)
	k := math.FMA(perLn2, xd, shift)
	bits := math.Float64bits(k)
	r := math.FMA(perLn2, xd, -(k - shift))
	s := math.Float64frombits(expTable[bits%expSteps] + bits<<(52-5))
	y := math.FMA(math.FMA(c0, r, c1), r*r, math.FMA(c2, r, 1))
	return float32(y * s)
}
