package model

import (
	"math"

	"feilun/internal/tensor"
)

// A rotary has the cosines and sines of the rotary embedding (Su et al., 2021), half
// a head's width for each position. Halves of a head are turned against each
// other, as transformers has it.
type rotary struct {
	half     int
	cos, sin []float32
	rates    []float64
}

// newRotary makes the table for n positions; nil where positions are learned.
func (c *Config) newRotary(n int) *rotary {
	if c.learnedPositions() {
		return nil
	}
	r := &rotary{half: c.HeadDim / 2, rates: c.rates()}
	r.grow(n)
	return r
}

// grow extends the table to n positions.
func (r *rotary) grow(n int) {
	for p := len(r.cos) / r.half; p < n; p++ {
		for _, f := range r.rates {
			// transformers multiplies in float32
			s, c := math.Sincos(float64(float32(p) * float32(f)))
			r.cos, r.sin = append(r.cos, float32(c)), append(r.sin, float32(s))
		}
	}
}

// rates returns the angle by which each pair turns from one position to the next.
func (c *Config) rates() []float64 {
	var rates []float64
	for i := range c.HeadDim / 2 {
		f := math.Pow(c.Theta, -2*float64(i)/float64(c.HeadDim))
		rates = append(rates, c.Scaling.rate(f))
	}
	return rates
}

// rate scales a frequency. Llama 3.1 leaves those whose wave is short against the
// original context, divides those whose wave is long, and blends between
// (Meta's reference code, 2024).
func (s *Scaling) rate(f float64) float64 {
	if s == nil {
		return f
	}
	if s.Kind == "linear" {
		return f / s.Factor
	}
	wave := 2 * math.Pi / f
	context := float64(s.OriginalContext)
	switch {
	case wave < context/s.High:
		return f
	case wave > context/s.Low:
		return f / s.Factor
	}
	smooth := (context/wave - s.Low) / (s.High - s.Low)
	return (1-smooth)*f/s.Factor + smooth*f
}

// turn turns x, a head's numbers, to position p, or for a sign of −1 back from it, and
// multiplies it by a.
func (r *rotary) turn(cpu *tensor.CPU, x []float32, p int, a, sign float32) {
	h := r.half
	cpu.Turn(x[:h], x[h:2*h], r.cos[p*h:(p+1)*h], r.sin[p*h:(p+1)*h], a, sign)
}
