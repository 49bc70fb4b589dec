package main

import (
	"fmt"
	"io"
)

// attend writes the kernels of attention of one token, with keys and values in blocks of 64
// tokens as [decode] has them. A kernel goes through a block, head by head, each with one query:
// four tiles side by side, which share a number of the vector, or two. Meanwhile it fetches every
// second line of the next head, and behind the last head of what comes then: with every line it
// is slower where the processor follows the tiles by itself. A tile is summed in the order of
// decodeBF16.
//
// On Zen 4 a head's tiles come one behind another and their lines are fetched as those of weights
// (attendKeysZen4, attendValuesZen4), and heads of several queries have kernels of their own on
// all processors (attendShared); docs/log/generate.md has what either gave.
//
// SI is where a head's keys or values lie, R14 the way to the next one's, R13 what comes then;
// R11 heads are left; AX and R15 are in the first two tiles and in the last two, DI in the
// vector, DX in the results. R9 counts groups of keys or turns of values, R12 is the step of
// results or weights from head to head, R8 where a head's weights begin.
func attend(w io.Writer) {
	attendKeys(w, 4)
	attendKeys(w, 2)
	attendValues(w)
	attendKeysZen4(w, 4)
	attendKeysZen4(w, 2)
	attendValuesZen4(w)
	for queries := 2; queries <= 4; queries++ {
		attendShared(w, queries)
	}
	attendToken(w)
}

// attendToken fetches lines that lie step bytes apart, one or more, and writes a token's key and
// value of a group of 64 of a head's width: the key 4 bytes a line, the value 2 of every 4 bytes
// of a line in each of 4 tiles, the upper ones of an odd token.
func attendToken(w io.Writer) {
	fmt.Fprint(w, "// func attendFetch(lines int, p unsafe.Pointer, step int)\nTEXT ·attendFetch(SB), NOSPLIT, $0-24\n\tMOVQ lines+0(FP), CX\n\tMOVQ p+8(FP), SI\n\tMOVQ step+16(FP), DX\n"+
		"loop_fetch:\n\tPREFETCHT0 (SI)\n\tADDQ DX, SI\n\tDECQ CX\n\tJNZ loop_fetch\n\tRET\n\n")
	fmt.Fprint(w, "// func attendSet(key, value unsafe.Pointer, odd int, k, v unsafe.Pointer)\nTEXT ·attendSet(SB), NOSPLIT, $0-40\n\tMOVQ key+0(FP), DI\n\tMOVQ value+8(FP), DX\n\tMOVQ odd+16(FP), CX\n\tMOVQ k+24(FP), SI\n\tMOVQ v+32(FP), R8\n")
	for c := range 32 {
		fmt.Fprintf(w, "\tMOVL %d(SI), AX\n\tMOVL AX, %d(DI)\n", 4*c, 64*c)
	}
	fmt.Fprint(w, "\tMOVL $0x55555555, AX\n\tSHLL CX, AX\n\tKMOVD AX, K1\n\tSHLQ $4, CX\n\tVMOVQ CX, X1\n")
	for t := range 4 {
		fmt.Fprintf(w, "\tVPMOVZXWD %d(R8), Z0\n\tVPSLLD X1, Z0, Z0\n\tVMOVDQU16 Z0, K1, %d(DX)\n", 32*t, bf16Group*t)
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n")
}

// attendKeysBegin begins a kernel of keys.
func attendKeysBegin(w io.Writer, name string) {
	fmt.Fprintf(w, "// func %s(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups int, x, y unsafe.Pointer, ystep int)\nTEXT ·%s(SB), NOSPLIT, $0-64\n%s", name, name, attendLoad)
	fmt.Fprint(w, "\tMOVQ groups+32(FP), R9\n\tMOVQ x+40(FP), DI\n\tMOVQ y+48(FP), DX\n\tMOVQ ystep+56(FP), R12\n")
	attendHead(w, name)
}

// attendValuesBegin begins a kernel of values.
func attendValuesBegin(w io.Writer, name string) {
	fmt.Fprintf(w, "// func %s(heads int, from unsafe.Pointer, step int, next unsafe.Pointer, groups, turns int, x unsafe.Pointer, xstep int, y unsafe.Pointer)\nTEXT ·%s(SB), NOSPLIT, $0-72\n%s", name, name, attendLoad)
	fmt.Fprint(w, "\tMOVQ turns+40(FP), R9\n\tMOVQ x+48(FP), R8\n\tMOVQ xstep+56(FP), R12\n\tMOVQ y+64(FP), DX\n")
	attendHead(w, name)
}

const attendLoad = "\tMOVQ heads+0(FP), R11\n\tMOVQ from+8(FP), SI\n\tMOVQ step+16(FP), R14\n\tMOVQ next+24(FP), R13\n"

// attendHead begins a head.
func attendHead(w io.Writer, name string) {
	fmt.Fprintf(w, "head_%s:\n\tMOVQ R13, AX\n\tSUBQ SI, AX\n\tCMPQ R11, $1\n\tCMOVQEQ AX, R14\n\tMOVQ SI, AX\n", name)
}

// attendNext goes on to the next head.
func attendNext(w io.Writer, name string) {
	fmt.Fprintf(w, "\tADDQ R14, SI\n\tDECQ R11\n\tJNZ head_%s\n\tVZEROUPPER\n\tRET\n\n", name)
}

// attendLine adds the products of a line of each tile to its sum of even lines, or of odd ones.
func attendLine(w io.Writer, tiles, c int) {
	x := 8 + c%4
	fmt.Fprintf(w, "\tVBROADCASTSS %d(DI), Z%d\n", 4*c, x)
	for t := range tiles {
		base, at, line := []string{"AX", "R15"}[t/2], 64*c+t%2*bf16Group, 12+c%4*4+t
		if c%2 == 0 {
			fmt.Fprintf(w, "\tPREFETCHT0 %d(%s)(R14*1)\n", at, base)
		}
		fmt.Fprintf(w, "\tVMOVUPS %d(%s), Z%d\n%s", at, base, line, multiply(true, 2*t+c%2, line, x))
	}
}

// attendKeys multiplies a block's keys, 16 tokens a tile, 2 or 4 tiles, with queries; groups are a
// head's width over 64. Products lie ystep bytes from head to head.
func attendKeys(w io.Writer, tiles int) {
	name := fmt.Sprintf("attendKeys%d", tiles)
	attendKeysBegin(w, name)
	fmt.Fprint(w, "\tMOVQ R9, CX\n\tSHLQ $12, CX\n\tLEAQ (SI)(CX*1), R15\n\tMOVQ R9, CX\n")
	zero(w, 2*tiles)
	fmt.Fprintf(w, "\tPCALIGN $32\nloop_%s:\n", name)
	for c := range 32 {
		attendLine(w, tiles, c)
	}
	fmt.Fprintf(w, "\tADDQ $%d, AX\n\tADDQ $%d, R15\n\tADDQ $128, DI\n\tDECQ CX\n\tJNZ loop_%s\n", 2*bf16Group, 2*bf16Group, name)
	for t := range tiles {
		fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVMOVUPS Z%d, %d(DX)\n", 2*t+1, 2*t, 2*t, 2*t, 64*t)
	}
	fmt.Fprint(w, "\tADDQ R12, DX\n")
	attendNext(w, name)
}

// attendValues adds to y a block's values, 16 of a head's width a tile, times weights that lie
// xstep bytes from head to head: of the block's tokens 4 a turn.
func attendValues(w io.Writer) {
	const name = "attendValues4"
	attendValuesBegin(w, name)
	fmt.Fprintf(w, "tiles_%s:\n\tLEAQ %d(AX), R15\n\tMOVQ R8, DI\n\tMOVQ R9, CX\n", name, 2*bf16Group)
	zero(w, 8)
	fmt.Fprintf(w, "\tPCALIGN $32\nloop_%s:\n", name)
	for c := range 2 {
		attendLine(w, 4, c)
	}
	fmt.Fprintf(w, "\tADDQ $128, AX\n\tADDQ $128, R15\n\tADDQ $8, DI\n\tDECQ CX\n\tJNZ loop_%s\n", name)
	for t := range 4 {
		fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVADDPS %d(DX), Z%d, Z%d\n\tVMOVUPS Z%d, %d(DX)\n", 2*t+1, 2*t, 2*t, 64*t, 2*t, 2*t, 2*t, 64*t)
	}
	fmt.Fprintf(w, "\tADDQ $256, DX\n\tLEAQ %d(R15), AX\n\tMOVQ R9, CX\n\tSHLQ $7, CX\n\tSUBQ CX, AX\n\tMOVQ groups+32(FP), CX\n\tSHLQ $13, CX\n\tADDQ SI, CX\n\tCMPQ AX, CX\n\tJNE tiles_%s\n\tADDQ R12, R8\n", 2*bf16Group, name)
	attendNext(w, name)
}

// attendKeysZen4 is attendKeys with the tiles of a pair as decodeBF16Pair has them, and a pair
// behind the other. R15 is where its products go, R8 where the query begins.
func attendKeysZen4(w io.Writer, tiles int) {
	name := fmt.Sprintf("attendKeys%dZen4", tiles)
	attendKeysBegin(w, name)
	fmt.Fprintf(w, "\tMOVQ DI, R8\n\tXORL R15, R15\npair_%s:\n\tMOVQ R8, DI\n\tMOVQ R9, CX\n", name)
	zero(w, 4)
	fmt.Fprintf(w, "\tPCALIGN $32\nloop_%s:\n", name)
	for t := range 2 {
		for c := range 32 {
			bf16Line(w, "AX", 64*c+t*bf16Group, c, 2*t+c%2, fetchSeldom)
		}
	}
	fmt.Fprintf(w, "\tADDQ $%d, AX\n\tADDQ $128, DI\n\tDECQ CX\n\tJNZ loop_%s\n", 2*bf16Group, name)
	for t := range 2 {
		fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n\tVMOVUPS Z%d, %d(DX)(R15*1)\n", 2*t+1, 2*t, 2*t, 2*t, 64*t)
	}
	fmt.Fprintf(w, "\tADDQ $128, R15\n\tCMPQ R15, $%d\n\tJNE pair_%s\n\tADDQ R12, DX\n", 64*tiles, name)
	attendNext(w, name)
}

// attendValuesZen4 is attendValues with a tile behind the other; R15 of a head are left.
func attendValuesZen4(w io.Writer) {
	const name = "attendValuesZen4"
	attendValuesBegin(w, name)
	fmt.Fprintf(w, "\tMOVQ groups+32(FP), R15\n\tSHLQ $2, R15\ntile_%s:\n\tMOVQ R8, DI\n\tMOVQ R9, CX\n", name)
	zero(w, 2)
	fmt.Fprintf(w, "\tPCALIGN $32\nloop_%s:\n", name)
	for c := range 2 {
		bf16Line(w, "AX", 64*c, c, c, fetchSeldom)
	}
	fmt.Fprintf(w, "\tADDQ $128, AX\n\tADDQ $8, DI\n\tDECQ CX\n\tJNZ loop_%s\n\tVADDPS Z1, Z0, Z0\n\tVADDPS (DX), Z0, Z0\n\tVMOVUPS Z0, (DX)\n", name)
	fmt.Fprintf(w, "\tADDQ $64, DX\n\tADDQ $%d, AX\n\tMOVQ R9, CX\n\tSHLQ $7, CX\n\tSUBQ CX, AX\n\tDECQ R15\n\tJNZ tile_%s\n\tADDQ R12, R8\n", bf16Group, name)
	attendNext(w, name)
}

// attendShared multiplies pairs of tiles with 2 to 4 queries, for which a line is read once: keys
// of a head of so many groups of 64, 16 turns of 4 numbers each, or values, one group, of 4 tokens
// a turn. It writes the products, or adds them to what is there, and asks for the lines that lie
// so many bytes ahead. Like attendKeysZen4 it reads from front to back: on Zen 4, both tiles side
// by side take twice as long from memory.
//
// SI is in the tiles, DI in the first vector, DX in its results; CX pairs are left, BX groups of
// R11, R15 turns of R10. R8 and R9 are steps from query to query, R12 is three times R8, AX what
// lies between a tile's last turn and the next tile, R13 where the first vector begins, R14 the
// way ahead.
func attendShared(w io.Writer, queries int) {
	name := fmt.Sprintf("attendShared%d", queries)
	fmt.Fprintf(w, "// func %s(pairs, groups, turns int, from, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep, add, ahead int)\nTEXT ·%s(SB), NOSPLIT, $0-80\n", name, name)
	fmt.Fprint(w, "\tMOVQ pairs+0(FP), CX\n\tMOVQ groups+8(FP), R11\n\tMOVQ turns+16(FP), R10\n\tMOVQ from+24(FP), SI\n\tMOVQ x+32(FP), DI\n\tMOVQ xstep+40(FP), R8\n\tMOVQ y+48(FP), DX\n\tMOVQ ystep+56(FP), R9\n\tMOVQ ahead+72(FP), R14\n")
	fmt.Fprintf(w, "\tLEAQ (R8)(R8*2), R12\n\tMOVQ R10, AX\n\tSHLQ $7, AX\n\tNEGQ AX\n\tADDQ $%d, AX\n\tMOVQ DI, R13\npair_%s:\n\tMOVQ R11, BX\n", bf16Group, name)
	zero(w, 4*queries)
	sum := func(t, q int) int { return 2 * (t*queries + q) }
	fmt.Fprintf(w, "group_%s:\n", name)
	for t := range 2 {
		fmt.Fprintf(w, "\tMOVQ R10, R15\n\tPCALIGN $32\nturn%d_%s:\n", t, name)
		for c := range 2 {
			fmt.Fprintf(w, "\tPREFETCHT1 %d(SI)(R14*1)\n\tVMOVUPS %d(SI), Z%d\n", 64*c, 64*c, 24+c)
			for q := range queries {
				x := 16 + 4*c + q
				fmt.Fprintf(w, "\tVBROADCASTSS %d%s, Z%d\n%s", 4*c, []string{"(DI)", "(DI)(R8*1)", "(DI)(R8*2)", "(DI)(R12*1)"}[q], x, multiply(true, sum(t, q)+c, 24+c, x))
			}
		}
		fmt.Fprintf(w, "\tADDQ $128, SI\n\tADDQ $8, DI\n\tDECQ R15\n\tJNZ turn%d_%s\n\tADDQ AX, SI\n", t, name)
		if t == 0 {
			fmt.Fprint(w, "\tMOVQ R10, R15\n\tSHLQ $3, R15\n\tSUBQ R15, DI\n")
		}
	}
	fmt.Fprintf(w, "\tDECQ BX\n\tJNZ group_%s\n", name)
	for i := range 2 * queries {
		fmt.Fprintf(w, "\tVADDPS Z%d, Z%d, Z%d\n", 2*i+1, 2*i, 2*i)
	}
	fmt.Fprintf(w, "\tMOVQ R13, DI\n\tMOVQ DX, BX\n\tMOVQ add+64(FP), R15\n\tTESTQ R15, R15\n\tJZ store_%s\n", name)
	for q := range queries {
		for t := range 2 {
			fmt.Fprintf(w, "\tVADDPS %d(BX), Z%d, Z%d\n", 64*t, sum(t, q), sum(t, q))
		}
		fmt.Fprint(w, "\tADDQ R9, BX\n")
	}
	fmt.Fprintf(w, "\tMOVQ DX, BX\nstore_%s:\n", name)
	for q := range queries {
		for t := range 2 {
			fmt.Fprintf(w, "\tVMOVUPS Z%d, %d(BX)\n", sum(t, q), 64*t)
		}
		fmt.Fprint(w, "\tADDQ R9, BX\n")
	}
	fmt.Fprintf(w, "\tADDQ $128, DX\n\tDECQ CX\n\tJNZ pair_%s\n\tVZEROUPPER\n\tRET\n\n", name)
}
