//go:build unix

package mix

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime returns a function that reports bytes per second of processor time
// since this call; on a shared machine it says more than wall time.
func cpuTime(b *testing.B, bytes int64) func() {
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	start := used()
	return func() {
		b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(used()-start).Seconds(), "cpuMB/s")
	}
}
