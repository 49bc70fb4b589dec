//go:build !unix

package testkit

import "testing"

// CPU reports nothing where processor time is not known.
func CPU(*testing.B, int) func() { return func() {} }
