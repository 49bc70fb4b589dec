//go:build !unix

package crawl

// lockFile does nothing where the system has no locks that die with a process;
// there, two processes that load the same file at once may disturb each other.
func lockFile(string) (release func(), err error) { return func() {}, nil }
