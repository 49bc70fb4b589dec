package train

import (
	"testing"

	"feilun/internal/tensor"
	"feilun/model"
)

// BenchmarkStep is the whole step on the shape of feilun bench train, for profiles.
func BenchmarkStep(b *testing.B) {
	p := usual(b)
	p.Optimizer, p.Context, p.Rows, p.Batch, p.BF16 = AdamW, 256, 8, 2048, true
	c := model.FromDepth(6, 4096)
	c.KVHeads = c.Heads
	t, err := NewTrial(c, *p, tensor.New(0))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t.Step()
	}
}
