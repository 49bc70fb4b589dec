//go:build !unix

package search

import (
	"io"
	"os"
)

// mapFile reads a file where it cannot be mapped.
func mapFile(f *os.File, size int) (b []byte, unmap func() error, err error) {
	b = make([]byte, size)
	_, err = io.ReadFull(f, b)
	return b, func() error { return nil }, err
}
