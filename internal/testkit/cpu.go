package testkit

import "testing"

// CPU returns a function that reports bytes per second of processor time since
// this call, for n bytes a turn.
func CPU(b *testing.B, n int) func() {
	start := CPUTime()
	return func() {
		b.ReportMetric(float64(n)*float64(b.N)/1e6/(CPUTime()-start).Seconds(), "cpuMB/s")
	}
}
