//go:build !unix

package pipeline

import "runtime"

// cpuSeconds is not known on this system.
func cpuSeconds() float64 { return 0 }

// peakMemory returns what the Go runtime has taken, in bytes.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
