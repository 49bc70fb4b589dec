//go:build unix

package train

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"feilun/internal/hint"
)

// lock keeps a second process out of the folder until the returned function is
// called or the process ends.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, hint.With(fmt.Errorf("another process is training in %s", dir), "wait for it, or take another --out")
	}
	return func() { f.Close() }, nil
}
