package tensor

import "github.com/klauspost/cpuid/v2"

// intel reports whether the processor is one of Intel's, on which some kernels are the best
// that are not on AMD's.
var intel = cpuid.CPU.VendorID == cpuid.Intel
