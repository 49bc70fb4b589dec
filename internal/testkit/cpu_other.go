//go:build !unix

package testkit

import "time"

var started = time.Now() // never written again

// CPUTime returns the time since the process began, where the system does not
// tell processor time as Unix does.
func CPUTime() time.Duration { return time.Since(started) }
