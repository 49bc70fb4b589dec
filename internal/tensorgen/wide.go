package main

import (
	"fmt"
	"io"
	"strings"
)

// A wide512 is a kernel like [matrix512] of float32 for panels of 48 columns: of 9 rows, 4 or
// 1. For 27 multiply-adds 9 rows read 12 times, where 14 rows of 32 columns read 16 times for
// 28: processors of Intel, whose clock falls with the power that reading takes, are 5 to 8 %
// faster (docs/log/tensor.md).
type wide512 struct {
	name string
	rows int
}

const wideLines = 3 // of a row of a panel

// wide writes the kernels.
func wide(w io.Writer) {
	for _, m := range []wide512{{"kernelF32Wide", 9}, {"kernelF32Widex4", 4}, {"kernelF32Widex1", 1}} {
		m.write(w)
	}
}

func (m wide512) write(w io.Writer) {
	fmt.Fprintf(w, "// func %s(k int, a unsafe.Pointer, lda, step int, b, c unsafe.Pointer, ldc, add int, ahead *fetch)\n", m.name)
	fmt.Fprintf(w, "TEXT ·%s(SB), NOSPLIT, $0-72\n", m.name)
	fmt.Fprint(w, "\tMOVQ k+0(FP), CX\n\tMOVQ a+8(FP), SI\n\tMOVQ lda+16(FP), R8\n\tMOVQ step+24(FP), R13\n\tMOVQ b+32(FP), DX\n\tMOVQ c+40(FP), DI\n\tMOVQ ldc+48(FP), AX\n")
	fmt.Fprint(w, "\tLEAQ (R8)(R8*2), R9\n\tLEAQ (SI)(R8*4), R10\n\tLEAQ (R10)(R8*4), R11\n")
	zero(w, wideLines*m.rows)
	if m.rows < 9 {
		fetchC(w, m.rows, wideLines, "PREFETCHT0")
		fmt.Fprintf(w, "\tJMP tail_%s\n", m.name)
	} else {
		fmt.Fprint(w, "\tMOVQ ahead+64(FP), BX\n\tMOVQ (BX), R14\n\tMOVQ 8(BX), R15\n")
		fmt.Fprintf(w, "\tCMPQ R13, $4\n\tJNE steps_%s\n", m.name)
		m.loops(w, "rows")
		fmt.Fprintf(w, "\tJMP tail_%s\nsteps_%s:\n", m.name, m.name)
		m.loops(w, "steps")
	}
	fmt.Fprintf(w, "tail_%s:\n", m.name)
	if m.rows == 9 {
		fmt.Fprintf(w, "\tANDQ $%d, CX\n", unroll-1)
	}
	fmt.Fprintf(w, "\tTESTQ CX, CX\n\tJZ done_%s\n\tPCALIGN $32\none_%s:\n", m.name, m.name)
	if m.rows < 9 { // few rows wait for the panel
		for v := range wideLines {
			fmt.Fprintf(w, "\tPREFETCHT1 %d(DX)\n\tPREFETCHT0 %d(DX)\n", 64*v+decodeAhead, 64*v+decodeNear)
		}
	}
	m.step(w, 0, m.byRow)
	fmt.Fprint(w, "\tADDQ R13, SI\n\tADDQ R13, R10\n\tADDQ R13, R11\n")
	fmt.Fprintf(w, "\tADDQ $%d, DX\n\tDECQ CX\n\tJNZ one_%s\ndone_%s:\n", 64*wideLines, m.name, m.name)
	if m.rows == 9 {
		fmt.Fprint(w, "\tMOVQ ahead+64(FP), BX\n\tMOVQ R14, (BX)\n\tMOVQ R15, 8(BX)\n")
	}
	storeC(w, m.name, m.rows, wideLines)
}

// byRow is where a row's number is, u steps of 4 bytes on; byStep where steps are packed.
func (m wide512) byRow(u, i int) string {
	return fmt.Sprintf([]string{"%d(%s)", "%d(%s)(R8*1)", "%d(%s)(R8*2)", "%d(%s)(R9*1)"}[i%4], 4*u, []string{"SI", "R10", "R11"}[i/4])
}

func (m wide512) byStep(u, i int) string { return fmt.Sprintf("%d(SI)", 4*(m.rows*u+i)) }

// loops makes all turns of 4 steps: with A by rows, or packed step by step. C is fetched a row
// each turn: all at once its lines would take all places for what waits for memory.
func (m wide512) loops(w io.Writer, form string) {
	early, end, last := "early_"+form, "late_"+form, "loop_"+form
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", m.name), args...) }
	p("\tCMPQ CX, $%d\n\tJLE %s_NAME\n", unroll*(late+m.rows), end)
	p("\tMOVQ DI, R12\n\tMOVQ $%d, BX\n", m.rows)
	m.loop(w, "touch_"+form, form, "PREFETCHT1")
	p("\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tSUBQ $%d, BX\n", late+m.rows)
	m.loop(w, early, form, "")
	p("\tMOVQ DI, R12\n\tMOVQ $%d, BX\n", m.rows)
	m.loop(w, "near_"+form, form, "PREFETCHT0")
	p("\tMOVQ $%d, BX\n\tJMP %s_NAME\n", late-m.rows, last)
	p("%s_NAME:\n", end)
	fetchC(w, m.rows, wideLines, "PREFETCHT0")
	p("\tMOVQ CX, BX\n\tSHRQ $2, BX\n\tJZ tail_NAME\n")
	m.loop(w, last, form, "")
}

// loop makes BX turns, in each of which a row of C at R12 is fetched, or none.
func (m wide512) loop(w io.Writer, label, form, fetch string) {
	fmt.Fprintf(w, "\tPCALIGN $64\n%s_%s:\n", label, m.name)
	for u := range unroll {
		if form == "rows" {
			m.step(w, u, m.byRow)
		} else {
			m.step(w, u, m.byStep)
		}
		if u == 1 {
			fetchNext(w, label+"_"+m.name)
		}
		if u < wideLines && fetch != "" {
			fmt.Fprintf(w, "\t%s %d(R12)\n", fetch, 64*u)
		}
	}
	if fetch != "" {
		fmt.Fprint(w, "\tADDQ AX, R12\n")
	}
	if form == "rows" {
		fmt.Fprintf(w, "\tADDQ $%d, SI\n\tADDQ $%d, R10\n\tADDQ $%d, R11\n", 4*unroll, 4*unroll, 4*unroll)
	} else { // so that single steps go on by rows of 4 bytes
		n := 4 * m.rows * unroll
		fmt.Fprintf(w, "\tADDQ $%d, SI\n\tADDQ $%d, R10\n\tADDQ $%d, R11\n", n, n, n)
	}
	fmt.Fprintf(w, "\tADDQ $%d, DX\n\tDECQ BX\n\tJNZ %s_%s\n", unroll*64*wideLines, label, m.name)
}

// step multiplies a step, u steps behind where DX points to.
func (m wide512) step(w io.Writer, u int, at func(u, i int) string) {
	for v := range wideLines {
		fmt.Fprintf(w, "\tVMOVUPS %d(DX), Z%d\n", 64*(u*wideLines+v), 27+v)
	}
	for i := range m.rows {
		r := 30 + i%2
		fmt.Fprintf(w, "\tVBROADCASTSS %s, Z%d\n", at(u, i), r)
		for v := range wideLines {
			fmt.Fprint(w, multiply(false, wideLines*i+v, 27+v, r))
		}
	}
}
