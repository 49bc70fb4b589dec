package quant

import "math"

// The K types leave the choice of scales to the writer. Here every sub-block tries a
// range of scales; for each the numbers are rounded, and the scale (and minimum) that
// fit the rounded ones best are solved for by least squares, weighted by the size of a
// number: large weights matter more to a product. docs/log/gguf.md has the errors.
//
// Products that are not exact are converted to their own type before they are added to: that
// rounds them also where processors multiply and add at once, so that all write the same bytes.

// searchSteps is how many scales are tried to each side, searchStep how far apart
// they are, in steps of the coarsest rounding.
const (
	searchSteps = 10
	searchStep  = 0.12
)

// weights sets w to the importance of each number: its size plus the root mean
// square of its sub-block.
func weights(w, x []float32) {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	rms := float32(math.Sqrt(sum / float64(len(x))))
	for i, v := range x {
		w[i] = rms + float32(math.Abs(float64(v)))
	}
}

// whole rounds to a whole number, halves to even ones, from low to high, which are below 2²² in
// size; what is no number becomes low.
func whole(v, low, high float32) float32 {
	if !(v > low) {
		return low
	}
	if v > high {
		return high
	}
	const shift = 0x1.8p23 // leaves no room behind the point
	return float32(float32(v)+shift) - shift
}

func clamp(v float32, low, high int) int { return int(whole(v, float32(low), float32(high))) }

// fitAffine returns scale and minimum, both at least 0, so that x ≈ scale·q − low for
// q from 0 to 15.
func fitAffine(x, w []float32) (scale, low float32) {
	least, most := float32(0), float32(math.Inf(-1))
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	if most <= least {
		return 0, -least
	}
	best := math.Inf(1)
	for i := -searchSteps; i <= searchSteps; i++ {
		inv := (15 + float32(searchStep*float32(i))) / (most - least)
		s, m := solveAffine(x, w, inv, least)
		if e := affineError(x, w, s, m); e < best {
			best, scale, low = e, s, m
		}
	}
	return scale, low
}

// solveAffine rounds x with a scale and returns scale and minimum that are best for
// the rounded numbers.
func solveAffine(x, w []float32, inv, least float32) (scale, low float32) {
	var sw, sq, sqq, sx, sxq float64
	for i, v := range x {
		q := float64(whole(inv*(v-least), 0, 15))
		wi := float64(w[i])
		sw += wi
		sq += wi * q
		sqq += wi * q * q
		sx += wi * float64(v)
		sxq += wi * float64(v) * q
	}
	det := float64(sw*sqq) - float64(sq*sq)
	if det <= 0 {
		return 1 / inv, -least
	}
	s, m := (float64(sw*sxq)-float64(sx*sq))/det, (float64(sq*sxq)-float64(sqq*sx))/det
	if m < 0 { // a minimum above 0 cannot be stored
		m, s = 0, sxq/sqq
	}
	return float32(max(s, 0)), float32(m)
}

func affineError(x, w []float32, scale, low float32) float64 {
	inv, sum := invert(scale), 0.0
	for i, v := range x {
		d := float64(float32(scale*whole(inv*(v+low), 0, 15)) - low - v)
		sum += float64(float64(w[i]) * d * d)
	}
	return sum
}

func encodeQ4K(b []byte, x []float32) {
	var scales, lows [8]float32
	var w [super]float32
	mostS, mostL := float32(0), float32(0)
	for j := range 8 {
		part := x[32*j:][:32]
		weights(w[32*j:][:32], part)
		scales[j], lows[j] = fitAffine(part, w[32*j:][:32])
		mostS, mostL = max(mostS, scales[j]), max(mostL, lows[j])
	}
	putScale(b, mostS/63)
	putScale(b[2:], mostL/63)
	d, dmin := half(b), half(b[2:])
	var s6, l6 [8]byte
	for j := range 8 {
		s6[j], l6[j] = nearest(x[32*j:][:32], w[32*j:][:32], scales[j], lows[j], d, dmin)
	}
	putSixBits(b[4:16], &s6, &l6)
	clear(b[16:144])
	for j := range 8 {
		s, m := d*float32(s6[j]), float32(dmin*float32(l6[j]))
		inv := invert(s)
		for l, v := range x[32*j:][:32] {
			b[16+j/2*32+l] |= byte(clamp(inv*(v+m), 0, 15)) << (j % 2 * 4)
		}
	}
}

// nearest rounds a scale and a minimum to 6 bits: of the neighbours of each the pair
// with the least error.
func nearest(x, w []float32, scale, low, d, dmin float32) (s6, l6 byte) {
	s0, l0 := clamp(scale*invert(d), 0, 63), clamp(low*invert(dmin), 0, 63)
	best := math.Inf(1)
	for s := max(s0-1, 0); s <= min(s0+1, 63); s++ {
		for l := max(l0-1, 0); l <= min(l0+1, 63); l++ {
			if e := affineError(x, w, d*float32(s), float32(dmin*float32(l))); e < best {
				best, s6, l6 = e, byte(s), byte(l)
			}
		}
	}
	return s6, l6
}

// fitSymmetric returns the scale so that x ≈ scale·q for q from -32 to 31.
func fitSymmetric(x, w []float32) float32 {
	far, most := float32(0), float32(0)
	for _, v := range x {
		if a := float32(math.Abs(float64(v))); a > most {
			far, most = v, a
		}
	}
	if most == 0 {
		return 0
	}
	best, scale := math.Inf(-1), float32(0)
	for i := -searchSteps; i <= searchSteps; i++ {
		inv := -(32 + float32(searchStep*float32(i))) / far
		var sxq, sqq float64
		for j, v := range x {
			q := float64(whole(inv*v, -32, 31))
			sxq += float64(w[j]) * float64(v) * q
			sqq += float64(w[j]) * q * q
		}
		if sqq > 0 && sxq*sxq/sqq > best { // the error falls by as much
			best, scale = sxq*sxq/sqq, float32(sxq/sqq)
		}
	}
	return scale
}

func encodeQ6K(b []byte, x []float32) {
	var scales, w [16]float32
	far, most := float32(0), float32(0)
	for j := range 16 {
		part := x[16*j:][:16]
		weights(w[:], part)
		scales[j] = fitSymmetric(part, w[:])
		if a := float32(math.Abs(float64(scales[j]))); a > most {
			far, most = scales[j], a
		}
	}
	clear(b)
	putScale(b[208:], far/-128)
	d := half(b[208:])
	for j := range 16 {
		s := clamp(scales[j]*invert(d), -128, 127)
		b[192+j] = byte(int8(s))
		inv := invert(d * float32(s))
		for l, v := range x[16*j:][:16] {
			q := byte(clamp(inv*v, -32, 31) + 32)
			low, high := sixPlaces(16*j + l)
			b[low.at] |= q & 15 << low.shift
			b[128+high.at] |= q >> 4 << high.shift
		}
	}
}
