package main

import (
	"fmt"
	"io"
)

// fill writes kernels that round a row of weights and lay it out in a tile: groups of 64
// columns, step bytes apart, each 2 scales of half precision and then 4 bytes in each line.
// They do what quant.Encode does, bit for bit. At a group with a number that is larger than
// blocks hold, or none, they stop and return how many groups are left.
func fill(w io.Writer) {
	for _, bits := range []int{8, 4} {
		fillRow(w, bits)
	}
	fillHalves(w)
}

// fillHalves writes the kernel of bfloat16, without scales: two columns in each line, rounded
// to the nearest and to even, also the smallest numbers; what is no number stays so.
func fillHalves(w io.Writer) {
	const name = "fillBF16"
	fmt.Fprintf(w, "// func %[1]s(groups int, numbers unsafe.Pointer, step int, src unsafe.Pointer)\nTEXT ·%[1]s(SB), NOSPLIT, $0-32\n", name)
	fmt.Fprint(w, "\tMOVQ groups+0(FP), CX\n\tMOVQ numbers+8(FP), R11\n\tMOVQ step+16(FP), R8\n\tMOVQ src+24(FP), SI\n")
	for i, bits := range []uint32{0x7fff, 1, 0x40} {
		fmt.Fprintf(w, "\tMOVL $%#x, AX\n\tVPBROADCASTD AX, Z%d\n", bits, 29+i)
	}
	fmt.Fprintf(w, "\tTESTQ CX, CX\n\tJZ done_%[1]s\n\tPCALIGN $32\nloop_%[1]s:\n", name)
	for i := range 4 {
		fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z4\n\tVCMPPS $3, Z4, Z4, K1\n\tVPSRLD $16, Z4, Z5\n\tVPORD Z31, Z5, Z6\n\tVPANDD Z30, Z5, Z5\n\tVPADDD Z29, Z5, Z5\n", 64*i)
		fmt.Fprint(w, "\tVPADDD Z4, Z5, Z5\n\tVPSRLD $16, Z5, Z5\n\tVMOVDQA32 Z6, K1, Z5\n\tVPMOVDW Z5, Y8\n\tVEXTRACTI128 $1, Y8, X9\n")
		scatter(w, 8, 8*i)
		scatter(w, 9, 8*i+4)
	}
	fmt.Fprintf(w, "\tADDQ $256, SI\n\tADDQ R8, R11\n\tDECQ CX\n\tJNZ loop_%[1]s\ndone_%[1]s:\n\tVZEROUPPER\n\tRET\n\n", name)
}

func fillRow(w io.Writer, bits int) {
	name := fmt.Sprintf("fillInt%d", bits)
	fmt.Fprintf(w, "// func %s(groups int, scales, numbers unsafe.Pointer, step int, src unsafe.Pointer) (left int)\nTEXT ·%s(SB), NOSPLIT, $0-48\n", name, name)
	fmt.Fprint(w, "\tMOVQ groups+0(FP), CX\n\tMOVQ scales+8(FP), R10\n\tMOVQ numbers+16(FP), R11\n\tMOVQ step+24(FP), R8\n\tMOVQ src+32(FP), SI\n")
	for _, c := range []struct {
		reg  int
		bits uint32
	}{{31, 0x7fffffff}, {30, 0x487fe000}, {29, 0x80000000}, {28, 0x3f800000}, {27, 0x3f000000}, {24, 0x80808080}} { // all but the sign, quant's maxBlock, the sign, 1, 0.5, bytes of 128
		fmt.Fprintf(w, "\tMOVL $%#x, AX\n\tVPBROADCASTD AX, Z%d\n", c.bits, c.reg)
	}
	for reg, bits := range map[int][]uint32{8: {0x42fe0000, 0, 0}, 4: {0xc1000000, 0x41080000, 15}}[bits] { // 127; -8, 8.5, 15
		fmt.Fprintf(w, "\tMOVL $%#x, AX\n\tVPBROADCASTD AX, Z%d\n", bits, 21+reg)
	}
	fmt.Fprintf(w, "\tVPXORD Z20, Z20, Z20\n\tTESTQ CX, CX\n\tJZ done_%[1]s\n\tPCALIGN $32\nloop_%[1]s:\n", name)
	for h := range 2 {
		fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z4\n\tVMOVUPS %d(SI), Z5\n\tVPANDD Z31, Z4, Z2\n\tVPANDD Z31, Z5, Z3\n", 128*h, 128*h+64)
		fmt.Fprintf(w, "\tVCMPPS $0x16, Z30, Z2, K1\n\tVCMPPS $0x16, Z30, Z3, K2\n\tKORTESTW K1, K2\n\tJNZ done_%s\n\tVMAXPS Z3, Z2, Z0\n", name)
		reduceUsing(w, true)
		if bits == 8 {
			fmt.Fprint(w, "\tVDIVSS X21, X0, X6\n")
		} else { // the first number that is furthest from zero
			fmt.Fprint(w, "\tVBROADCASTSS X0, Z6\n\tVCMPPS $0, Z6, Z2, K1\n\tVCMPPS $0, Z6, Z3, K2\n\tKMOVW K1, AX\n\tKMOVW K2, BX\n\tSHLL $16, BX\n\tORL BX, AX\n\tBSFL AX, AX\n")
			fmt.Fprintf(w, "\tVMOVSS %d(SI)(AX*4), X6\n\tVCMPPS $4, X20, X0, K1\n\tVMOVAPS.Z X6, K1, X6\n\tVDIVSS X21, X6, X6\n", 128*h)
		}
		fmt.Fprintf(w, "\tVCMPPS $4, X20, X6, K1\n\tVDIVPS.Z X6, X28, K1, X7\n\tVBROADCASTSS X7, Z7\n\tVCVTPS2PH $0, X6, X8\n\tVMOVD X8, AX\n\tMOVW AX, %d(R10)\n", 32*h)
		fmt.Fprint(w, "\tVMULPS Z7, Z4, Z4\n\tVMULPS Z7, Z5, Z5\n")
		if bits == 8 {
			fillBytes(w, h)
		} else {
			fmt.Fprint(w, "\tVADDPS Z22, Z4, Z4\n\tVADDPS Z22, Z5, Z5\n\tVCVTTPS2DQ Z4, Z4\n\tVCVTTPS2DQ Z5, Z5\n\tVPMINSD Z23, Z4, Z4\n\tVPMINSD Z23, Z5, Z5\n\tVPSLLD $4, Z5, Z5\n\tVPORD Z5, Z4, Z4\n\tVPMOVDB Z4, X4\n")
			scatter(w, 4, 4*h)
		}
	}
	fmt.Fprintf(w, "\tADDQ $256, SI\n\tADDQ R8, R10\n\tADDQ R8, R11\n\tDECQ CX\n\tJNZ loop_%[1]s\ndone_%[1]s:\n\tVZEROUPPER\n\tMOVQ CX, left+40(FP)\n\tRET\n\n", name)
}

// fillBytes rounds Z4 and Z5 to whole numbers, halves away from zero, and writes them as
// bytes plus 128.
func fillBytes(w io.Writer, half int) {
	for i, z := range []int{4, 5} {
		fmt.Fprintf(w, "\tVRNDSCALEPS $0x0b, Z%[1]d, Z8\n\tVSUBPS Z8, Z%[1]d, Z9\n\tVPANDD Z31, Z9, Z9\n\tVPANDD Z29, Z%[1]d, Z10\n\tVPORD Z28, Z10, Z10\n", z)
		fmt.Fprint(w, "\tVCMPPS $0x1d, Z27, Z9, K1\n\tVADDPS Z10, Z8, K1, Z8\n\tVCVTTPS2DQ Z8, Z8\n\tVPMOVDB Z8, X8\n\tVPXORD X24, X8, X8\n")
		scatter(w, 8, 8*half+4*i)
	}
}

// scatter writes the 16 bytes of a register to four lines.
func scatter(w io.Writer, reg, line int) {
	fmt.Fprintf(w, "\tVMOVD X%d, %d(R11)\n", reg, 64*line)
	for i := 1; i < 4; i++ {
		fmt.Fprintf(w, "\tVPEXTRD $%d, X%d, %d(R11)\n", i, reg, 64*(line+i))
	}
}
