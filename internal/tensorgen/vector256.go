package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
)

// The vector loops for AVX2 and FMA do what those for AVX-512 do, 8 elements a turn, with
// registers Y0 to Y15: scalars are in Y8 and up; constants of exp are read from memory but
// for 1, which is in Y14. The last turn's lanes are those of a mask.

const (
	mask256       = 7 // with the constants of exp: maskConsts256
	maskConsts256 = 13
	merge256      = 6
)

var (
	registers = regexp.MustCompile(`\bZ(\d+)\b`)
	ends      = regexp.MustCompile(`\t(VMAXPS|VMINPS) (Y\d+), (·expTable256\+\d+\(SB\)), (Y\d+)\n`)
	scalef    = regexp.MustCompile(`\tVSCALEFPS Y(\d+), Y(\d+), Y(\d+)\n`)
	others    = []struct{ is, to string }{{"VPXORD", "VXORPS"}, {"VRNDSCALEPS", "VROUNDPS"}}
)

// tables256 writes the constants of exp, each on 8 lanes, the bias of exponents, and masks:
// 8 lanes of ones and 8 of zeros.
func tables256(w io.Writer) {
	table := func(name string, words []uint32) {
		for i, v := range words {
			fmt.Fprintf(w, "DATA ·%s+%d(SB)/4, $0x%08x\n", name, 4*i, v)
		}
		fmt.Fprintf(w, "GLOBL ·%s(SB), RODATA|NOPTR, $%d\n\n", name, 4*len(words))
	}
	var consts, masks []uint32
	for _, c := range append(expConsts[:len(expConsts):len(expConsts)], 1) {
		for range 8 {
			consts = append(consts, math.Float32bits(float32(c)))
		}
	}
	for range 8 {
		consts, masks = append(consts, 127), append(masks, math.MaxUint32)
	}
	table("expTable256", consts)
	table("maskTable256", append(masks, make([]uint32, 8)...))
}

func (l *loop) write256(w io.Writer) {
	name, mask := l.name+"256", l.mask256()
	ret := l.head(w, name)
	for i, s := range l.scalars {
		fmt.Fprintf(w, "\tVBROADCASTSS %s+%d(FP), Y%d\n", s, 8*(1+len(l.pointers))+4*i, 8+i)
	}
	if l.consts {
		fmt.Fprintf(w, "\tVMOVUPS ·expTable256+%d(SB), Y14\n", 32*len(expConsts))
	}
	fmt.Fprint(w, l.code256(l.start))
	fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $3, BX\n\tJZ tail_%s\nloop_%s:\n%s", name, name, l.turn256(false))
	l.next(w, 32)
	fmt.Fprintf(w, "\tDECQ BX\n\tJNZ loop_%s\ntail_%s:\n\tANDQ $7, CX\n\tJZ done_%s\n\tLEAQ ·maskTable256+32(SB), AX\n\tSHLQ $2, CX\n\tSUBQ CX, AX\n\tVMOVUPS (AX), Y%d\n%sdone_%s:\n",
		name, name, name, mask, l.turn256(true), name)
	l.end(w, ret)
}

func (l *loop) mask256() int {
	if l.consts {
		return maskConsts256
	}
	return mask256
}

// turn256 is a turn of the loop for AVX2.
func (l *loop) turn256(masked bool) string {
	mask := l.mask256()
	return l.code256(l.expand(func(what, a, b string) string {
		switch {
		case what == "ZERO" && masked:
			return fmt.Sprintf("\tVANDPS Y%d, Y%s, Y%s\n", mask, a, a)
		case what == "ZERO":
			return ""
		case what == "STORE" && masked:
			return fmt.Sprintf("\tVMASKMOVPS Y%s, Y%d, (%s)\n", a, mask, l.pointer(b))
		case what == "STORE":
			return fmt.Sprintf("\tVMOVUPS Y%s, (%s)\n", a, l.pointer(b))
		case what == "MERGE" && masked:
			return fmt.Sprintf("\tVMASKMOVPS (%s), Y%d, Y%d\n\tVBLENDVPS Y%d, Y%d, Y%s, Y%s\n", l.pointer(a), mask, merge256, mask, merge256, b, b)
		case masked:
			return fmt.Sprintf("\tVMASKMOVPS (%s), Y%d, Y%s\n", l.pointer(a), mask, b)
		}
		return fmt.Sprintf("\tVMOVUPS (%s), Y%s\n", l.pointer(a), b)
	}))
}

// code256 makes AVX2 of AVX-512.
func (l *loop) code256(s string) string {
	s = registers.ReplaceAllStringFunc(s, func(z string) string {
		n, _ := strconv.Atoi(z[1:])
		switch {
		case n < 16:
			return "Y" + z[1:]
		case l.consts && n == 29:
			return "Y14"
		case l.consts && n >= 20:
			return fmt.Sprintf("·expTable256+%d(SB)", 32*(n-20))
		}
		return fmt.Sprintf("Y%d", n-8)
	})
	for _, o := range others {
		s = regexp.MustCompile(`\b`+o.is+`\b`).ReplaceAllString(s, o.to)
	}
	// memory can be the first operand alone; exp has no use for Y15 yet
	s = ends.ReplaceAllString(s, "\tVMOVUPS $3, Y15\n\t$1 $2, Y15, $4\n")
	// 2^n by its exponent: exp keeps n between -126 and 127
	return scalef.ReplaceAllString(s, fmt.Sprintf("\tVCVTPS2DQ Y$1, Y$1\n\tVPADDD ·expTable256+%d(SB), Y$1, Y$1\n\tVPSLLD $$23, Y$1, Y$1\n\tVMULPS Y$1, Y$2, Y$3\n", 32*(len(expConsts)+1)))
}
