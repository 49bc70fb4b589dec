package tensor

import (
	"syscall"

	"golang.org/x/sys/cpu"
)

// hasAMX reports whether this machine multiplies tiles of bfloat16, and asks the kernel, once
// for all threads, to keep them for us (Linux 5.16 and later; Documentation/arch/x86/xstate.rst).
func hasAMX() bool {
	const (
		archReqXcompPerm = 0x1023
		xtileData        = 18
	)
	if x := &cpu.X86; !x.HasAMXTile || !x.HasAMXBF16 {
		return false
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archReqXcompPerm, xtileData, 0)
	return errno == 0
}
