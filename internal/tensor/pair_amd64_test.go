package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPairKernels compares the kernels of pairs that processors differ in, bit by bit.
func TestPairKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, k := range []struct {
		kind  Weights
		there bool
		of    []decodeKernel
	}{
		{WeightsInt8, Best().vnni(), []decodeKernel{decodeInt8Pair, decodeInt8PairIntel}},
		{WeightsInt4, Best().vnni(), []decodeKernel{decodeInt4Pair, decodeInt4PairIntel}},
		{WeightsQ4K, Best().vnni(), []decodeKernel{decodeQ4KPair, decodeQ4KPairIntel}},
	} {
		if !k.there {
			continue
		}
		for groups := range 20 {
			rows, cols := 2*tileRows, groups*groupCols+32
			c := New(1)
			m, err := c.Quantize(k.kind, random(rng, rows*cols), rows, cols)
			if err != nil {
				t.Fatal(err)
			}
			v := c.vectors(m, random(rng, cols), 1, false)
			var all [][]float32
			for _, f := range k.of {
				y := make([]float32, rows)
				f(m.groups, pointer(&m.data[0]), v.data, v.each, pointer(&y[0]), 0)
				all = append(all, y)
			}
			if !slices.Equal(all[0], all[1]) {
				t.Errorf("%s, %d columns: the kernels differ", k.kind, cols)
			}
		}
	}
}

// TestStreams compares products in two streams with those of pairs one behind another, bit by
// bit, for numbers of rows that leave any rest.
func TestStreams(t *testing.T) {
	if !Best().vnni() {
		t.Skip("no products of bytes")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	pairs := decoder{of: AVX512.decoder(WeightsInt8).of, pair: decodeInt8Pair, widest: 1}
	streams := pairs
	streams.streams = decodeInt8Streams
	c := New(1)
	for round := range 100 {
		rows, cols := 1+rng.IntN(20*tileRows), max(0, rng.IntN(300)-100/(1+round/10))
		m, err := c.Quantize(WeightsInt8, random(rng, rows*cols), rows, cols)
		if err != nil {
			t.Fatal(err)
		}
		v, tiles := c.vectors(m, random(rng, cols), 1, false), (rows+tileRows-1)/tileRows
		from := rng.IntN(tiles)
		to := from + 1 + rng.IntN(tiles-from)
		want, got := make([]float32, rows), make([]float32, rows)
		m.product(&pairs, want, rows, v, 1, from, to, c.scratch[0].c)
		m.product(&streams, got, rows, v, 1, from, to, c.scratch[0].c)
		if !slices.Equal(got, want) {
			t.Errorf("%d × %d, tiles %d to %d: streams differ from pairs", rows, cols, from, to)
		}
	}
}
