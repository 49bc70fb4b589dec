package main

import (
	"fmt"
	"io"
)

// decodeF16 makes weights of half precision float32, which they are exactly, 16 rows of a
// column at a time; a vector has two sums, of even and odd columns.
func decodeF16(w io.Writer, n int) {
	name := fmt.Sprintf("decodeF16x%d", n)
	decodeHead(w, name)
	zero(w, 2*n)
	turnStart(w, name)
	for col := range 64 {
		fetch(w, 32*col)
		weights := 16 + col%8
		fmt.Fprintf(w, "\tVCVTPH2PS %d(SI), Z%d\n", 32*col, weights)
		for j := range n {
			fmt.Fprintf(w, "\tVFMADD231PS.BCST %d(DI), Z%d, Z%d\n", 256*j+4*col, weights, 2*j+col%2)
		}
	}
	turnEnd(w, name, f16Group)
	for j := range n {
		fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVMOVUPS Z%d, (DX)\n\tADDQ R9, DX\n", 2*j+1, 2*j, 2*j, 2*j)
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}

// decodeF16Pair multiplies the two tiles of a pair with one vector, in the order of decodeF16,
// and reads them as decodeBF16Pair does.
func decodeF16Pair(w io.Writer, name string, ahead func(w io.Writer, at int, from string)) {
	decodeHead(w, name)
	zero(w, 4)
	turnStart(w, name)
	for t := range 2 {
		for col := range 64 {
			at, weights := 32*col+t*f16Group, 16+col%8
			if at%64 == 0 {
				ahead(w, at, "SI")
			}
			fmt.Fprintf(w, "\tVCVTPH2PS %d(SI), Z%d\n\tVFMADD231PS.BCST %d(DI), Z%d, Z%d\n", at, weights, 4*col, weights, 2*t+col%2)
		}
	}
	turnEnd(w, name, f16Group)
	fmt.Fprint(w, "\tVADDPS Z1, Z0, Z0\n\tVADDPS Z3, Z2, Z2\n\tVMOVUPS Z0, (DX)\n\tVMOVUPS Z2, 64(DX)\n\tVZEROUPPER\n\tRET\n\n")
}

// decodeF16AVX2 is the same in two halves of 8 rows, for one tile or the two of a pair.
func decodeF16AVX2(w io.Writer, name string, tiles int) {
	decodeHead(w, name)
	sums := func(t, h, col int) int { return 4*t + 2*h + col%2 }
	for i := range 4 * tiles {
		fmt.Fprintf(w, "\tVXORPS Y%[1]d, Y%[1]d, Y%[1]d\n", i)
	}
	turnStart(w, name)
	for t := range tiles {
		for col := range 64 {
			at, x := 32*col+t*f16Group, 8+col%2
			fetch(w, at)
			fmt.Fprintf(w, "\tVBROADCASTSS %d(DI), Y%d\n", 4*col, x)
			for h := range 2 {
				weights := 10 + col%2*2 + h
				fmt.Fprintf(w, "\tVCVTPH2PS %d(SI), Y%d\n\tVFMADD231PS Y%d, Y%d, Y%d\n", at+16*h, weights, x, weights, sums(t, h, col))
			}
		}
	}
	turnEnd(w, name, f16Group)
	for t := range tiles {
		for h := range 2 {
			s := sums(t, h, 0)
			fmt.Fprintf(w, "\tVADDPS Y%d, Y%d, Y%d\n\tVMOVUPS Y%d, %d(DX)\n", s+1, s, s, s, 64*t+32*h)
		}
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}
