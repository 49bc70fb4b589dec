package main

import (
	"fmt"
	"io"
)

const keyFetch = 2048 // bytes that attention fetches ahead, into the first-level cache

// attend writes the kernels of attention for one query, with keys and values in blocks of 64
// tokens as [decode] has them. They sum in the order of decodeBF16.
func attend(w io.Writer) {
	attendKeys(w)
	attendValues(w)
}

// attendKeys multiplies the keys that lie at a byte of each block with a query: pairs of tiles in all, 2 in each
// block, whose groups are a head's width over 64.
func attendKeys(w io.Writer) {
	fmt.Fprint(w, "// func attendKeys512(pairs, groups, at int, blocks, x, y unsafe.Pointer)\nTEXT ·attendKeys512(SB), NOSPLIT, $0-48\n"+
		"\tMOVQ pairs+0(FP), R11\n\tMOVQ groups+8(FP), R10\n\tMOVQ at+16(FP), R12\n\tMOVQ blocks+24(FP), R8\n\tMOVQ x+32(FP), R9\n\tMOVQ y+40(FP), DX\n\tMOVQ R10, R14\n\tSHLQ $13, R14\n"+
		"block_keys:\n\tMOVQ (R8), SI\n\tADDQ R12, SI\n\tADDQ $8, R8\n\tMOVQ $2, BX\npair_keys:\n\tMOVQ R9, DI\n\tMOVQ R10, CX\n")
	zero(w, 4)
	fmt.Fprint(w, "\tPCALIGN $32\nloop_keys:\n")
	for t := range 2 {
		for c := range 32 {
			at, x := 64*c+t*bf16Group, 8+c%4*2
			fmt.Fprintf(w, "\tPREFETCHT1 %d(SI)(R14*1)\n\tPREFETCHT0 %d(SI)\n\tVBROADCASTSS %d(DI), Z%d\n\tVMOVUPS %d(SI), Z%d\n%s", at, at+keyFetch, 4*c, x, at, x+1, multiply(true, 2*t+c%2, x+1, x))
		}
	}
	fmt.Fprintf(w, "\tADDQ $%d, SI\n\tADDQ $128, DI\n\tDECQ CX\n\tJNZ loop_keys\n", 2*bf16Group)
	fmt.Fprint(w, "\tVADDPS Z1, Z0, Z0\n\tVADDPS Z3, Z2, Z2\n\tVMOVUPS Z0, (DX)\n\tVMOVUPS Z2, 64(DX)\n\tADDQ $128, DX\n"+
		"\tDECQ R11\n\tJZ done_keys\n\tDECQ BX\n\tJNZ pair_keys\n\tJMP block_keys\ndone_keys:\n\tVZEROUPPER\n\tRET\n\n")
}

// attendValues multiplies the values that lie at a byte of each block with weights, and adds up the blocks: tiles in
// each, of 16 numbers of a head's width. Of the last block it takes so many times 4 tokens.
func attendValues(w io.Writer) {
	fmt.Fprint(w, "// func attendValues512(n, tiles, last, at int, blocks, x, y unsafe.Pointer)\nTEXT ·attendValues512(SB), NOSPLIT, $0-56\n"+
		"\tMOVQ n+0(FP), R11\n\tMOVQ tiles+8(FP), R10\n\tMOVQ blocks+32(FP), R8\n\tMOVQ x+40(FP), R9\n\tMOVQ R10, R14\n\tSHLQ $11, R14\n\tVPXORD Z8, Z8, Z8\n\tMOVQ y+48(FP), DX\n\tMOVQ R10, BX\n"+
		"clear_values:\n\tVMOVUPS Z8, (DX)\n\tADDQ $64, DX\n\tDECQ BX\n\tJNZ clear_values\n"+
		"block_values:\n\tMOVQ $16, R13\n\tCMPQ R11, $1\n\tJNE full_values\n\tMOVQ last+16(FP), R13\nfull_values:\n\tMOVQ (R8), R12\n\tADDQ at+24(FP), R12\n\tADDQ $8, R8\n\tMOVQ R10, BX\n\tMOVQ y+48(FP), DX\n"+
		"tile_values:\n\tMOVQ R12, SI\n\tMOVQ R9, DI\n\tMOVQ R13, CX\n\tVPXORD Z0, Z0, Z0\n\tVPXORD Z1, Z1, Z1\n\tPCALIGN $32\nloop_values:\n")
	for c := range 2 {
		fmt.Fprintf(w, "\tPREFETCHT1 %d(SI)(R14*1)\n\tPREFETCHT0 %d(SI)\n\tVBROADCASTSS %d(DI), Z%d\n\tVMOVUPS %d(SI), Z%d\n%s", 64*c, 64*c+keyFetch, 4*c, 4+2*c, 64*c, 5+2*c, multiply(true, c, 5+2*c, 4+2*c))
	}
	fmt.Fprintf(w, "\tADDQ $128, SI\n\tADDQ $8, DI\n\tDECQ CX\n\tJNZ loop_values\n\tVADDPS Z1, Z0, Z0\n\tVADDPS (DX), Z0, Z0\n\tVMOVUPS Z0, (DX)\n\tADDQ $64, DX\n\tADDQ $%d, R12\n\tDECQ BX\n\tJNZ tile_values\n", bf16Group)
	fmt.Fprint(w, "\tADDQ $128, R9\n\tDECQ R11\n\tJNZ block_values\n\tVZEROUPPER\n\tRET\n\n")
}
