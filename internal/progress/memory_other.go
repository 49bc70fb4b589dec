//go:build !unix

package progress

import "runtime"

// PeakMemory returns what the Go runtime has taken, in bytes.
func PeakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
