package main

import (
	"fmt"
	"io"
)

// The kernels for arm64 use Advanced SIMD, which every such processor has: 4 float32 in
// each of 32 registers. Products with one lane of a register, and sums, are written as
// words; Go's assembler lacks them.

const (
	neonCols  = 16 // columns of a panel: 4 registers
	neonRows  = 6  // 24 registers of C
	neonB     = 24 // registers of B
	neonA     = 28 // and A
	neonPeak  = 24 // multiply-adds of a turn of the peak loop
	neonLanes = 4
)

func neon(w io.Writer) {
	matrixNEON(w, "kernelNEON", neonRows)
	matrixNEON(w, "kernelNEONx1", 1)
	dotNEON(w)
	fmt.Fprint(w, "// func peakNEON(n int)\nTEXT ·peakNEON(SB), NOSPLIT, $0-8\n\tMOVD n+0(FP), R0\n")
	for i := range 32 {
		zeroNEON(w, i)
	}
	fmt.Fprint(w, "loop_peak:\n")
	for i := range neonPeak {
		fmt.Fprint(w, multiplyNEON(i, neonB, neonA))
	}
	fmt.Fprint(w, "\tSUBS $1, R0, R0\n\tBNE loop_peak\n\tRET\n")
}

func zeroNEON(w io.Writer, v int) { fmt.Fprintf(w, "\tVEOR V%d.B16, V%d.B16, V%d.B16\n", v, v, v) }

// multiplyNEON is dst += b·a[0] (FMLA by element, Arm ARM C7.2.137).
func multiplyNEON(dst, b, a int) string {
	return fmt.Sprintf("\tWORD $0x%08x // FMLA V%d.S4 += V%d.S4 * V%d.S[0]\n", 0x4f801000|a<<16|b<<5|dst, dst, b, a)
}

// addNEON is dst = a + b (FADD, vector).
func addNEON(dst, a, b int) string {
	return fmt.Sprintf("\tWORD $0x%08x // FADD V%d.S4 = V%d.S4 + V%d.S4\n", 0x4e20d400|b<<16|a<<5|dst, dst, a, b)
}

// matrixNEON writes a kernel like those of amd64, for up to 6 rows of A and 16 columns of
// B. Rows of A begin at R3 to R8; R9 is how far into them, R10 and R11 what is fetched.
func matrixNEON(w io.Writer, name string, rows int) {
	fmt.Fprintf(w, "// func %s(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)\nTEXT ·%s(SB), NOSPLIT, $0-72\n", name, name)
	fmt.Fprint(w, "\tMOVD k+0(FP), R0\n\tMOVD a+8(FP), R3\n\tMOVD lda+16(FP), R1\n\tMOVD step+24(FP), R2\n\tMOVD b+32(FP), R12\n\tMOVD c+40(FP), R13\n\tMOVD ldc+48(FP), R14\n\tMOVD $0, R9\n")
	fetches := rows > 1
	if fetches {
		fmt.Fprint(w, "\tMOVD ahead+64(FP), R15\n\tMOVD (R15), R10\n\tMOVD 8(R15), R11\n")
	}
	for i := 1; i < rows; i++ {
		fmt.Fprintf(w, "\tADD R1, R%d, R%d\n", 2+i, 3+i)
	}
	for i := range rows * neonCols / neonLanes {
		zeroNEON(w, i)
	}
	fmt.Fprintf(w, "\tLSR $2, R0, R16\n\tCBZ R16, tail_%s\nloop_%s:\n", name, name)
	for range unroll {
		stepNEON(w, rows)
	}
	if fetches {
		fmt.Fprintf(w, "\tPRFM (R10), PLDL2KEEP\n\tPRFM 64(R10), PLDL2KEEP\n\tADD $128, R10, R10\n\tSUBS $1, R11, R11\n\tBNE same_%s\n\tMOVD 16(R15), R11\n\tMOVD 24(R15), R17\n\tADD R17, R10, R10\nsame_%s:\n", name, name)
	}
	fmt.Fprintf(w, "\tSUBS $1, R16, R16\n\tBNE loop_%s\ntail_%s:\n\tANDS $%d, R0, R0\n\tBEQ done_%s\none_%s:\n", name, name, unroll-1, name, name)
	stepNEON(w, rows)
	fmt.Fprintf(w, "\tSUBS $1, R0, R0\n\tBNE one_%s\ndone_%s:\n\tMOVD add+56(FP), R0\n\tCBZ R0, store_%s\n\tMOVD R13, R16\n", name, name, name)
	for i := range rows {
		fmt.Fprintf(w, "\tVLD1 (R16), [V%d.S4, V%d.S4, V%d.S4, V%d.S4]\n\tADD R14, R16, R16\n", neonB, neonB+1, neonB+2, neonB+3)
		for j := range 4 {
			fmt.Fprint(w, addNEON(4*i+j, 4*i+j, neonB+j))
		}
	}
	fmt.Fprintf(w, "store_%s:\n", name)
	if fetches {
		fmt.Fprint(w, "\tMOVD R10, (R15)\n\tMOVD R11, 8(R15)\n")
	}
	for i := range rows {
		fmt.Fprintf(w, "\tVST1 [V%d.S4, V%d.S4, V%d.S4, V%d.S4], (R13)\n\tADD R14, R13, R13\n", 4*i, 4*i+1, 4*i+2, 4*i+3)
	}
	fmt.Fprint(w, "\tRET\n\n")
}

func stepNEON(w io.Writer, rows int) {
	fmt.Fprintf(w, "\tVLD1.P 64(R12), [V%d.S4, V%d.S4, V%d.S4, V%d.S4]\n", neonB, neonB+1, neonB+2, neonB+3)
	for i := range rows {
		a := neonA + i%4
		fmt.Fprintf(w, "\tFMOVS (R%d)(R9), F%d\n", 3+i, a)
		for j := range 4 {
			fmt.Fprint(w, multiplyNEON(4*i+j, neonB+j, a))
		}
	}
	fmt.Fprint(w, "\tADD R2, R9, R9\n")
}

// dotNEON writes the product of two vectors of 16·n numbers: 16 sums, brought together in
// the end.
func dotNEON(w io.Writer) {
	fmt.Fprint(w, "// func dotNEON(n int, x, y unsafe.Pointer) float32\nTEXT ·dotNEON(SB), NOSPLIT, $0-28\n\tMOVD n+0(FP), R0\n\tMOVD x+8(FP), R1\n\tMOVD y+16(FP), R2\n")
	for i := range 4 {
		zeroNEON(w, i)
	}
	fmt.Fprint(w, "\tCBZ R0, done_dot\nloop_dot:\n\tVLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]\n\tVLD1.P 64(R2), [V8.S4, V9.S4, V10.S4, V11.S4]\n")
	for i := range 4 {
		fmt.Fprintf(w, "\tVFMLA V%d.S4, V%d.S4, V%d.S4\n", 4+i, 8+i, i)
	}
	fmt.Fprintf(w, "\tSUBS $1, R0, R0\n\tBNE loop_dot\ndone_dot:\n%s%s%s", addNEON(0, 0, 1), addNEON(2, 2, 3), addNEON(0, 0, 2))
	fmt.Fprint(w, "\tVEXT $8, V0.B16, V0.B16, V1.B16\n", addNEON(0, 0, 1), "\tVEXT $4, V0.B16, V0.B16, V1.B16\n", addNEON(0, 0, 1), "\tFMOVS F0, ret+24(FP)\n\tRET\n\n")
}
