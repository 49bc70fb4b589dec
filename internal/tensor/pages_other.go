//go:build !linux

package tensor

func largePages([]float32) {}
