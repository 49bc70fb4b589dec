//go:build !linux

package fasttext

// newLarge returns n zero values.
func newLarge[T any](n int64) []T { return make([]T, n) }
