// Command tensorgen writes the assembly of internal/tensor: matrix kernels for
// AVX-512 (float32, and bfloat16 where the processor has it), AMX, AVX2 and arm64, and the
// vector loops that training spends its time in. Run it by go generate
// ./internal/tensor. Instructions that Go's assembler lacks are written as bytes.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	parts := map[string]func(io.Writer){"kernels": kernels, "decode": decode, "four": four, "many": many, "half": half, "heads": heads, "amx": amx, "neon": neon, "read": read, "attend": attend, "fill": fill, "wide": wide}
	if len(os.Args) != 3 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: tensorgen kernels|decode|four|many|half|heads|amx|neon|read|attend|fill|wide FILE")
		os.Exit(2)
	}
	save(os.Args[2], parts[os.Args[1]])
}

// kernels writes matrix kernels and vector loops.
func kernels(w io.Writer) {
	for _, bf16 := range []bool{false, true} {
		for _, rows := range []int{14, 8, 4, 1} {
			name := "kernelF32"
			if bf16 {
				name = "kernelBF16"
			}
			if rows < 14 {
				name = fmt.Sprintf("%sx%d", name, rows)
			}
			matrix512{name, bf16, rows}.write(w)
		}
	}
	matrix256(w, "kernelAVX2")
	peak(w, "peakF32", false)
	peak(w, "peakBF16", true)
	peak256(w)
	vectors(w)
}

// evex encodes an instruction of three 512-bit registers in map 0F38 with
// 32-bit elements; prefix is 1 for 66, 2 for F3, 3 for F2 (Intel SDM, vol. 2, 2.7).
func evex(opcode, prefix byte, dst, src1, src2 int) string {
	inv := func(b int) byte { return byte(1 - b&1) }
	p0 := inv(dst>>3)<<7 | inv(src2>>4)<<6 | inv(src2>>3)<<5 | inv(dst>>4)<<4 | 2
	p1 := byte(^src1&15)<<3 | 1<<2 | prefix
	p2 := byte(2)<<5 | inv(src1>>4)<<3
	var s []string
	for _, c := range []byte{0x62, p0, p1, p2, opcode, 0xc0 | byte(dst&7)<<3 | byte(src2&7)} {
		s = append(s, fmt.Sprintf("BYTE $0x%02x", c))
	}
	return "\t" + strings.Join(s, "; ") + "\n"
}

// multiply is dst += a·b: of 16 float32, or of 32 bfloat16 whose products are
// added in pairs (VDPBF16PS).
func multiply(bf16 bool, dst, b, a int) string {
	if bf16 {
		return evex(0x52, 2, dst, b, a)
	}
	return fmt.Sprintf("\tVFMADD231PS Z%d, Z%d, Z%d\n", a, b, dst)
}

// A matrix512 is a kernel that adds, or with add = 0 stores, the product of some rows of
// A (14 fill the registers) and a panel of 32 columns of B to C. A row of A lies lda bytes
// from the one before, a step in k is step bytes.
//
// Kernels of many rows calculate at the speed of the peak loop as long as nothing waits
// for memory. So they ask for what comes next, a little each four steps (ahead), for C at
// the start into the second-level cache, and again some steps before the end into the
// first: with rows a multiple of 4096 bytes apart C does not stay there in between.
type matrix512 struct {
	name string
	bf16 bool
	rows int
}

const (
	unroll = 4  // steps of a turn
	late   = 16 // turns before the end at which C is fetched again
)

func (m matrix512) write(w io.Writer) {
	fmt.Fprintf(w, "// func %s(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)\n", m.name)
	fmt.Fprintf(w, "TEXT ·%s(SB), NOSPLIT, $0-72\n", m.name)
	fmt.Fprint(w, "\tMOVQ k+0(FP), CX\n\tMOVQ a+8(FP), SI\n\tMOVQ lda+16(FP), R8\n\tMOVQ step+24(FP), R13\n\tMOVQ b+32(FP), DX\n\tMOVQ c+40(FP), DI\n\tMOVQ ldc+48(FP), AX\n")
	fmt.Fprint(w, "\tLEAQ (R8)(R8*2), R9\n\tLEAQ (SI)(R8*4), R10\n\tLEAQ (R10)(R8*4), R11\n\tLEAQ (R11)(R8*4), R12\n")
	zero(w, 2*m.rows)
	if m.rows < 8 {
		fetchC(w, m.rows, 2, "PREFETCHT0")
		fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tJZ tail_%s\n", m.name)
		m.loop(w, "loop")
	} else {
		fmt.Fprint(w, "\tMOVQ ahead+64(FP), BX\n\tMOVQ (BX), R14\n\tMOVQ 8(BX), R15\n")
		fmt.Fprintf(w, "\tCMPQ CX, $%d\n\tJLE late_%s\n", unroll*late, m.name)
		fetchC(w, m.rows, 2, "PREFETCHT1")
		fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tSUBQ $%d, BX\n\tJZ late_%s\n", late, m.name)
		m.loop(w, "early")
		fmt.Fprintf(w, "late_%s:\n", m.name)
		fetchC(w, m.rows, 2, "PREFETCHT0")
		fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tJZ tail_%s\n\tCMPQ BX, $%d\n\tJLE loop_%s\n\tMOVQ $%d, BX\n", m.name, late, m.name, late)
		m.loop(w, "loop")
	}
	fmt.Fprintf(w, "tail_%s:\n\tANDQ $%d, CX\n\tJZ done_%s\none_%s:\n", m.name, unroll-1, m.name, m.name)
	m.step(w, 0)
	fmt.Fprintf(w, "\tADDQ $128, DX\n\tDECQ CX\n\tJNZ one_%s\ndone_%s:\n", m.name, m.name)
	if m.rows >= 8 {
		fmt.Fprint(w, "\tMOVQ ahead+64(FP), BX\n\tMOVQ R14, (BX)\n\tMOVQ R15, 8(BX)\n")
	}
	storeC(w, m.name, m.rows, 2)
}

// fetchC asks for all of C, rows of so many lines of 64 bytes.
func fetchC(w io.Writer, rows, lines int, how string) {
	fmt.Fprint(w, "\tMOVQ DI, BX\n")
	for range rows {
		for v := range lines {
			fmt.Fprintf(w, "\t%s %d(BX)\n", how, 64*v)
		}
		fmt.Fprint(w, "\tADDQ AX, BX\n")
	}
}

// fetchNext asks for 128 bytes of what comes next (fetch of package tensor: its place is in
// R14, how often until a jump in R15).
func fetchNext(w io.Writer, label string) {
	fmt.Fprintf(w, "\tPREFETCHT1 (R14)\n\tPREFETCHT1 64(R14)\n\tADDQ $128, R14\n\tDECQ R15\n\tJNZ same_%s\n", label)
	fmt.Fprintf(w, "\tMOVQ ahead+64(FP), R15\n\tADDQ 24(R15), R14\n\tMOVQ 16(R15), R15\nsame_%s:\n", label)
}

// loop makes BX turns.
func (m matrix512) loop(w io.Writer, label string) {
	fmt.Fprintf(w, "\tPCALIGN $32\n%s_%s:\n", label, m.name)
	for u := range unroll {
		m.step(w, u)
		if u == 1 && m.rows >= 8 {
			fetchNext(w, label+"_"+m.name)
		}
	}
	fmt.Fprintf(w, "\tADDQ $%d, DX\n\tDECQ BX\n\tJNZ %s_%s\n", unroll*128, label, m.name)
}

// step multiplies a step, u steps behind where DX points to.
func (m matrix512) step(w io.Writer, u int) {
	fmt.Fprintf(w, "\tVMOVUPS %d(DX), Z28\n\tVMOVUPS %d(DX), Z29\n", u*128, u*128+64)
	for i := range m.rows {
		r := 30 + i%2
		base := []string{"SI", "R10", "R11", "R12"}[i/4]
		at := fmt.Sprintf([]string{"(%s)", "(%s)(R8*1)", "(%s)(R8*2)", "(%s)(R9*1)"}[i%4], base)
		fmt.Fprintf(w, "\tVBROADCASTSS %s, Z%d\n%s%s", at, r, multiply(m.bf16, 2*i, 28, r), multiply(m.bf16, 2*i+1, 29, r))
	}
	fmt.Fprint(w, "\tADDQ R13, SI\n\tADDQ R13, R10\n\tADDQ R13, R11\n\tADDQ R13, R12\n")
}

// storeC writes C, rows of so many registers. All of it is read before any is written: with
// rows a multiple of 4096 bytes apart, reading behind writing the row before would wait for it.
func storeC(w io.Writer, name string, rows, lines int) {
	fmt.Fprintf(w, "\tMOVQ add+56(FP), BX\n\tTESTQ BX, BX\n\tJZ store_%s\n\tMOVQ DI, BX\n", name)
	for i := range rows {
		for v := range lines {
			fmt.Fprintf(w, "\tVADDPS %d(BX), Z%d, Z%d\n", 64*v, lines*i+v, lines*i+v)
		}
		fmt.Fprint(w, "\tADDQ AX, BX\n")
	}
	fmt.Fprintf(w, "store_%s:\n", name)
	for i := range rows {
		for v := range lines {
			fmt.Fprintf(w, "\tVMOVUPS Z%d, %d(DI)\n", lines*i+v, 64*v)
		}
		fmt.Fprint(w, "\tADDQ AX, DI\n")
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}

// matrix256 is the same for AVX2 and FMA: 6 rows of A, 16 columns of B.
func matrix256(w io.Writer, name string) {
	fmt.Fprintf(w, "// func %s(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)\n", name)
	fmt.Fprintf(w, "TEXT ·%s(SB), NOSPLIT, $0-72\n", name)
	fmt.Fprint(w, "\tMOVQ k+0(FP), CX\n\tMOVQ a+8(FP), SI\n\tMOVQ lda+16(FP), R8\n\tMOVQ step+24(FP), R13\n\tMOVQ b+32(FP), DX\n\tMOVQ c+40(FP), DI\n\tMOVQ ldc+48(FP), AX\n")
	fmt.Fprint(w, "\tLEAQ (R8)(R8*2), R9\n\tLEAQ (SI)(R9*1), R10\n\tMOVQ ahead+64(FP), BX\n\tMOVQ (BX), R14\n\tMOVQ 8(BX), R15\n\tMOVQ DI, BX\n")
	for range 6 {
		fmt.Fprint(w, "\tPREFETCHT0 (BX)\n\tADDQ AX, BX\n")
	}
	for i := range 12 {
		fmt.Fprintf(w, "\tVXORPS Y%d, Y%d, Y%d\n", i, i, i)
	}
	fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tJZ tail_%s\n\tPCALIGN $32\nloop_%s:\n", name, name)
	for u := range unroll {
		step256(w, u)
	}
	fetchNext(w, name)
	fmt.Fprintf(w, "\tADDQ $%d, DX\n\tDECQ BX\n\tJNZ loop_%s\ntail_%s:\n\tMOVQ ahead+64(FP), BX\n\tMOVQ R14, (BX)\n\tMOVQ R15, 8(BX)\n\tANDQ $%d, CX\n\tJZ done_%s\none_%s:\n", unroll*64, name, name, unroll-1, name, name)
	step256(w, 0)
	fmt.Fprintf(w, "\tADDQ $64, DX\n\tDECQ CX\n\tJNZ one_%s\ndone_%s:\n\tMOVQ add+56(FP), BX\n\tTESTQ BX, BX\n\tJZ store_%s\n\tMOVQ DI, BX\n", name, name, name)
	for i := range 6 {
		fmt.Fprintf(w, "\tVADDPS (BX), Y%d, Y%d\n\tVADDPS 32(BX), Y%d, Y%d\n\tADDQ AX, BX\n", 2*i, 2*i, 2*i+1, 2*i+1)
	}
	fmt.Fprintf(w, "store_%s:\n", name)
	for i := range 6 {
		fmt.Fprintf(w, "\tVMOVUPS Y%d, (DI)\n\tVMOVUPS Y%d, 32(DI)\n\tADDQ AX, DI\n", 2*i, 2*i+1)
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}

// step256 multiplies a step, u steps behind where DX points to.
func step256(w io.Writer, u int) {
	fmt.Fprintf(w, "\tVMOVUPS %d(DX), Y12\n\tVMOVUPS %d(DX), Y13\n", 64*u, 64*u+32)
	for i := range 6 {
		r := 14 + i%2
		at := fmt.Sprintf([]string{"(%s)", "(%s)(R8*1)", "(%s)(R8*2)"}[i%3], []string{"SI", "R10"}[i/3])
		fmt.Fprintf(w, "\tVBROADCASTSS %s, Y%d\n\tVFMADD231PS Y12, Y%d, Y%d\n\tVFMADD231PS Y13, Y%d, Y%d\n", at, r, r, 2*i, r, 2*i+1)
	}
	fmt.Fprint(w, "\tADDQ R13, SI\n\tADDQ R13, R10\n")
}

// peakMultiplies is how many independent multiply-adds a turn of the peak loop has.
const peakMultiplies = 24

// peak writes a loop of nothing but multiply-adds on registers.
func peak(w io.Writer, name string, bf16 bool) {
	fmt.Fprintf(w, "// func %s(n int)\nTEXT ·%s(SB), NOSPLIT, $0-8\n\tMOVQ n+0(FP), CX\n", name, name)
	for i := range 32 {
		fmt.Fprintf(w, "\tVPXORD Z%d, Z%d, Z%d\n", i, i, i)
	}
	fmt.Fprintf(w, "\tPCALIGN $32\nloop_%s:\n", name)
	for i := range peakMultiplies {
		fmt.Fprint(w, multiply(bf16, i, 28, 30))
	}
	fmt.Fprintf(w, "\tDECQ CX\n\tJNZ loop_%s\n\tVZEROUPPER\n\tRET\n\n", name)
}

// peak256 writes the loop for AVX2: as many multiply-adds in two rounds.
func peak256(w io.Writer) {
	fmt.Fprint(w, "// func peakAVX2(n int)\nTEXT ·peakAVX2(SB), NOSPLIT, $0-8\n\tMOVQ n+0(FP), CX\n")
	for i := range 16 {
		fmt.Fprintf(w, "\tVXORPS Y%d, Y%d, Y%d\n", i, i, i)
	}
	fmt.Fprint(w, "\tPCALIGN $32\nloop_peakAVX2:\n")
	for i := range peakMultiplies {
		fmt.Fprintf(w, "\tVFMADD231PS Y14, Y15, Y%d\n", i%(peakMultiplies/2))
	}
	fmt.Fprint(w, "\tDECQ CX\n\tJNZ loop_peakAVX2\n\tVZEROUPPER\n\tRET\n\n")
}
