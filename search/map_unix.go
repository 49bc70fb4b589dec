//go:build unix

package search

import (
	"os"
	"syscall"
)

// mapFile gives the bytes of a file without reading them. They stay valid when
// the file is removed, until unmap is called.
func mapFile(f *os.File, size int) (b []byte, unmap func() error, err error) {
	if size == 0 {
		return nil, func() error { return nil }, nil
	}
	b, err = syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	return b, func() error { return syscall.Munmap(b) }, err
}
