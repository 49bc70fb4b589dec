//go:build unix

package mix

import (
	"fmt"
	"os"
	"syscall"

	"feilun/internal/hint"
)

// lock keeps a second process out of the folder until the returned function is
// called or the process ends.
func (f folder) lock() (unlock func(), err error) {
	if err := os.MkdirAll(f.path("work"), 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(f.path("work", "lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, hint.With(fmt.Errorf("another process is running in %s", string(f)), "wait for it, or take another --out")
	}
	return func() { file.Close() }, nil
}
