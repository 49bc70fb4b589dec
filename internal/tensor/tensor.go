// Package tensor holds the arithmetic of the model: matrix products and loops
// over vectors of float32, by assembly for AVX-512 (with bfloat16 products where
// the processor has them) or AVX2, by plain Go elsewhere. Start with [New] and
// [CPU.MatMul]. Results do not depend on the number of workers: every number is
// summed in one order. It knows nothing of models.
package tensor
