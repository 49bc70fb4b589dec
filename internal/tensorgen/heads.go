package main

import (
	"fmt"
	"io"
)

// heads writes the norms and the rotation of queries and keys, there and back: a token's
// heads in one call.
func heads(w io.Writer) {
	// per head: r = scale/√(mean·Σx² + eps), then both halves by w and r, turned
	head(w, "turnHeads512", "heads, n int, y, x, w, cos, sin unsafe.Pointer, eps, mean, scale float32", "$0-68")
	fmt.Fprint(w, "\tMOVQ y+16(FP), DI\n\tMOVQ x+24(FP), SI\n\tMOVQ w+32(FP), R8\n\tMOVQ cos+40(FP), R10\n\tMOVQ sin+48(FP), R11\n"+
		"\tVMOVSS eps+56(FP), X20\n\tVMOVSS mean+60(FP), X21\n\tVMOVSS scale+64(FP), X22\n"+
		"\tMOVQ n+8(FP), R12\n\tSHLQ $6, R12\n\tLEAQ (R8)(R12*1), BX\nhead_turn:\n")
	squares(w, "turn")
	fmt.Fprint(w, "\tVMULSS X22, X16, X16\n\tVBROADCASTSS X16, Z16\n\tLEAQ (SI)(R12*1), R13\n\tLEAQ (DI)(R12*1), DX\n\tXORQ AX, AX\nhalf_turn:\n"+
		"\tVMULPS (SI)(AX*1), Z16, Z0\n\tVMULPS (R8)(AX*1), Z0, Z0\n\tVMULPS (R13)(AX*1), Z16, Z1\n\tVMULPS (BX)(AX*1), Z1, Z1\n"+
		"\tVMOVUPS (R10)(AX*1), Z2\n\tVMOVUPS (R11)(AX*1), Z3\n"+
		"\tVMULPS Z0, Z3, Z4\n\tVMULPS Z1, Z3, Z5\n\tVFMSUB213PS Z5, Z2, Z0\n\tVFMADD213PS Z4, Z2, Z1\n"+
		"\tVMOVUPS Z0, (DI)(AX*1)\n\tVMOVUPS Z1, (DX)(AX*1)\n\tADDQ $64, AX\n\tCMPQ AX, R12\n\tJLT half_turn\n"+
		"\tLEAQ (SI)(R12*2), SI\n\tLEAQ (DI)(R12*2), DI\n\tDECQ CX\n\tJNZ head_turn\n\tVZEROUPPER\n\tRET\n\n")

	// per head, with g the gradient turned back: dw += r·g∘x, t = r·g∘w, dy = t − x·r²·mean·(t·x)
	head(w, "turnHeadsBack512", "heads, n int, dy, x, w, dw, cos, sin unsafe.Pointer, eps, mean, scale float32", "$0-76")
	fmt.Fprint(w, "\tMOVQ dy+16(FP), DI\n\tMOVQ x+24(FP), SI\n\tMOVQ w+32(FP), R8\n\tMOVQ dw+40(FP), R9\n\tMOVQ cos+48(FP), R10\n\tMOVQ sin+56(FP), R11\n"+
		"\tVMOVSS eps+64(FP), X20\n\tVMOVSS mean+68(FP), X21\n\tVBROADCASTSS scale+72(FP), Z22\n"+
		"\tMOVQ n+8(FP), R12\n\tSHLQ $6, R12\n\tLEAQ (R8)(R12*1), BX\nhead_back:\n")
	squares(w, "back")
	fmt.Fprint(w, "\tVBROADCASTSS X16, Z16\n\tLEAQ (SI)(R12*1), R13\n\tLEAQ (DI)(R12*1), DX\n\tVPXORD Z18, Z18, Z18\n\tXORQ AX, AX\nhalf_back:\n"+
		"\tVMOVUPS (DI)(AX*1), Z0\n\tVMOVUPS (DX)(AX*1), Z1\n\tVMULPS (R10)(AX*1), Z22, Z2\n\tVMULPS (R11)(AX*1), Z22, Z3\n"+
		"\tVMULPS Z0, Z3, Z4\n\tVMULPS Z1, Z3, Z5\n\tVFMADD213PS Z5, Z2, Z0\n\tVFMSUB213PS Z4, Z2, Z1\n"+
		"\tVMOVUPS (SI)(AX*1), Z6\n\tVMULPS Z16, Z0, Z8\n\tVMOVUPS (R9)(AX*1), Z9\n\tVFMADD231PS Z8, Z6, Z9\n\tVMOVUPS Z9, (R9)(AX*1)\n"+
		"\tVMULPS (R8)(AX*1), Z8, Z8\n\tVFMADD231PS Z8, Z6, Z18\n\tVMOVUPS Z8, (DI)(AX*1)\n"+
		"\tADDQ R12, R9\n\tVMOVUPS (R13)(AX*1), Z7\n\tVMULPS Z16, Z1, Z8\n\tVMOVUPS (R9)(AX*1), Z9\n\tVFMADD231PS Z8, Z7, Z9\n\tVMOVUPS Z9, (R9)(AX*1)\n\tSUBQ R12, R9\n"+
		"\tVMULPS (BX)(AX*1), Z8, Z8\n\tVFMADD231PS Z8, Z7, Z18\n\tVMOVUPS Z8, (DX)(AX*1)\n"+
		"\tADDQ $64, AX\n\tCMPQ AX, R12\n\tJLT half_back\n\tVMOVAPS Z18, Z0\n")
	sumLanes(w)
	fmt.Fprint(w, "\tVMULSS X16, X0, X0\n\tVMULSS X16, X0, X0\n\tVMULSS X21, X0, X0\n\tVBROADCASTSS X0, Z0\n\tLEAQ (R12)(R12*1), DX\n\tXORQ AX, AX\nrest_back:\n"+
		"\tVMOVUPS (DI)(AX*1), Z1\n\tVFNMADD231PS (SI)(AX*1), Z0, Z1\n\tVMOVUPS Z1, (DI)(AX*1)\n\tADDQ $64, AX\n\tCMPQ AX, DX\n\tJLT rest_back\n"+
		"\tLEAQ (SI)(R12*2), SI\n\tLEAQ (DI)(R12*2), DI\n\tDECQ CX\n\tJNZ head_back\n\tVZEROUPPER\n\tRET\n\n")
}

func head(w io.Writer, name, args, size string) {
	fmt.Fprintf(w, "// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, %s\n\tMOVQ heads+0(FP), CX\n", name, args, name, size)
}

// sumLanes sums the lanes of Z0 in X0: halves, then halves of those.
func sumLanes(w io.Writer) {
	fmt.Fprint(w, "\tVEXTRACTF64X4 $1, Z0, Y1\n\tVADDPS Y1, Y0, Y0\n\tVEXTRACTF128 $1, Y0, X1\n\tVADDPS X1, X0, X0\n\tVPSHUFD $0x4e, X0, X1\n\tVADDPS X1, X0, X0\n\tVPSHUFD $0xb1, X0, X1\n\tVADDPS X1, X0, X0\n")
}

// squares sets X16 to 1/√(mean·Σx² + eps) of the head at SI, each half R12 bytes.
func squares(w io.Writer, label string) {
	fmt.Fprintf(w, "\tVPXORD Z0, Z0, Z0\n\tVPXORD Z1, Z1, Z1\n\tLEAQ (SI)(R12*1), R13\n\tXORQ AX, AX\nsquares_%s:\n"+
		"\tVMOVUPS (SI)(AX*1), Z2\n\tVMOVUPS (R13)(AX*1), Z3\n\tVFMADD231PS Z2, Z2, Z0\n\tVFMADD231PS Z3, Z3, Z1\n\tADDQ $64, AX\n\tCMPQ AX, R12\n\tJLT squares_%s\n\tVADDPS Z1, Z0, Z0\n", label, label)
	sumLanes(w)
	fmt.Fprint(w, "\tVMULSS X21, X0, X0\n\tVADDSS X20, X0, X0\n\tVSQRTSS X0, X0, X0\n\tMOVL $0x3f800000, AX\n\tVMOVD AX, X16\n\tVDIVSS X0, X16, X16\n")
}
