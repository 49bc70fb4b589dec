//go:build unix

package testkit

import (
	"syscall"
	"time"
)

// CPUTime returns the processor time this process has used: on a crowded machine
// it says more than the clock.
func CPUTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err) // the arguments are constants
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
