//go:build !amd64

package tensor

// decoder returns the kernels of a level for weights of a type.
func (l Level) decoder(kind Weights) decoder { return plainDecoder(kind) }

// readMemory reads 1024·n bytes and does nothing with them.
func (l Level) readMemory(n int, p pointer) { plainRead(n, p) }
