//go:build unix

package progress

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// PeakMemory returns the largest resident size that this process has had, in bytes;
// where the system does not tell, what the Go runtime has taken.
func PeakMemory() int64 {
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
