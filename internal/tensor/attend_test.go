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
		width, n, heads, each := 64*(1+rng.IntN(3)), 1+rng.IntN(5), 1+rng.IntN(4), 1+rng.IntN(3)
		if round == 0 { // more products than are kept at a time
			n, heads, each = 200, 3, 3
		}
		size, last := keyBytes(width), (n-1)*64+1+rng.IntN(64)
		at, first := 2*size*rng.IntN(3), rng.IntN(min(64, last))
		queries, keys, values := random(rng, heads*each*width), random(rng, heads*width), random(rng, heads*width)
		blocks, want := make([][]byte, n), make([]float32, heads*each*width)
		for b := range blocks {
			blocks[b] = Bytes(at + heads*2*size)
		}
		for h := range heads {
			k, v := random(rng, last*width), random(rng, last*width)
			copy(k[(last-1)*width:], keys[h*width:(h+1)*width])
			copy(v[(last-1)*width:], values[h*width:(h+1)*width])
			from, q := at+h*2*size, h*each*width
			attendInSteps(c, blocks, from, width, want[q:][:each*width], queries[q:][:each*width], k, v, first, last)
		}
		a.Reset()
		whole := bytes.Clone(blocks[n-1])
		for h := range heads { // the new token is not there yet
			forget(blocks[n-1][at+h*2*size:][:2*size], width, (last-1)%64)
		}
		for _, b := range blocks {
			a.Add(b)
		}
		got := make([]float32, len(want))
		c.Attend(&a, at, width, got, queries, keys, values, first, last)
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

// attendInSteps writes a head's keys and values at a byte of blocks, and sets y to what its
// queries get.
func attendInSteps(c *CPU, blocks [][]byte, at, width int, y, queries, keys, values []float32, first, last int) {
	size := keyBytes(width)
	var v Vectors
	for q := 0; q < len(queries); q += width {
		c.Prepare(&v, queries[q:], width, width, 1)
		score := make([]float32, 64*len(blocks))
		for b, block := range blocks {
			k := QuantMatrixIn(WeightsBF16, 64, width, block[at:at+size])
			w := QuantMatrixIn(WeightsBF16, width, 64, block[at+size:at+2*size])
			tokens := min(64, last-64*b)
			c.SetRows(&k, 0, keys[64*b*width:], width, tokens)
			c.SetColumns(&w, 0, values[64*b*width:], width, tokens)
			c.MatVecsAlone(0, score[64*b:], 64, &k, &v)
		}
		c.Softmax(score[first:last])
		clear(score[:first])
		clear(score[last:])
		part := make([]float32, width)
		for b, block := range blocks {
			w := QuantMatrixIn(WeightsBF16, width, 64, block[at+size:at+2*size])
			c.Prepare(&v, score[64*b:], 64, 64, 1)
			c.MatVecsAlone(0, part, width, &w, &v)
			c.Add(y[q:q+width], part)
		}
	}
}

// forget clears a token's key and value in a head's part of a block.
func forget(head []byte, width, token int) {
	c, zero := New(1), make([]float32, width)
	k := QuantMatrixIn(WeightsBF16, 64, width, head[:len(head)/2])
	v := QuantMatrixIn(WeightsBF16, width, 64, head[len(head)/2:])
	c.SetRows(&k, token, zero, width, 1)
	c.SetColumns(&v, token, zero, width, 1)
}
