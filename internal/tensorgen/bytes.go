package main

import (
	"fmt"
	"io"
)

// bytes512 writes the rounding of vectors to bytes: n groups of 64 float32 become 64
// bytes, two scales and two sums times less, step bytes apart. A half's scale is its
// largest number over 127; halves up to least are zero.
func bytes512(w io.Writer) {
	name := "bytes512"
	fmt.Fprintf(w, "// func %s(n int, dst unsafe.Pointer, step int, src unsafe.Pointer, less int32, least float32)\nTEXT ·%s(SB), NOSPLIT, $0-40\n", name, name)
	fmt.Fprint(w, "\tMOVQ n+0(FP), CX\n\tMOVQ dst+8(FP), DI\n\tMOVQ step+16(FP), R8\n\tMOVQ src+24(FP), SI\n\tMOVL less+32(FP), AX\n\tVPBROADCASTD AX, X16\n\tVBROADCASTSS least+36(FP), X17\n")
	fmt.Fprint(w, "\tMOVL $0x42fe0000, AX\n\tVPBROADCASTD AX, X18\n\tMOVL $0x7fffffff, AX\n\tVPBROADCASTD AX, Z19\n") // 127, all but the sign
	fmt.Fprintf(w, "loop_%s:\n", name)
	for h := range 2 {
		fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z1\n\tVMOVUPS %d(SI), Z2\n\tVPANDD Z19, Z1, Z0\n\tVPANDD Z19, Z2, Z3\n\tVMAXPS Z3, Z0, Z0\n\tVMOVAPS Z1, Z4\n", 128*h, 128*h+64)
		reduceUsing(w, true)
		fmt.Fprintf(w, "\tVDIVPS X18, X0, X5\n\tVMOVSS X5, %d(DI)\n\tVCMPPS $0x1e, X17, X0, K1\n\tVDIVPS.Z X0, X18, K1, X5\n\tVBROADCASTSS X5, Z5\n", 64+4*h)
		fmt.Fprint(w, "\tVMULPS Z5, Z4, Z1\n\tVMULPS Z5, Z2, Z2\n\tVCVTPS2DQ Z1, Z1\n\tVCVTPS2DQ Z2, Z2\n\tVPMOVSDB Z1, X3\n\tVPMOVSDB Z2, X4\n")
		fmt.Fprintf(w, "\tVMOVDQU X3, %d(DI)\n\tVMOVDQU X4, %d(DI)\n\tVPADDD Z1, Z2, Z0\n", 32*h, 32*h+16)
		reduceUsing(w, false)
		fmt.Fprintf(w, "\tVPMULLD X16, X0, X0\n\tVMOVD X0, %d(DI)\n", 72+4*h)
	}
	fmt.Fprintf(w, "\tADDQ $256, SI\n\tADDQ R8, DI\n\tDECQ CX\n\tJNZ loop_%s\n\tVZEROUPPER\n\tRET\n\n", name)
}

// reduceUsing brings the lanes of Z0 together in X0: the largest float32, or the sum of
// whole numbers. It uses Z1.
func reduceUsing(w io.Writer, largest bool) {
	op := "VPADDD"
	if largest {
		op = "VMAXPS"
	}
	fmt.Fprintf(w, "\tVEXTRACTF64X4 $1, Z0, Y1\n\t%s Y1, Y0, Y0\n\tVEXTRACTF128 $1, Y0, X1\n\t%s X1, X0, X0\n\tVPSHUFD $0x4e, X0, X1\n\t%s X1, X0, X0\n\tVPSHUFD $0xb1, X0, X1\n\t%s X1, X0, X0\n", op, op, op, op)
}
