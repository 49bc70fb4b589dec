package train

import (
	"runtime"

	"feilun/internal/tensor"
	"feilun/model"
)

// base is the memory of the program itself, in bytes.
const base = 64 << 20

// memory predicts the bytes that training takes: weights, gradients, what the
// optimizer remembers, activations, and copies of the largest matrices in work.
func memory(c *model.Config, m *model.Model, p *Params) int64 {
	n := int64(len(m.W))
	bytes := base + 8*n + model.PassMemory(*c, runtime.GOMAXPROCS(0), p.Rows, p.Context, model.PassOptions{BF16: p.BF16})
	largest := int64(0)
	for i := range m.Params {
		q := &m.Params[i]
		size := int64(q.To - q.From)
		largest = max(largest, size)
		bytes += 4 * size
		if p.Optimizer != Muon || !q.Matrix() {
			bytes += 4 * size
		}
	}
	tokens := int64(p.Rows) * int64(p.Context)
	wide := int64(max(2*c.Hidden, c.Width*2))
	return bytes + 4*(3*largest+2*tokens*wide) + int64(p.batchRows()*p.Context)*24
}

// flops returns the operations of training for each token, forward and back: six
// for each weight that is multiplied, and for attention twelve for each layer,
// feature and token of context (Chowdhery and others, PaLM, 2022, appendix B).
func flops(c *model.Config, context int) float64 {
	width, q, kv := float64(c.Width), float64(c.Heads*c.HeadDim), float64(c.KVHeads*c.HeadDim)
	up := 2.0
	if c.Arch != model.GPT2 {
		up = 3
	}
	layer := width*(2*q+2*kv) + up*width*float64(c.Hidden)
	return 6*(float64(c.Layers)*layer+width*float64(c.Vocab)) + 12*float64(c.Layers)*q*float64(context)
}

// peakTries is how often the peak loop is measured; the best counts.
const peakTries = 20

// peak returns the operations a second that all workers reach together at most, as
// one core's peak loop has them, or 0 where there is no such loop.
func peak(cpu *tensor.CPU, bf16 bool) float64 {
	return cpu.Peak(bf16 && cpu.BF16(), peakTries) * float64(cpu.Workers())
}
