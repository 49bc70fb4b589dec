package model

import (
	"fmt"
	"strings"

	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// Weights is how an [Engine] holds matrices. Norms, biases and learned positions are float32
// always.
type Weights uint8

// The ways.
const (
	F32    Weights = iota // float32
	BF16                  // bfloat16, sums in float32; half the memory, and faster where the processor has it
	F16                   // half precision, sums in float32; half the memory of F32; of weights that are of half precision the products are the same, but for the order of sums
	Int8                  // Q8_0 of GGUF: 8 bits and a scale for 32 numbers; vectors are rounded to 8 bits too
	Int4                  // Q4_0: 4 bits and a scale for 32; embedding and head Int8, as llama.cpp has them wider
	Q4K                   // Q4_K: 4 bits, a scale and a minimum for 32; embedding and head Int8
	Stored                // as the file has them: Q8_0, Q4_0 and Q4_K as they are, Q6_K and matrices of several kinds as Int8, BF16 and F16 where there are kernels for them
)

var weightNames = [...]string{"f32", "bf16", "f16", "int8", "int4", "q4_k", "stored"}

// String returns the name.
func (w Weights) String() string { return weightNames[w] }

// ParseWeights returns the weights of a name.
func ParseWeights(name string) (Weights, error) {
	for i, n := range weightNames {
		if n == name {
			return Weights(i), nil
		}
	}
	return 0, fmt.Errorf("no weights %q; known are %s", name, strings.Join(weightNames[:], ", "))
}

// A matrix is weights of a layer as the engine holds them, inputs × outputs; one of both.
type matrix struct {
	panels tensor.Panels
	blocks *tensor.QuantMatrix
}

// multiply sets y to the products with m rows of x, each by itself: its numbers do not
// depend on the others.
func (w *matrix) multiply(cpu *tensor.CPU, y []float32, out int, x []float32, in, m int) {
	if w.blocks != nil {
		cpu.MatVecs(y, w.blocks, x, m)
		return
	}
	cpu.MatMul(y, out, tensor.Matrix(x, in), &w.panels, m, false)
}

// output copies the weights of one output.
func (w *matrix) output(dst []float32, i int) {
	if w.blocks != nil {
		w.blocks.Row(dst, i)
		return
	}
	w.panels.Column(dst, i)
}

func (w *matrix) bytes() int {
	if w.blocks != nil {
		return w.blocks.Bytes()
	}
	return w.panels.Bytes()
}

// form decides how to hold a matrix whose parts are stored as they are in kinds; head is
// true for embedding and head.
func (w Weights) form(cpu *tensor.CPU, kinds []quant.Type, head bool) Weights {
	switch {
	case (w == Int4 || w == Q4K) && head:
		return Int8
	case w != Stored:
		return w
	}
	all, blocks := kinds[0], false
	for _, k := range kinds {
		if k != all {
			all = quant.F32
		}
		blocks = blocks || k.Block() > 1
	}
	switch {
	case all == quant.Q4_0:
		return Int4
	case all == quant.Q4_K:
		return Q4K
	case blocks:
		return Int8
	case all == quant.BF16 && cpu.BF16():
		return BF16
	case all == quant.F16 && cpu.F16():
		return F16
	}
	return F32
}

// blocks returns the kernels' form of a [tensor.QuantMatrix], which are read from memory as
// fast as it goes; other weights are panels.
func (w Weights) blocks(cpu *tensor.CPU) (kind tensor.Weights, ok bool) {
	switch w {
	case BF16:
		return tensor.WeightsBF16, cpu.BF16()
	case F16:
		return tensor.WeightsF16, cpu.F16()
	case Int8:
		return tensor.WeightsInt8, true
	case Int4:
		return tensor.WeightsInt4, true
	case Q4K:
		return tensor.WeightsQ4K, true
	}
	return 0, false
}
