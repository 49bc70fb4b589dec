package main

import (
	"fmt"
	"io"
)

// fetchNear asks for every line, not far ahead and into the first-level cache: best for pairs of
// bfloat16 on Intel's processors and Zen 5, and for int8 on Zen 5 (docs/log/generate.md).
func fetchNear(w io.Writer, at int, from string) {
	fmt.Fprintf(w, "\tPREFETCHT0 %d(%s)\n", at+decodeNear, from)
}

// fetchTwice asks for every line far ahead into the second-level cache as well: best for
// whole numbers on Intel's.
func fetchTwice(w io.Writer, at int, from string) {
	fmt.Fprintf(w, "\tPREFETCHT1 %d(%s)\n", at+decodeAhead, from)
	fetchNear(w, at, from)
}

// fetchFar asks for every line far ahead into the first-level cache: best for int4 on Zen 5.
func fetchFar(w io.Writer, at int, from string) {
	fmt.Fprintf(w, "\tPREFETCHT0 %d(%s)\n", at+decodeAhead, from)
}

// fetchSeldom asks for the first line of two, the other comes along, into the second-level cache:
// best for all but int8 on Zen 4. What is asked for holds one of few places for lines under way
// until memory answers, what the processor fetches by itself does not. The pair begins at a
// multiple of 128 bytes; asking for the second line of two is far slower.
func fetchSeldom(w io.Writer, at int, from string) {
	if at%128 == 0 {
		fmt.Fprintf(w, "\tPREFETCHT1 %d(%s)\n", at+decodeSeldom, from)
	}
}

// fetchClose asks for every line ahead into the second-level cache and for one of two just
// before it is read into the first: best for int8 there, which takes few instructions a line.
func fetchClose(w io.Writer, at int, from string) {
	fmt.Fprintf(w, "\tPREFETCHT1 %d(%s)\n", at+decodeMiddle, from)
	if at%128 == 0 {
		fmt.Fprintf(w, "\tPREFETCHT0 %d(%s)\n", at+decodeClose, from)
	}
}

// decodeBF16Pair multiplies the two tiles of a pair with one vector, from front to back: a
// tile's group before the other's, its lines fetched (in turns, memory is up to a fifth
// slower). It sums in the order of decodeBF16.
func decodeBF16Pair(w io.Writer, name string, ahead func(w io.Writer, at int, from string)) {
	decodeHead(w, name)
	zero(w, 4)
	turnStart(w, name)
	for t := range 2 {
		for c := range 32 {
			bf16Line(w, "SI", 64*c+t*bf16Group, c, 2*t+c%2, ahead)
		}
	}
	turnEnd(w, name, bf16Group)
	fmt.Fprint(w, "\tVADDPS Z1, Z0, Z0\n\tVADDPS Z3, Z2, Z2\n\tVMOVUPS Z0, (DX)\n\tVMOVUPS Z2, 64(DX)\n\tVZEROUPPER\n\tRET\n\n")
}

// bf16Line adds the product of a line that lies at bytes from a register and the c-th number at
// DI to register sum.
func bf16Line(w io.Writer, from string, at, c, sum int, ahead func(w io.Writer, at int, from string)) {
	x := 8 + c%4*2
	ahead(w, at, from)
	fmt.Fprintf(w, "\tVBROADCASTSS %d(DI), Z%d\n\tVMOVUPS %d(%s), Z%d\n%s", 4*c, x, at, from, x+1, multiply(true, sum, x+1, x))
}

// decodeIntPair is decodeBF16Pair for whole numbers, in the order of decodeInt. It reads the
// weights from front to back, all of a group of one tile before the other tile's: in
// turns, memory is a third slower. The vector's group is in Z8 to Z23.
func decodeIntPair(w io.Writer, name string, form whole, ahead func(w io.Writer, at int, from string)) {
	decodeHead(w, name)
	decodeIntPairs(w, name, form, []string{"SI"}, ahead)
	fmt.Fprint(w, "\tVMOVUPS Z0, (DX)\n\tVMOVUPS Z1, 64(DX)\n\tVZEROUPPER\n\tRET\n\n")
}

// decodeIntStreams is the same for two pairs that lie wstep bytes apart, a group of one before
// that of the other: two streams, each read from front to back from call to call, which memory
// on Zen 5 serves faster than one. Their products lie ystep bytes apart.
func decodeIntStreams(w io.Writer, name string, form whole, ahead func(w io.Writer, at int, from string)) {
	decodeHead(w, name, "wstep")
	fmt.Fprint(w, "\tMOVQ wstep+48(FP), R10\n\tADDQ SI, R10\n\tADDQ DX, R9\n")
	decodeIntPairs(w, name, form, []string{"SI", "R10"}, ahead)
	fmt.Fprint(w, "\tVMOVUPS Z0, (DX)\n\tVMOVUPS Z1, 64(DX)\n\tVMOVUPS Z6, (R9)\n\tVMOVUPS Z7, 64(R9)\n\tVZEROUPPER\n\tRET\n\n")
}

// decodeIntPairs multiplies a pair of tiles in each of some places: into Z0 and Z1, and into Z6
// and Z7.
func decodeIntPairs(w io.Writer, name string, form whole, from []string, ahead func(w io.Writer, at int, from string)) {
	for i := range from {
		fmt.Fprintf(w, "\tVPXORD Z%[1]d, Z%[1]d, Z%[1]d\n\tVPXORD Z%[2]d, Z%[2]d, Z%[2]d\n", 6*i, 6*i+1)
	}
	fmt.Fprint(w, "\tMOVL $0x0f0f0f0f, AX\n\tVPBROADCASTD AX, Z31\n\tVPSLLD $4, Z31, Z30\n")
	turnStart(w, name)
	for i := range 16 {
		fmt.Fprintf(w, "\tVPBROADCASTD %d(DI), Z%d\n", 4*i, 8+i)
	}
	for i, from := range from {
		for t := range 2 {
			decodeIntGroup(w, form, 6*i+t, t*form.group, from, ahead)
		}
	}
	for _, from := range from[1:] {
		fmt.Fprintf(w, "\tADDQ $%d, %s\n", 2*form.group, from)
	}
	turnEnd(w, name, form.group)
}

// decodeIntGroup adds the products of the group that lies at bytes from a register to register
// t. High halves of 4 bits stay where they are: their sums are 16 times too large until the end.
func decodeIntGroup(w io.Writer, form whole, t, at int, from string, ahead func(w io.Writer, at int, from string)) {
	for line := 0; line < form.head; line += 64 {
		ahead(w, at+line, from)
	}
	if form.minima {
		minima(w, at, from, func(half int) { fmt.Fprintf(w, "\tVFNMADD231PS.BCST %d(DI), Z26, Z%d\n", 72+4*half, t) }, 28)
	}
	for half := range 2 {
		sums := 2 + 2*half
		fmt.Fprintf(w, "\tVPXORD Z%[1]d, Z%[1]d, Z%[1]d\n", sums+1)
		if form.minima {
			fmt.Fprintf(w, "\tVPXORD Z%[1]d, Z%[1]d, Z%[1]d\n", sums)
		} else {
			fmt.Fprintf(w, "\tVPBROADCASTD %d(DI), Z%d\n\tVCVTPH2PS %d(%s), Z%d\n", 72+4*half, sums, 32*half+at, from, 28+half)
		}
		fmt.Fprintf(w, "\tVMULPS.BCST %d(DI), Z%d, Z%d\n", 64+4*half, 28+half, 28+half)
	}
	for half := range 2 {
		sums, high := 2+2*half, 3+2*half
		for c := range form.bits {
			line, x, r := at+form.head+64*(form.bits*half+c), 8+8*half+c, 24+c%2*2
			ahead(w, line, from)
			if form.bits == 4 {
				fmt.Fprintf(w, "\tVPANDD %d(%s), Z30, Z%d\n\tVPANDD %d(%s), Z31, Z%d\n\tVPDPBUSD Z%d, Z%d, Z%d\n", line, from, r+1, line, from, r, x+4, r+1, high)
			} else {
				fmt.Fprintf(w, "\tVMOVDQU32 %d(%s), Z%d\n", line, from, r)
			}
			fmt.Fprintf(w, "\tVPDPBUSD Z%d, Z%d, Z%d\n", x, r, sums)
		}
		if form.bits == 4 {
			fmt.Fprintf(w, "\tVPSRAD $4, Z%d, Z%d\n\tVPADDD Z%d, Z%d, Z%d\n", high, high, high, sums, sums)
		}
		fmt.Fprintf(w, "\tVCVTDQ2PS Z%d, Z%d\n\tVFMADD231PS Z%d, Z%d, Z%d\n", sums, sums, 28+half, sums, t)
	}
}
