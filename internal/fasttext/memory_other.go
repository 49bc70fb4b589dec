//go:build !linux

package fasttext

// newFloats returns n zeros.
func newFloats(n int64) []float32 { return make([]float32, n) }
