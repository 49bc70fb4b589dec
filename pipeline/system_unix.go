//go:build unix

package pipeline

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// cpuSeconds returns the processor time this process has used.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// peakMemory returns the largest resident size of this process in bytes; where
// the system does not tell, what the Go runtime has taken.
func peakMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, rest, ok := bytes.Cut(b, []byte("VmHWM:")); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				if kib, err := strconv.ParseInt(string(f[0]), 10, 64); err == nil {
					return kib << 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
