package main

import (
	"math"
	"slices"

	"feilun/internal/langid"
)

// steps are what one unit of a weight of four bits may be worth.
var steps = []float64{0.4, 0.5, 0.6, 0.7}

// quantize rounds the weights to four bits with the step that makes the
// validation part most likely, and calibrates.
func (f *fit) quantize(script string, labels []string, check []example) (langid.Group, error) {
	var best langid.Group
	least := math.Inf(1)
	for _, step := range steps {
		g := langid.Group{Script: script, Languages: labels, Bits: f.bits, Step: step, Power: f.power}
		g, err := langid.NewGroup(g, f.round(step))
		if err != nil {
			return g, err
		}
		if l := calibrate(&g, check); l < least {
			least, best = l, g
		}
	}
	return best, nil
}

// round returns rows of weights in units of step, each row from a zero of its
// own: its least weight, or so far below its greatest that that one fits.
func (f *fit) round(step float64) []byte {
	const most = 15
	size := langid.Stride(f.n) * 8
	rows := make([]byte, size<<f.bits)
	for r := range 1 << f.bits {
		weights := f.weights[r*f.n : r*f.n+f.n]
		zero := max(float64(slices.Min(weights)), float64(slices.Max(weights))-most*step)
		for j, w := range weights {
			q := byte(max(0, min(most, math.RoundToEven((float64(w)-zero)/step))))
			rows[r*size+j/2] |= q << (j % 2 * 4)
		}
	}
	return rows
}

// sums returns the scores of the example by the model as it will be shipped.
func sums(g *langid.Group, e example) []uint32 {
	hashes := make([]uint32, len(e.features))
	for i, x := range e.features {
		hashes[i] = x << (32 - g.Bits)
	}
	return g.Score(nil, hashes)
}

func accuracy(g *langid.Group, check []example) float64 {
	right, all := 0, 0
	for _, e := range check {
		if e.chars < 40 {
			continue
		}
		if argmax(sums(g, e)) == e.label {
			right++
		}
		all++
	}
	return float64(right) / float64(max(1, all))
}

func argmax(s []uint32) int {
	best := 0
	for j := range s {
		if s[j] > s[best] {
			best = j
		}
	}
	return best
}

// calibrate finds the two numbers that make the validation part most likely,
// by a coarse grid, then finer ones about the best. It returns the negative
// log-likelihood.
func calibrate(g *langid.Group, check []example) float64 {
	scores := make([][]uint32, len(check))
	for i, e := range check {
		scores[i] = sums(g, e)
	}
	var p []float64
	loss := func(c [2]float64) float64 {
		g.Calibration = c
		var l float64
		for i, e := range check {
			p = g.Probabilities(p, scores[i], len(e.features))
			l -= math.Log(p[e.label] + 1e-9)
		}
		return l
	}
	var best [2]float64
	least, width := math.Inf(1), 2.0
	for range 7 {
		center := best
		for i := -4.0; i <= 4; i++ {
			for j := -4.0; j <= 4; j++ {
				c := [2]float64{center[0] + i/4*width, center[1] + j/16*width}
				if l := loss(c); l < least {
					least, best = l, c
				}
			}
		}
		width /= 2
	}
	g.Calibration = best
	return least
}
