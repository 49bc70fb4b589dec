package tensor

// cpuid0 returns the processor's vendor, in three registers of CPUID's leaf 0.
func cpuid0() (b, d, c uint32)

// intel reports whether the processor is one of Intel's, on which some kernels are the best
// that are not on AMD's.
var intel = func() bool {
	b, d, c := cpuid0()
	return b == 0x756e6547 && d == 0x49656e69 && c == 0x6c65746e // GenuineIntel
}()
