//go:build !unix

package testkit

import (
	"testing"
	"time"
)

// CPU reports nothing where processor time is not known.
func CPU(*testing.B, int) func() { return func() {} }

// CPUTime returns 0 where processor time is not known.
func CPUTime() time.Duration { return 0 }
