package tensor

import "github.com/klauspost/cpuid/v2"

// intel reports whether the processor is one of Intel's, on which some kernels are the best
// that are not on AMD's.
var intel = cpuid.CPU.VendorID == cpuid.Intel

// zen4 reports whether it is a Zen 4 of AMD's, whose loads wait in other places than Zen 5's.
var zen4 = cpuid.CPU.VendorID == cpuid.AMD && cpuid.CPU.Family == 0x19
