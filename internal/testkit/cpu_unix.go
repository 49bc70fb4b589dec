//go:build unix

package testkit

import (
	"syscall"
	"testing"
	"time"
)

// CPU returns a function that reports bytes per second of processor time since
// this call, for n bytes a turn; on a shared machine it says more than wall time.
func CPU(b *testing.B, n int) func() {
	start := CPUTime()
	return func() {
		b.ReportMetric(float64(n)*float64(b.N)/1e6/(CPUTime()-start).Seconds(), "cpuMB/s")
	}
}

// CPUTime returns the processor time that the process has used.
func CPUTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
