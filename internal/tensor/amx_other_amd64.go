//go:build amd64 && !linux

package tensor

// hasAMX reports whether this machine multiplies tiles of bfloat16: only Linux is asked for
// them.
func hasAMX() bool { return false }
