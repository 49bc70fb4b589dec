//go:build unix

package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"feilun/internal/hint"
)

// Lock keeps other processes out until the returned function is called or this
// process ends, by a lock on a file that it makes with its folders. folder is
// what users know the place by.
func Lock(name, folder string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, hint.With(fmt.Errorf("another process is running in %s", folder), "wait for it, or take another --out")
	}
	return func() { file.Close() }, nil
}
