//go:build !amd64

package tensor

func (l Level) wide(bool, int, int) bool { return false }

func wideKernel(int) (f kernel, rows int) { panic("tensor: no wide kernels") }
