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

// lockFile keeps a second writer out until the returned function is called or
// the process ends; ok is false when there is one.
func lockFile(name string) (unlock func(), ok bool, err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, false, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, false, nil
	}
	return func() { f.Close() }, true, nil
}
