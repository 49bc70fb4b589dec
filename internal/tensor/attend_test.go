package tensor

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestAttend compares attention of one query with the same in steps, bit by bit.
func TestAttend(t *testing.T) {
	c := New(1)
	if !c.Attends(64) {
		t.Skip("no kernels of bfloat16")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var a Attention
	for range 200 {
		width, n := 64*(1+rng.IntN(3)), 1+rng.IntN(5)
		last := (n-1)*64 + 1 + rng.IntN(64)
		at := 2 * keyBytes(width) * rng.IntN(3)
		first := rng.IntN(min(64, last))
		query := random(rng, width)
		score, want, got := make([]float32, 64*n), make([]float32, width), make([]float32, width)
		var v Vectors
		var values []*QuantMatrix
		c.Prepare(&v, query, width, width, 1)
		a.Reset()
		for b := range n {
			block, size := Bytes(at+2*keyBytes(width)), keyBytes(width)
			k := QuantMatrixIn(WeightsBF16, 64, width, block[at:at+size])
			w := QuantMatrixIn(WeightsBF16, width, 64, block[at+size:])
			x, y := random(rng, 64*width), random(rng, 64*width)
			tokens := min(64, last-64*b)
			c.SetRows(&k, 0, x, width, tokens)
			c.SetColumns(&w, 0, y, width, tokens)
			other := Bytes(len(block))
			for i := range tokens {
				c.SetToken(other, at, i, width, x[i*width:][:width], y[i*width:][:width])
			}
			if !bytes.Equal(block, other) {
				t.Fatalf("width %d: %d tokens written one by one lie otherwise", width, tokens)
			}
			c.MatVecsAlone(0, score[64*b:], 64, &k, &v)
			a.Add(block)
			values = append(values, &w)
		}
		c.Softmax(score[first:last])
		clear(score[:first])
		clear(score[last:])
		part := make([]float32, width)
		for b, w := range values {
			c.Prepare(&v, score[64*b:], 64, 64, 1)
			c.MatVecsAlone(0, part, width, w, &v)
			c.Add(want, part)
		}
		c.Attend(&a, at, got, query, first, last)
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("width %d, %d blocks, tokens %d to %d: number %d is %g, in steps %g", width, n, first, last, i, got[i], want[i])
			}
		}
	}
}
