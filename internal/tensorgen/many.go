package main

import (
	"fmt"
	"io"
)

const (
	manyHead  = "// func %s(groups int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int, next uintptr)\nTEXT ·%s(SB), NOSPLIT, $0-56\n\tMOVQ groups+0(FP), CX\n\tMOVQ w+8(FP), SI\n\tMOVQ x+16(FP), DI\n\tMOVQ xstep+24(FP), R8\n\tMOVQ y+32(FP), DX\n\tMOVQ ystep+40(FP), R9\n\tMOVQ next+48(FP), AX\n"
	manyFetch = 512 // bytes that a group of a turn fetches
)

// many writes kernels that multiply both tiles of a pair with 5, 6 or 7 vectors, whose sums
// fill the registers, for prompts.
func many(w io.Writer) {
	for n := 5; n <= 7; n++ {
		manyBF16(w, n)
	}
}

// manyBF16 sums in the order of decodeBF16. It asks for the vectors of the next group, and for
// what comes next altogether.
func manyBF16(w io.Writer, n int) {
	name := fmt.Sprintf("decodeBF16Many%d", n)
	fmt.Fprintf(w, manyHead, name, name)
	zero(w, 4*n)
	turnStart(w, name)
	sum := func(t, j, c int) int { return 4*j + 2*t + c%2 }
	for c := range 32 {
		if c%4 == 0 {
			fmt.Fprintf(w, "\tPREFETCHT1 %d(AX)\n", c/4*64)
		}
		if c%4 == 2 && c/4 < n {
			fmt.Fprintf(w, "\tPREFETCHT0 %d(DI)(R8*1)\n\tPREFETCHT0 %d(DI)(R8*1)\n", 128*(c/4), 128*(c/4)+64)
		}
		for t := range 2 {
			at := 64*c + t*bf16Group
			fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z%d\n", at, 28+t)
		}
		for j := range n {
			x := 30 + j%2
			fmt.Fprintf(w, "\tVBROADCASTSS %d(DI), Z%d\n", 128*j+4*c, x)
			for t := range 2 {
				fmt.Fprint(w, multiply(true, sum(t, j, c), 28+t, x))
			}
		}
	}
	fmt.Fprintf(w, "\tADDQ $%d, AX\n", manyFetch)
	turnEnd(w, name, bf16Group)
	for j := range n {
		for t := range 2 {
			s := sum(t, j, 0)
			fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVMOVUPS Z%d, %d(DX)\n", s+1, s, s, s, 64*t)
		}
		fmt.Fprint(w, "\tADDQ R9, DX\n")
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}
