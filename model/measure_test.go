package model

import (
	"math/rand/v2"
	"testing"

	"feilun/internal/tensor"
)

// TestReadStep holds what the measure of generation reads to what a token reads: its matrices,
// and the keys and values that it sees.
func TestReadStep(t *testing.T) {
	for name, c := range variants() {
		for _, weights := range []Weights{F32, BF16, F16, Int8, Int4, Q4K} {
			e := engineOf(t, randomModel(t, c, rand.New(rand.NewPCG(8, 8))), tensor.New(2), weights)
			vectors := 4 * len(e.m.W)
			if e.m.lay.positions >= 0 {
				vectors -= 4 * c.Context * c.Width
			}
			none := e.TokenBytes(0)
			for _, n := range []int{0, 1, 63, 64, 65, 130} {
				x := Extension{Sequence: e.NewSequence(), Tokens: make([]uint32, n)}
				if n > 0 {
					if _, err := e.Step([]Extension{x}); err != nil {
						t.Fatal(err)
					}
				}
				for way := range e.cpu.ReadWays() {
					if got, want := e.ReadStep(way, []Extension{x, x}), 2*e.TokenBytes(n)-none-vectors; got != want {
						t.Errorf("%s, %v: way %d reads %d bytes behind %d tokens, want %d", name, weights, way, got, n, want)
					}
				}
			}
		}
	}
}
