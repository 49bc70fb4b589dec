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
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	start := used()
	return func() {
		b.ReportMetric(float64(n)*float64(b.N)/1e6/(used()-start).Seconds(), "cpuMB/s")
	}
}
