package tensor

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestAttend compares attention of a token with the same in steps, bit by bit.
func TestAttend(t *testing.T) {
	c := New(1)
	if !c.Attends(64) {
		t.Skip("no kernels of bfloat16")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var a Attention
	for round := range 200 {
		width, n, heads, each := 64*(1+rng.IntN(3)), 1+rng.IntN(5), 1+rng.IntN(4), 1+rng.IntN(9)
		if round == 0 { // more products than are kept at a time
			n, heads, each = 200, 3, 3
		}
		if rng.IntN(4) == 0 { // memory of no larger one
			a = Attention{}
		}
		size, last := keyBytes(width), (n-1)*64+1+rng.IntN(64)
		keysAt, first := 2*size*rng.IntN(3), rng.IntN(min(64, last))
		valuesAt := keysAt + (heads+rng.IntN(2))*size
		queries, keys, values := random(rng, heads*each*width), random(rng, heads*width), random(rng, heads*width)
		blocks, want := make([][]byte, n), make([]float32, heads*each*width)
		for b := range blocks {
			blocks[b] = Bytes(valuesAt + heads*size)
		}
		for h := range heads {
			k, v := random(rng, n*64*width), random(rng, n*64*width) // also behind the last
			copy(k[(last-1)*width:], keys[h*width:(h+1)*width])
			copy(v[(last-1)*width:], values[h*width:(h+1)*width])
			q := h * each * width
			attendInSteps(c, blocks, keysAt+h*size, valuesAt+h*size, width, want[q:][:each*width], queries[q:][:each*width], k, v, first, last)
		}
		a.Reset()
		whole := bytes.Clone(blocks[n-1])
		for h := range heads { // the new token is not there yet
			forget(blocks[n-1][keysAt+h*size:][:size], blocks[n-1][valuesAt+h*size:][:size], width, (last-1)%64)
		}
		for _, b := range blocks {
			a.Add(b)
		}
		got := make([]float32, len(want))
		c.Attend(&a, keysAt, valuesAt, width, got, queries, keys, values, first, last)
		if !bytes.Equal(blocks[n-1], whole) {
			t.Fatalf("width %d, %d heads: a token's keys and values lie elsewhere than in steps", width, heads)
		}
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("width %d, %d heads of %d queries, %d blocks, tokens %d to %d: number %d is %g, in steps %g", width, heads, each, n, first, last, i, got[i], want[i])
			}
		}
	}
}

// attendInSteps writes a head's keys and values at bytes of blocks, and sets y to what its queries
// get.
func attendInSteps(c *CPU, blocks [][]byte, keysAt, valuesAt, width int, y, queries, keys, values []float32, first, last int) {
	size := keyBytes(width)
	var v Vectors
	for q := 0; q < len(queries); q += width {
		c.Prepare(&v, queries[q:], width, width, 1)
		score := make([]float32, 64*len(blocks))
		for b, block := range blocks {
			k := QuantMatrixIn(WeightsBF16, 64, width, block[keysAt:][:size])
			w := QuantMatrixIn(WeightsBF16, width, 64, block[valuesAt:][:size])
			c.SetRows(&k, 0, keys[64*b*width:], width, 64)
			c.SetColumns(&w, 0, values[64*b*width:], width, 64)
			c.MatVecsAlone(0, score[64*b:], 64, &k, &v)
		}
		c.Softmax(score[first:last])
		clear(score[:first])
		clear(score[last:])
		part := make([]float32, width)
		for b, block := range blocks {
			w := QuantMatrixIn(WeightsBF16, width, 64, block[valuesAt:][:size])
			c.Prepare(&v, score[64*b:], 64, 64, 1)
			c.MatVecsAlone(0, part, width, &w, &v)
			c.Add(y[q:q+width], part)
		}
	}
}

// forget clears a token's key and value.
func forget(keys, values []byte, width, token int) {
	c, zero := New(1), make([]float32, width)
	k, v := QuantMatrixIn(WeightsBF16, 64, width, keys), QuantMatrixIn(WeightsBF16, width, 64, values)
	c.SetRows(&k, token, zero, width, 1)
	c.SetColumns(&v, token, zero, width, 1)
}
