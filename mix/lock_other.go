//go:build !unix

package mix

import "os"

// lock makes the folder; this system has no advisory locks we could take.
func (f folder) lock() (unlock func(), err error) {
	return func() {}, os.MkdirAll(f.path("work"), 0o777)
}
