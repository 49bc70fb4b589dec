package main

import (
	"math"

	"feilun/internal/langid"
)

// quantize rounds the weights to one byte each. The step leaves the largest
// tenth of a permille of the weights clipped.
func (f *fit) quantize(script string, labels []string) (langid.Group, error) {
	var hist [4096]int
	const width = 1.0 / 128
	total := 0
	for _, w := range f.weights {
		if w != 0 {
			hist[min(len(hist)-1, int(math.Abs(float64(w))/width))]++
			total++
		}
	}
	top := len(hist)
	for over := 0; top > 1 && over <= total/10000; top-- {
		over += hist[top-1]
	}
	step := float64(top) * width / 127
	stride := langid.Stride(len(labels)) * 8
	rows := make([]byte, stride<<f.bits)
	for r := range 1 << f.bits {
		for j, w := range f.weights[r*f.n : r*f.n+f.n] {
			rows[r*stride+j] = byte(128 + max(-127, min(127, math.RoundToEven(float64(w)/step))))
		}
	}
	g := langid.Group{Script: script, Languages: labels, Bits: f.bits, Step: step, Power: f.power}
	return langid.NewGroup(g, rows)
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
		s := sums(g, e)
		best := 0
		for j := range s {
			if s[j] > s[best] {
				best = j
			}
		}
		if best == e.label {
			right++
		}
		all++
	}
	return float64(right) / float64(max(1, all))
}

// calibrate finds the two numbers that make the validation part most likely:
// a coarse grid, then finer ones about the best.
func (f *fit) calibrate(g *langid.Group, check []example) {
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
}
