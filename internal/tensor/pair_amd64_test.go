package tensor

import (
	"fmt"
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
		{WeightsBF16, Best() >= AVX512BF16, []decodeKernel{decodeBF16Pair, decodeBF16PairZen4}},
		{WeightsF16, Best() >= AVX512, []decodeKernel{decodeF16Pair, decodeF16PairZen4}},
		{WeightsInt8, Best().vnni(), []decodeKernel{decodeInt8Pair, decodeInt8PairIntel, decodeInt8PairZen4}},
		{WeightsInt4, Best().vnni(), []decodeKernel{decodeInt4Pair, decodeInt4PairIntel, decodeInt4PairZen4}},
		{WeightsQ4K, Best().vnni(), []decodeKernel{decodeQ4KPair, decodeQ4KPairIntel, decodeQ4KPairZen4}},
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
			v := c.vectors(m, random(rng, cols), 1, k.kind == WeightsBF16)
			var all [][]float32
			for _, f := range k.of {
				y := make([]float32, rows)
				f(m.groups, pointer(&m.data[0]), v.data, v.each, pointer(&y[0]), 0)
				all = append(all, y)
			}
			for i, y := range all {
				if !slices.Equal(all[0], y) {
					t.Errorf("%s, %d columns: kernel %d differs from the first", k.kind, cols, i)
				}
			}
		}
	}
}

// TestAttendKernels does TestAttend with the kernels of each processor.
func TestAttendKernels(t *testing.T) {
	defer func(was attendKernels) { attendBy = was }(attendBy)
	defer func(was bool) { zen4 = was }(zen4)
	for _, zen4 = range []bool{false, true} {
		attendBy = attends()
		t.Run(fmt.Sprintf("zen4=%t", zen4), TestAttend)
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
