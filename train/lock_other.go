//go:build !unix

package train

// lock does nothing: this system has no advisory locks we could take.
func lock(string) (unlock func(), err error) { return func() {}, nil }
