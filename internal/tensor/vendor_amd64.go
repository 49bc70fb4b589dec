package tensor

import "github.com/klauspost/cpuid/v2"

// intel reports whether the processor is one of Intel's, on which some kernels are the best
// that are not on AMD's.
var intel = cpuid.CPU.VendorID == cpuid.Intel

// zen4 reports whether it is a Zen 4 of AMD's, on which other ways to fetch are the best than on
// Zen 5. Family 0x19 is Zen 3 too, which has no AVX-512 and with it none of those kernels.
var zen4 = cpuid.CPU.VendorID == cpuid.AMD && cpuid.CPU.Family == 0x19
