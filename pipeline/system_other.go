//go:build !unix

package pipeline

// cpuSeconds is not known on this system.
func cpuSeconds() float64 { return 0 }
