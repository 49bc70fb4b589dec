//go:build unix

package tensor

import "syscall"

// processSeconds returns the processor time of this process.
func processSeconds() (s float64, known bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, true
}
