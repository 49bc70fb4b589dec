//go:build !unix

package pipeline

import (
	"os"
	"runtime"
)

// lock makes the folder; this system has no advisory locks we could take.
func (f folder) lock() (unlock func(), err error) {
	if err := os.MkdirAll(f.path("work"), 0o777); err != nil {
		return nil, f.shut(err)
	}
	return func() {}, nil
}

// cpuSeconds is not known on this system.
func cpuSeconds() float64 { return 0 }

// peakMemory returns what the Go runtime has taken, in bytes.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
