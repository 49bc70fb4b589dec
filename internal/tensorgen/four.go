package main

import (
	"fmt"
	"io"
)

// four writes kernels that multiply both tiles of a pair with four vectors: a vector's
// numbers, once in a register, serve two tiles, so that memory is asked less than once for
// each product. They sum in the order of the kernels for one vector. Int4 has none: to take
// its numbers out of their halves is worth it for eight vectors at a time.
func four(w io.Writer) {
	fourBF16(w)
	fourInt8(w)
}

const fourVectors = 4

// fourBF16: sums of even and odd chunks of 2 tiles and 4 vectors in Z0 to Z15.
func fourBF16(w io.Writer) {
	name := "decodeBF16Four"
	decodeHead(w, name)
	zero(w, 16)
	turnStart(w, name)
	sum := func(t, j, c int) int { return 8*t + 2*j + c%2 }
	for c := range 32 {
		for t := range 2 {
			at := 64*c + t*bf16Group
			fetch(w, at)
			fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z%d\n", at, 16+c%2*2+t)
		}
		for j := range fourVectors {
			x := 20 + c%2*4 + j
			fmt.Fprintf(w, "\tVBROADCASTSS %d(DI), Z%d\n", 128*j+4*c, x)
			for t := range 2 {
				fmt.Fprint(w, multiply(true, sum(t, j, c), 16+c%2*2+t, x))
			}
		}
	}
	turnEnd(w, name, bf16Group)
	for j := range fourVectors {
		for t := range 2 {
			s := sum(t, j, 0)
			fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVMOVUPS Z%d, %d(DX)\n", s+1, s, s, s, 64*t)
		}
		fmt.Fprint(w, "\tADDQ R9, DX\n")
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}

// fourInt8: sums in Z0 to Z7, those of a half in whole numbers in Z8 to Z15.
func fourInt8(w io.Writer) {
	name := "decodeInt8Four"
	decodeHead(w, name)
	zero(w, 8)
	turnStart(w, name)
	fetch(w, 0)
	fetch(w, int8Group)
	for half := range 2 {
		for j := range fourVectors {
			fmt.Fprintf(w, "\tVPBROADCASTD %d(DI), Z%d\n\tVMOVDQA32 Z%d, Z%d\n", vectorBytes*j+72+4*half, 8+j, 8+j, 12+j)
		}
		for c := range 8 {
			for t := range 2 {
				at := 64 + 64*(8*half+c) + t*int8Group
				fetch(w, at)
				fmt.Fprintf(w, "\tVMOVDQU32 %d(SI), Z%d\n", at, 16+c%2*2+t)
			}
			for j := range fourVectors {
				fmt.Fprintf(w, "\tVPBROADCASTD %d(DI), Z%d\n", vectorBytes*j+32*half+4*c, 20+j)
				for t := range 2 {
					fmt.Fprintf(w, "\tVPDPBUSD Z%d, Z%d, Z%d\n", 20+j, 16+c%2*2+t, 8+4*t+j)
				}
			}
		}
		for t := range 2 {
			fmt.Fprintf(w, "\tVCVTPH2PS %d(SI), Z%d\n", 32*half+t*int8Group, 24+t)
			for j := range fourVectors {
				fmt.Fprintf(w, "\tVCVTDQ2PS Z%d, Z%d\n\tVMULPS.BCST %d(DI), Z%d, Z%d\n\tVFMADD231PS Z%d, Z%d, Z%d\n",
					8+4*t+j, 8+4*t+j, vectorBytes*j+64+4*half, 24+t, 26+j, 26+j, 8+4*t+j, 4*t+j)
			}
		}
	}
	turnEnd(w, name, int8Group)
	for j := range fourVectors {
		fmt.Fprintf(w, "\tVMOVUPS Z%d, (DX)\n\tVMOVUPS Z%d, 64(DX)\n\tADDQ R9, DX\n", j, 4+j)
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}
