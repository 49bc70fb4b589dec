package main

import (
	"fmt"
	"io"
)

// readWays are ways to read memory: in streams side by side, each fetched ahead by the
// instructions and bytes given; slow ones do something that takes several cycles with each
// line, so that what is fetched can come first. Which is the fastest depends on the processor
// and the pages (docs/log/generate.md).
var readWays = []struct {
	streams int
	ahead   map[string]int
	slow    bool
}{
	{streams: 1},
	{streams: 1, ahead: map[string]int{"PREFETCHT0": 2048}},
	{streams: 1, ahead: map[string]int{"PREFETCHT1": 8192, "PREFETCHT0": 2048}},
	{streams: 1, ahead: map[string]int{"PREFETCHT1": 8192, "PREFETCHT0": 2048}, slow: true},
	{streams: 4},
	{streams: 4, ahead: map[string]int{"PREFETCHT0": 2048}},
}

// read writes the loops that do nothing but read.
func read(w io.Writer) {
	readMemory(w, "readAVX512", "VPORD", "Z", 64)
	readMemory(w, "readAVX2", "VPOR", "Y", 32)
}

// readMemory writes loops that read 1024·n bytes of each stream; streams begin step bytes
// apart. A turn reads 1024 bytes.
func readMemory(w io.Writer, level, or, reg string, width int) {
	for i, way := range readWays {
		name, op, registers := fmt.Sprintf("%sWay%d", level, i), or, 8
		if way.slow {
			op, registers = "VPMADDWD", 2
		}
		fmt.Fprintf(w, "// func %s(n int, p unsafe.Pointer, step int)\nTEXT ·%s(SB), NOSPLIT, $0-24\n\tMOVQ n+0(FP), CX\n\tMOVQ p+8(FP), SI\n\tMOVQ step+16(FP), R8\n\tLEAQ (R8)(R8*2), R9\n", name, name)
		fmt.Fprintf(w, "\tIMULQ $%d, CX\n\tPCALIGN $32\nloop_%s:\n", way.streams, name)
		each := 1024 / way.streams
		for line := 0; line < 1024; line += width {
			at := []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(R9*1)"}[line/each]
			for _, fetch := range []string{"PREFETCHT1", "PREFETCHT0"} {
				if n := way.ahead[fetch]; n > 0 && line%64 == 0 {
					fmt.Fprintf(w, "\t%s %d%s\n", fetch, line%each+n, at)
				}
			}
			r := line / width % registers
			fmt.Fprintf(w, "\t%s %d%s, %s%d, %s%d\n", op, line%each, at, reg, r, reg, r)
		}
		fmt.Fprintf(w, "\tADDQ $%d, SI\n\tDECQ CX\n\tJNZ loop_%s\n\tVZEROUPPER\n\tRET\n\n", each, name)
	}
}
