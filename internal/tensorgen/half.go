package main

import (
	"fmt"
	"io"
)

// halfLoops give bfloat16, which products then read without rounding it again.
var halfLoops = []loop{
	{name: "scaleHalf", pointers: []string{"y16", "x"}, scalars: []string{"a"},
		body: "LOAD(x,0)\tVMULPS Z16, Z0, Z0\nHALF(0,y16)"},
	{name: "mulScaleHalf", pointers: []string{"y16", "x", "w"}, scalars: []string{"a"},
		body: "LOAD(x,0)LOAD(w,1)\tVMULPS Z16, Z0, Z0\n\tVMULPS Z1, Z0, Z0\nHALF(0,y16)"},
	{name: "siluMulHalf", pointers: []string{"y16", "a", "b"}, consts: true,
		body: "LOAD(a,0)LOAD(b,1)\tVXORPS Z2, Z2, Z2\n\tVSUBPS Z0, Z2, Z2\n" + exp(2, 3) + "\tVADDPS Z29, Z2, Z2\n\tVDIVPS Z2, Z0, Z0\n\tVMULPS Z1, Z0, Z0\nHALF(0,y16)"},
	{name: "siluMulBackHalf", pointers: []string{"da16", "db16", "a", "b", "dy"}, consts: true,
		body: "LOAD(a,0)LOAD(b,1)LOAD(dy,4)\tVXORPS Z2, Z2, Z2\n\tVSUBPS Z0, Z2, Z2\n" + exp(2, 3) +
			"\tVADDPS Z29, Z2, Z2\n\tVDIVPS Z2, Z29, Z2\n" + // s
			"\tVMULPS Z2, Z0, Z5\n\tVMULPS Z4, Z5, Z5\nHALF(5,db16)" + // dy·a·s
			"\tVSUBPS Z2, Z29, Z6\n\tVMOVAPS Z29, Z7\n\tVFMADD231PS Z6, Z0, Z7\n" + // 1 + a(1-s)
			"\tVMULPS Z2, Z7, Z7\n\tVMULPS Z1, Z7, Z7\n\tVMULPS Z4, Z7, Z7\nHALF(7,da16)"},
}

// half writes the loops that give bfloat16, and [pairs] of what is bfloat16 already.
func half(w io.Writer) {
	for _, l := range halfLoops {
		l.write(w)
	}
	fmt.Fprint(w, "// func pairsHalf512(n, tiles int, dst, src unsafe.Pointer, dstep, sstep, dtile, stile, mask int)\nTEXT ·pairsHalf512(SB), NOSPLIT, $0-72\n\tMOVQ n+0(FP), CX\n\tMOVQ tiles+8(FP), R12\n\tMOVQ dst+16(FP), DI\n\tMOVQ src+24(FP), SI\n"+
		"\tMOVQ dstep+32(FP), R8\n\tMOVQ sstep+40(FP), R9\n\tMOVQ dtile+48(FP), R10\n\tMOVQ stile+56(FP), R11\n\tMOVQ mask+64(FP), AX\n\tKMOVW AX, K1\n"+
		"loop_pairs:\n\tMOVQ DI, DX\n\tMOVQ SI, BX\n\tMOVQ R12, AX\ntile_pairs:\n"+
		"\tVPMOVZXWD.Z (BX), K1, Z0\n\tVPMOVZXWD.Z (BX)(R9*1), K1, Z1\n\tVPSLLD $16, Z1, Z1\n\tVPORD Z1, Z0, Z0\n\tVMOVDQU32 Z0, K1, (DX)\n\tADDQ R10, DX\n\tADDQ R11, BX\n\tDECQ AX\n\tJNZ tile_pairs\n"+
		"\tLEAQ (SI)(R9*2), SI\n\tADDQ R8, DI\n\tDECQ CX\n\tJNZ loop_pairs\n\tVZEROUPPER\n\tRET\n\n")
}
