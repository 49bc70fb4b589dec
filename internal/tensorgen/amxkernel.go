package main

import (
	"fmt"
	"io"
	"strings"
)

const tilesB = 8 // steps ahead of its use that B is fetched where few rows share it

// Where things are in a tileCall of package tensor.
const (
	callK, callN, callPanels             = 0, 8, 16
	callA, callLdA, callStepA, callTileA = 24, 32, 40, 48
	callB                                = 56
	callFrom, callLdFrom, callFromStep   = 64, 72, 80
	callC, callLdC, callCStep            = 88, 96, 104
	callTouch, callLdTouch               = 112, 120
	callFew                              = 128
	aheadAt, aheadLeft, aheadStep        = 136, 144, 152
	copyAt, copyEnd, copyTo, copyLd      = 160, 168, 192, 200 // three ends
	copyFlush                            = 208
	atA, atFrom, atC, atTouch, atLeft    = 216, 224, 232, 240, 248
)

// An amxKernel multiplies n tiles of 16·high rows of A, one below the other, with panels of 32
// columns of B, one behind the other in memory, k steps of 32 each. C begins as what lies at
// from, or zero, and goes to c. Beside that it fetches what comes next and copies what was
// calculated before, past the caches, a little each step: what waits for memory is few places
// in the processor, and A takes the same ones on its way from the second-level cache.
//
// With weights B is a matrix of weights instead: panels are pairs of tiles of 16 rows, steps
// groups of 64 columns, as in decodeTiles2.
type amxKernel struct {
	name    string
	high    int
	weights bool
}

func (m amxKernel) printer(w io.Writer, name string) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", name), args...) }
}

func (m amxKernel) write(w io.Writer) {
	p, rowB := m.printer(w, m.name), 128
	if m.weights {
		rowB = 64
	}
	p("// func NAME(call *tileCall)\nTEXT ·NAME(SB), NOSPLIT, $0-8\n%s\tMOVQ call+0(FP), CX\n\tMOVQ $%d, R9\n", configure, rowB)
	p("\tMOVQ %d(CX), DI\n\tMOVQ %d(CX), R15\n\tMOVQ %d(CX), R14\n\tMOVQ %d(CX), SI\n\tMOVQ %d(CX), AX\n", aheadAt, aheadLeft, copyAt, copyTo, copyLd)
	p("panel_NAME:\n")
	for _, x := range [][2]int{{callA, atA}, {callFrom, atFrom}, {callC, atC}, {callTouch, atTouch}, {callN, atLeft}} {
		p("\tMOVQ %d(CX), BX\n\tMOVQ BX, %d(CX)\n", x[0], x[1])
	}
	p("\tCMPQ %d(CX), $0\n\tJEQ tile_NAME\n", callFew)
	m.tile(w, "few", true)
	p("\tJMP next_NAME\n")
	m.tile(w, "tile", false)
	p("next_NAME:\n\tMOVQ %d(CX), BX\n\tADDQ BX, %d(CX)\n", callTileA, atA)
	for _, x := range [][2]int{{callLdFrom, atFrom}, {callLdC, atC}, {callLdTouch, atTouch}} {
		p("\tMOVQ %d(CX), BX\n\tSHLQ $%d, BX\n\tADDQ BX, %d(CX)\n", x[0], 3+m.high, x[1])
	}
	p("\tDECQ %d(CX)\n\tJNZ tile_NAME\n", atLeft)
	for _, x := range [][2]int{{callFromStep, callFrom}, {callCStep, callC}, {callCStep, callTouch}} {
		p("\tMOVQ %d(CX), BX\n\tADDQ BX, %d(CX)\n", x[0], x[1])
	}
	p("\tMOVQ DX, %d(CX)\n\tDECQ %d(CX)\n\tJNZ panel_NAME\n", callB, callPanels)
	p("\tMOVQ DI, %d(CX)\n\tMOVQ R15, %d(CX)\n%s", aheadAt, aheadLeft, release)
	p("\tCMPQ %d(CX), $0\n\tJEQ end_NAME\n", copyFlush)
	copyAll(w, m.name)
	p("end_NAME:\n\tMOVQ R14, %d(CX)\n\tMOVQ SI, %d(CX)\n\tVZEROUPPER\n\tRET\n\n", copyAt, copyTo)
}

// copyRow copies a row of 32 numbers from R14 to SI, if it lies before an end.
func copyRow(w io.Writer, label string, end int) {
	fmt.Fprintf(w, "\tCMPQ R14, %d(CX)\n\tJAE %s\n\tVMOVUPS (R14), Z0\n\tVMOVUPS 64(R14), Z1\n\tVMOVNTPS Z0, (SI)\n\tVMOVNTPS Z1, 64(SI)\n\tADDQ $128, R14\n\tADDQ AX, SI\n%s:\n", copyEnd+8*end, label, label)
}

// copyAll copies what is left.
func copyAll(w io.Writer, name string) {
	fmt.Fprintf(w, "all_%s:\n", name)
	copyRow(w, "rest_"+name, 0)
	fmt.Fprintf(w, "\tCMPQ R14, %d(CX)\n\tJB all_%s\n", copyEnd, name)
}

// amxFlush writes the end of copying: afterwards other processors see what was copied.
func amxFlush(w io.Writer) {
	fmt.Fprint(w, "// func flushTiles(call *tileCall)\nTEXT ·flushTiles(SB), NOSPLIT, $0-8\n\tMOVQ call+0(FP), CX\n")
	fmt.Fprintf(w, "\tMOVQ %d(CX), R14\n\tMOVQ %d(CX), SI\n\tMOVQ %d(CX), AX\n", copyAt, copyTo, copyLd)
	copyAll(w, "flushTiles")
	fmt.Fprintf(w, "\tMOVQ R14, %d(CX)\n\tSFENCE\n\tVZEROUPPER\n\tRET\n\n", copyAt)
}

// eachC lists instructions for the tiles of C at R12 and 16 rows below, R13.
func (m amxKernel) eachC(w io.Writer, f func(tile int, base string, offset int) string) {
	for i := range 2 * m.high {
		fmt.Fprint(w, f(i, []string{"R12", "R13"}[i/2], i%2*64))
	}
}

// tile writes the product of a tile of A and a panel. Where few rows share a panel the first
// tile fetches it step by step.
func (m amxKernel) tile(w io.Writer, form string, few bool) {
	p := m.printer(w, form+"_"+m.name)
	below := func(ld string) { p("\tMOVQ %s, R13\n\tSHLQ $4, R13\n\tADDQ R12, R13\n", ld) }
	p("\tPCALIGN $32\nNAME:\n\tMOVQ %d(CX), R12\n\tMOVQ %d(CX), R11\n\tTESTQ R12, R12\n\tJZ zero_NAME\n", atFrom, callLdFrom)
	below("R11")
	m.eachC(w, func(tile int, base string, offset int) string { return tileLoad(tile, base, offset, "R11") })
	p("\tJMP start_NAME\nzero_NAME:\n")
	m.eachC(w, func(tile int, _ string, _ int) string { return tileZero(tile) })
	p("start_NAME:\n\tMOVQ %d(CX), R12\n\tMOVQ %d(CX), R11\n\tMOVQ R11, R10\n\tSHLQ $%d, R10\n\tADDQ R12, R10\n", atTouch, callLdTouch, 3+m.high)
	p("\tMOVQ %d(CX), R12\n\tADDQ $128, R12\n\tCMPQ %d(CX), $1\n\tCMOVQEQ R12, R10\n", callTouch, atLeft)
	p("\tMOVQ %d(CX), R8\n\tMOVQ %d(CX), R12\n", callLdA, atA)
	below("R8")
	p("\tMOVQ %d(CX), DX\n\tMOVQ %d(CX), BX\n\tPCALIGN $32\nloop_NAME:\n", callB, callK)
	size := 2048
	if m.weights {
		m.step(w, form+"_a", few, 0, 0, 2048)
		m.step(w, form+"_b", few, 64, 1024, 3072)
		size = 4096
	} else {
		m.step(w, form, few, 0, 0, 64)
	}
	p("\tADDQ %d(CX), R12\n\tADDQ %d(CX), R13\n\tADDQ $%d, DX\n\tDECQ BX\n\tJNZ loop_NAME\n", callStepA, callStepA, size)
	p("\tMOVQ %d(CX), R12\n\tMOVQ %d(CX), R11\n", atC, callLdC)
	below("R11")
	m.eachC(w, func(tile int, base string, offset int) string { return tileStore(tile, base, offset, "R11") })
}

// step multiplies 32 steps of two tiles of B with those of A; all lie so many bytes behind where
// the registers point to.
func (m amxKernel) step(w io.Writer, form string, few bool, a, b0, b1 int) {
	name := form + "_" + m.name
	p := m.printer(w, name)
	touch := func() { // PREFETCHW (R10), 64(R10)
		p("\tBYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x0a\n\tBYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x4a; BYTE $0x40\n\tADDQ R11, R10\n")
	}
	p("%s", tileMemory(1, 4, "R12", a, "R8")+tileLoad(6, "DX", b0, "R9")+tileMultiply(0, 4, 6))
	p("\tPREFETCHT1 (DI)\n%s", tileLoad(7, "DX", b1, "R9")+tileMultiply(1, 4, 7))
	copyRow(w, "one_"+name, 0)
	if m.high == 2 {
		p("%s", tileMemory(1, 5, "R13", a, "R8")+tileMultiply(2, 5, 6))
		touch()
		p("\tPREFETCHT1 64(DI)\n%s", tileMultiply(3, 5, 7))
		copyRow(w, "two_"+name, 1)
		copyRow(w, "three_"+name, 2)
	} else {
		p("\tPREFETCHT1 64(DI)\n")
	}
	touch()
	if few {
		for i := range 32 {
			p("\tPREFETCHT0 %d(DX)\n", 2048*tilesB+b0/1024*2048+64*i)
		}
	}
	p("\tADDQ %d(CX), DI\n\tDECQ R15\n\tJNZ same_NAME\n", aheadStep)
	p("\tSUBQ %d(CX), DI\n\tMOVQ $1, R15\nsame_NAME:\n", aheadStep) // the same again
}

// amxRows writes the packing of rows of float32, or bfloat16, for tiles: 32 numbers a step.
func amxRows(w io.Writer, name string, half bool) {
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", name), args...) }
	p("// func NAME(rows, n int, dst, src unsafe.Pointer, sstep, dstep int)\nTEXT ·NAME(SB), NOSPLIT, $0-48\n")
	p("\tMOVQ rows+0(FP), CX\n\tMOVQ n+8(FP), R10\n\tMOVQ dst+16(FP), R11\n\tMOVQ src+24(FP), R12\n\tMOVQ sstep+32(FP), R8\n\tMOVQ dstep+40(FP), R9\n")
	p("row_NAME:\n\tMOVQ R10, BX\n\tMOVQ R11, DI\n\tMOVQ R12, SI\n\tPCALIGN $32\nloop_NAME:\n\tVMOVUPS (SI), Z0\n")
	if half {
		p("\tVMOVUPS Z0, (DI)\n\tADDQ $64, SI\n")
	} else {
		p("\tVMOVUPS 64(SI), Z1\n%s\tVMOVUPS Z2, (DI)\n\tADDQ $128, SI\n", evex(0x72, 3, 2, 1, 0))
	}
	p("\tADDQ R9, DI\n\tDECQ BX\n\tJNZ loop_NAME\n\tADDQ $64, R11\n\tADDQ R8, R12\n\tDECQ CX\n\tJNZ row_NAME\n\tVZEROUPPER\n\tRET\n\n")
}
