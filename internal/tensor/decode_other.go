//go:build !amd64

package tensor

var decoders = [weightKinds]decoder{plainDecoder(WeightsBF16), plainDecoder(WeightsInt8), plainDecoder(WeightsInt4), plainDecoder(WeightsF16), plainDecoder(WeightsQ4K)}

// decoder returns the kernels of a level for weights of a type.
func (l Level) decoder(kind Weights) *decoder { return &decoders[kind] }

// readers returns the loops that read.
func (l Level) readers() []reader { return []reader{{1, plainRead}} }

// bytes rounds n groups of a vector and reports whether the level has a loop for it.
func (l Level) bytes(int, pointer, int, []float32, int32) bool { return false }
