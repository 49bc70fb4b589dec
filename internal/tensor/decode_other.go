//go:build !amd64

package tensor

// decoder returns the kernels of a level for weights of a type.
func (l Level) decoder(kind Weights) decoder { return plainDecoder(kind) }

// readMemory reads 1024·n bytes and does nothing with them.
func (l Level) readMemory(n int, p pointer) { plainRead(n, p) }

// bytes rounds n groups of a vector and reports whether the level has a loop for it.
func (l Level) bytes(int, pointer, int, []float32, int32) bool { return false }
