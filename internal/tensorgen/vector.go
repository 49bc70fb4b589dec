package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A loop is a function over float32 vectors, 16 elements a turn, the last with
// a mask. Its arguments are n, pointers and scalars; those whose names end in 16 point to
// bfloat16, which AVX-512 alone gives. Pointers are in registers
// SI, DI, R8, R9, R10 as they come, scalars in Z16 and up on every lane. The bodies
// are for AVX-512; those for AVX2 are made of them.
type loop struct {
	name     string
	pointers []string
	scalars  []string
	sum      bool // it returns a float32: the sum of Z0's lanes
	largest  bool // it returns the largest of Z0's lanes
	start    string
	body     string // LOAD(p,z) and STORE(z,p) of the pointer called p; HALF(z,p) stores bfloat16
	consts   bool   // it needs the constants of exp
}

var pointerRegs = []string{"SI", "DI", "R8", "R9", "R10"}

// Constants of exp, on every lane of Z20 to Z28.
var expConsts = []float64{-87, 88, math.Log2E, 1.5353362e-4, 1.3398874e-3, 9.6184373e-3, 5.5503324e-2, 2.4022648e-1, 6.9314720e-1}

// exp is z = e^z, with t for scratch: 2^n·p(f) for n + f = z·log2(e), p a minimax
// polynomial of degree 6; Z29 is 1. Relative error about 2e-7. What is no number stays none: of
// such a pair VMAXPS and VMINPS take the operand that is written first.
func exp(z, t int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tVMAXPS Z%d, Z20, Z%d\n\tVMINPS Z%d, Z21, Z%d\n\tVMULPS Z22, Z%d, Z%d\n", z, z, z, z, z, z)
	fmt.Fprintf(&b, "\tVRNDSCALEPS $0, Z%d, Z%d\n\tVSUBPS Z%d, Z%d, Z%d\n", z, t, t, z, z)
	fmt.Fprintf(&b, "\tVMOVAPS Z23, Z15\n")
	for c := 24; c <= 28; c++ {
		fmt.Fprintf(&b, "\tVFMADD213PS Z%d, Z%d, Z15\n", c, z)
	}
	fmt.Fprintf(&b, "\tVFMADD213PS Z29, Z%d, Z15\n\tVSCALEFPS Z%d, Z15, Z%d\n", z, t, z)
	return b.String()
}

var loops = []loop{
	{name: "axpy", pointers: []string{"y", "x"}, scalars: []string{"a"},
		body: "LOAD(y,0)LOAD(x,1)\tVFMADD231PS Z1, Z16, Z0\nSTORE(0,y)"},
	{name: "add", pointers: []string{"y", "x"}, body: "LOAD(y,0)LOAD(x,1)\tVADDPS Z1, Z0, Z0\nSTORE(0,y)"},
	{name: "scale", pointers: []string{"y"}, scalars: []string{"a"}, body: "LOAD(y,0)\tVMULPS Z16, Z0, Z0\nSTORE(0,y)"},
	{name: "mulScale", pointers: []string{"y", "x", "w"}, scalars: []string{"a"},
		body: "LOAD(x,0)LOAD(w,1)\tVMULPS Z16, Z0, Z0\n\tVMULPS Z1, Z0, Z0\nSTORE(0,y)"},
	{name: "mulAdd", pointers: []string{"y", "x", "w"}, scalars: []string{"a"},
		body: "LOAD(y,2)LOAD(x,0)LOAD(w,1)\tVMULPS Z16, Z0, Z0\n\tVFMADD231PS Z0, Z1, Z2\nSTORE(2,y)"},
	{name: "softmaxBack", pointers: []string{"d", "p"}, scalars: []string{"dot"},
		body: "LOAD(d,0)LOAD(p,1)\tVSUBPS Z16, Z0, Z0\n\tVMULPS Z1, Z0, Z0\nSTORE(0,d)"},
	{name: "turn", pointers: []string{"x", "y", "cos", "sin"}, scalars: []string{"a", "sign"},
		body: "LOAD(x,0)LOAD(y,1)LOAD(cos,2)LOAD(sin,3)\tVMULPS Z16, Z2, Z2\n\tVMULPS Z17, Z3, Z3\n" + // both times a; sin signed
			"\tVMULPS Z0, Z3, Z4\n\tVMULPS Z1, Z3, Z5\n\tVFMSUB213PS Z5, Z2, Z0\n\tVFMADD213PS Z4, Z2, Z1\nSTORE(0,x)STORE(1,y)"},
	{name: "dot", pointers: []string{"x", "y"}, sum: true, start: "\tVPXORD Z0, Z0, Z0\n",
		body: "LOAD(x,1)LOAD(y,2)\tVFMADD231PS Z1, Z2, Z0\n"},
	{name: "max", pointers: []string{"x"}, scalars: []string{"low"}, largest: true, start: "\tVMOVAPS Z16, Z0\n",
		body: "\tVMOVAPS Z16, Z1\nMERGE(x,1)\tVMAXPS Z1, Z0, Z0\n"},
	{name: "expSum", pointers: []string{"x"}, scalars: []string{"m"}, sum: true, consts: true, start: "\tVPXORD Z0, Z0, Z0\n",
		body: "LOAD(x,1)\tVSUBPS Z16, Z1, Z1\n" + exp(1, 2) + "STORE(1,x)ZERO(1)\tVADDPS Z1, Z0, Z0\n"},
	{name: "siluMul", pointers: []string{"y", "a", "b"}, consts: true,
		body: "LOAD(a,0)LOAD(b,1)\tVXORPS Z2, Z2, Z2\n\tVSUBPS Z0, Z2, Z2\n" + exp(2, 3) + "\tVADDPS Z29, Z2, Z2\n\tVDIVPS Z2, Z0, Z0\n\tVMULPS Z1, Z0, Z0\nSTORE(0,y)"},
	{name: "siluMulBack", pointers: []string{"da", "db", "a", "b", "dy"}, consts: true,
		body: "LOAD(a,0)LOAD(b,1)LOAD(dy,4)\tVXORPS Z2, Z2, Z2\n\tVSUBPS Z0, Z2, Z2\n" + exp(2, 3) +
			"\tVADDPS Z29, Z2, Z2\n\tVDIVPS Z2, Z29, Z2\n" + // s
			"\tVMULPS Z2, Z0, Z5\n\tVMULPS Z4, Z5, Z5\nSTORE(5,db)" + // dy·a·s
			"\tVSUBPS Z2, Z29, Z6\n\tVMOVAPS Z29, Z7\n\tVFMADD231PS Z6, Z0, Z7\n" + // 1 + a(1-s)
			"\tVMULPS Z2, Z7, Z7\n\tVMULPS Z1, Z7, Z7\n\tVMULPS Z4, Z7, Z7\nSTORE(7,da)"},
	{name: "adamW", pointers: []string{"p", "grad", "m", "v"}, scalars: []string{"b1", "b2", "r1", "r2", "lr", "c2", "eps", "decay"},
		body: "LOAD(p,0)LOAD(grad,1)LOAD(m,2)LOAD(v,3)" +
			"\tVMULPS Z16, Z2, Z2\n\tVFMADD231PS Z1, Z18, Z2\nSTORE(2,m)" + // m = b1·m + r1·g
			"\tVMULPS Z1, Z1, Z4\n\tVMULPS Z17, Z3, Z3\n\tVFMADD231PS Z4, Z19, Z3\nSTORE(3,v)" + // v = b2·v + r2·g²
			"\tVMULPS Z21, Z3, Z4\n\tVSQRTPS Z4, Z4\n\tVADDPS Z22, Z4, Z4\n\tVDIVPS Z4, Z2, Z4\n" + // m/(√(c2·v)+eps)
			"\tVMULPS Z20, Z4, Z4\n\tVMULPS Z23, Z0, Z0\n\tVSUBPS Z4, Z0, Z0\nSTORE(0,p)"}, // p·decay − lr·that
}

func vectors(w io.Writer) {
	fmt.Fprintf(w, "DATA ·expTable+0(SB)/4, $0x%08x\n", math.Float32bits(float32(expConsts[0])))
	for i, c := range append(expConsts[1:], 1) {
		fmt.Fprintf(w, "DATA ·expTable+%d(SB)/4, $0x%08x\n", 4*(i+1), math.Float32bits(float32(c)))
	}
	fmt.Fprintf(w, "GLOBL ·expTable(SB), RODATA|NOPTR, $40\n\n")
	for _, l := range loops {
		l.write(w)
	}
	tables256(w)
	for _, l := range loops {
		l.write256(w)
	}
	toBF16(w)
	pairs(w)
	transpose(w)
}

// write writes the loop for AVX-512.
func (l *loop) write(w io.Writer) {
	name := l.name + "512"
	ret := l.head(w, name)
	for i, s := range l.scalars {
		fmt.Fprintf(w, "\tVBROADCASTSS %s+%d(FP), Z%d\n", s, 8*(1+len(l.pointers))+4*i, 16+i)
	}
	if l.consts {
		for i := range 10 {
			fmt.Fprintf(w, "\tVBROADCASTSS ·expTable+%d(SB), Z%d\n", 4*i, 20+i)
		}
	}
	fmt.Fprint(w, l.start)
	fmt.Fprintf(w, "\tMOVQ CX, BX\n\tSHRQ $4, BX\n\tJZ tail_%s\nloop_%s:\n%s", name, name, l.turn(false))
	l.next(w, 64)
	fmt.Fprintf(w, "\tDECQ BX\n\tJNZ loop_%s\ntail_%s:\n\tANDQ $15, CX\n\tJZ done_%s\n\tMOVQ $1, AX\n\tSHLQ CX, AX\n\tDECQ AX\n\tKMOVW AX, K1\n%sdone_%s:\n", name, name, name, l.turn(true), name)
	if l.sum || l.largest {
		fmt.Fprint(w, "\tVEXTRACTF64X4 $1, Z0, Y1\n\t", l.together(), " Y1, Y0, Y0\n")
	}
	l.end(w, ret)
}

// head writes a function's beginning, up to its pointers, and returns where its result is.
func (l *loop) head(w io.Writer, name string) (ret int) {
	size := 8*(1+len(l.pointers)) + 4*len(l.scalars)
	ret = (size + 7) / 8 * 8
	if l.sum || l.largest {
		size = ret + 4
	}
	arguments := strings.Join(append(append([]string{}, l.pointers...), l.scalars...), ", ")
	fmt.Fprintf(w, "// func %s(n int, %s)\nTEXT ·%s(SB), NOSPLIT, $0-%d\n\tMOVQ n+0(FP), CX\n", name, arguments, name, size)
	for i, p := range l.pointers {
		fmt.Fprintf(w, "\tMOVQ %s+%d(FP), %s\n", p, 8*(i+1), pointerRegs[i])
	}
	return ret
}

// next moves the pointers on.
func (l *loop) next(w io.Writer, bytes int) {
	for i, p := range l.pointers {
		size := bytes
		if strings.HasSuffix(p, "16") {
			size /= 2
		}
		fmt.Fprintf(w, "\tADDQ $%d, %s\n", size, pointerRegs[i])
	}
}

// together is the operation that brings lanes together.
func (l *loop) together() string {
	if l.largest {
		return "VMAXPS"
	}
	return "VADDPS"
}

// end brings the lanes of Y0 together in X0, halves, then halves of those, and returns.
func (l *loop) end(w io.Writer, ret int) {
	if l.sum || l.largest {
		op := l.together()
		fmt.Fprintf(w, "\tVEXTRACTF128 $1, Y0, X1\n\t%s X1, X0, X0\n\tVPSHUFD $0x4e, X0, X1\n\t%s X1, X0, X0\n\tVPSHUFD $0xb1, X0, X1\n\t%s X1, X0, X0\n", op, op, op)
		fmt.Fprintf(w, "\tVMOVSS X0, ret+%d(FP)\n", ret)
	}
	fmt.Fprint(w, "\tVZEROUPPER\n\tRET\n\n")
}

// turn is a turn of the loop for AVX-512; lanes of a masked one are those of K1.
func (l *loop) turn(masked bool) string {
	mask, zero := "", ""
	if masked {
		mask, zero = "K1, ", ".Z"
	}
	return l.expand(func(what, a, b string) string {
		switch what {
		case "LOAD":
			return fmt.Sprintf("\tVMOVUPS%s (%s), %sZ%s\n", zero, l.pointer(a), mask, b)
		case "MERGE":
			return fmt.Sprintf("\tVMOVUPS (%s), %sZ%s\n", l.pointer(a), mask, b)
		case "STORE":
			return fmt.Sprintf("\tVMOVUPS Z%s, %s(%s)\n", a, mask, l.pointer(b))
		case "HALF":
			return storeHalf(a, l.pointer(b), masked)
		}
		if masked {
			return fmt.Sprintf("\tVMOVAPS.Z Z%s, K1, Z%s\n", a, a)
		}
		return ""
	})
}

// storeHalf stores a register as bfloat16.
func storeHalf(register, to string, masked bool) string {
	z, err := strconv.Atoi(register)
	if err != nil {
		panic(err)
	}
	if masked {
		return evexOne(0x72, 2, z, z) + fmt.Sprintf("\tVMOVDQU16 Y%d, K1, (%s)\n", z, to)
	}
	return evexOne(0x72, 2, z, z) + fmt.Sprintf("\tVMOVDQU Y%d, (%s)\n", z, to)
}

// pointer returns the register of a pointer.
func (l *loop) pointer(name string) string {
	return pointerRegs[slices.Index(l.pointers, name)]
}

var operations = regexp.MustCompile(`(LOAD|STORE|MERGE|ZERO|HALF)\((\w+)(?:,(\w+))?\)`)

// expand returns the body with its LOAD, STORE, MERGE, ZERO and HALF as code.
func (l *loop) expand(code func(what, a, b string) string) string {
	return operations.ReplaceAllStringFunc(l.body, func(s string) string {
		m := operations.FindStringSubmatch(s)
		return code(m[1], m[2], m[3])
	})
}

// toBF16 writes the conversion to bfloat16, to the nearest, ties to even.
func toBF16(w io.Writer) {
	convert := evexOne(0x72, 2, 1, 0)
	fmt.Fprint(w, "// func toBF16x512(n int, dst, src unsafe.Pointer)\nTEXT ·toBF16x512(SB), NOSPLIT, $0-24\n\tMOVQ n+0(FP), CX\n\tMOVQ dst+8(FP), DI\n\tMOVQ src+16(FP), SI\n"+
		"\tMOVQ CX, BX\n\tSHRQ $6, BX\n\tJZ rest_bf\n\tPCALIGN $32\nlarge_bf:\n") // 64 a turn, 32 with an instruction
	for i := range 4 {
		fmt.Fprintf(w, "\tVMOVUPS %d(SI), Z%d\n", 64*i, i)
	}
	fmt.Fprintf(w, "%s%s\tVMOVDQU32 Z4, (DI)\n\tVMOVDQU32 Z5, 64(DI)\n\tADDQ $256, SI\n\tADDQ $128, DI\n\tDECQ BX\n\tJNZ large_bf\n", evex(0x72, 3, 4, 1, 0), evex(0x72, 3, 5, 3, 2))
	fmt.Fprintf(w, "rest_bf:\n\tMOVQ CX, BX\n\tSHRQ $4, BX\n\tANDQ $3, BX\n\tJZ tail_bf\nloop_bf:\n\tVMOVUPS (SI), Z0\n%s\tVMOVDQU Y1, (DI)\n\tADDQ $64, SI\n\tADDQ $32, DI\n\tDECQ BX\n\tJNZ loop_bf\n"+
		"tail_bf:\n\tANDQ $15, CX\n\tJZ done_bf\n\tMOVQ $1, AX\n\tSHLQ CX, AX\n\tDECQ AX\n\tKMOVW AX, K1\n\tVMOVUPS.Z (SI), K1, Z0\n%s\tVMOVDQU16 Y1, K1, (DI)\ndone_bf:\n\tVZEROUPPER\n\tRET\n\n", convert, convert)
}

// evexOne is [evex] with one source.
func evexOne(opcode, prefix byte, dst, src int) string { return evex(opcode, prefix, dst, 0, src) }

// pairs writes the packing of two rows at a time: of rows 2i and 2i+1 of up to 16
// columns, each column's two numbers go into 32 bits of row i of dst, the first
// one low; and so for several tiles of columns, so that rows are read once.
func pairs(w io.Writer) {
	fmt.Fprintf(w, "DATA ·pairTable+0(SB)/8, $0x%016x\n", uint64(0x0011_0001_0010_0000))
	for i := 1; i < 8; i++ {
		v := uint64(0)
		for k := range 2 {
			v |= uint64(2*i+k)<<(32*k) | uint64(16+2*i+k)<<(32*k+16)
		}
		fmt.Fprintf(w, "DATA ·pairTable+%d(SB)/8, $0x%016x\n", 8*i, v)
	}
	fmt.Fprint(w, "GLOBL ·pairTable(SB), RODATA|NOPTR, $64\n\n")
	fmt.Fprintf(w, "// func pairs512(n, tiles int, dst, src unsafe.Pointer, dstep, sstep, dtile, stile, mask int)\nTEXT ·pairs512(SB), NOSPLIT, $0-72\n\tMOVQ n+0(FP), CX\n\tMOVQ tiles+8(FP), R12\n\tMOVQ dst+16(FP), DI\n\tMOVQ src+24(FP), SI\n"+
		"\tMOVQ dstep+32(FP), R8\n\tMOVQ sstep+40(FP), R9\n\tMOVQ dtile+48(FP), R10\n\tMOVQ stile+56(FP), R11\n\tMOVQ mask+64(FP), AX\n\tKMOVW AX, K1\n\tVMOVDQU64 ·pairTable(SB), Z3\n"+
		"loop_pairs:\n\tMOVQ DI, DX\n\tMOVQ SI, BX\n\tMOVQ R12, AX\ntile_pairs:\n"+
		"\tVMOVUPS.Z (BX), K1, Z0\n\tVMOVUPS.Z (BX)(R9*1), K1, Z1\n%s\tVPERMW Z2, Z3, Z2\n\tVMOVDQU32 Z2, K1, (DX)\n\tADDQ R10, DX\n\tADDQ R11, BX\n\tDECQ AX\n\tJNZ tile_pairs\n"+
		"\tLEAQ (SI)(R9*2), SI\n\tADDQ R8, DI\n\tDECQ CX\n\tJNZ loop_pairs\n\tVZEROUPPER\n\tRET\n\n",
		evex(0x72, 3, 2, 1, 0))
}

// transpose writes the transposition of 16 rows of 32-bit numbers, 16·n of each:
// number j of row i goes to place i of row j of dst.
func transpose(w io.Writer) {
	fmt.Fprint(w, "// func transpose512(n int, dst, src unsafe.Pointer, dstep, sstep int)\nTEXT ·transpose512(SB), NOSPLIT, $0-40\n\tMOVQ n+0(FP), CX\n\tMOVQ dst+8(FP), DI\n\tMOVQ src+16(FP), SI\n"+
		"\tMOVQ dstep+24(FP), R8\n\tMOVQ sstep+32(FP), R9\nloop_transpose:\n\tMOVQ SI, BX\n")
	for i := range 16 {
		fmt.Fprintf(w, "\tVMOVUPS (BX), Z%d\n\tADDQ R9, BX\n", i)
	}
	op := func(name string, a, b, dst int) { fmt.Fprintf(w, "\t%s Z%d, Z%d, Z%d\n", name, b, a, dst) }
	for i := 0; i < 16; i += 2 { // pairs of rows, number by number
		op("VUNPCKLPS", i, i+1, 16+i)
		op("VUNPCKHPS", i, i+1, 17+i)
	}
	for g := 0; g < 16; g += 4 { // four rows: lane l of register g+j has number 4l+j of each
		op("VUNPCKLPD", 16+g, 18+g, g)
		op("VUNPCKHPD", 16+g, 18+g, g+1)
		op("VUNPCKLPD", 17+g, 19+g, g+2)
		op("VUNPCKHPD", 17+g, 19+g, g+3)
	}
	for j := range 4 { // even and odd lanes, of rows 0 to 7 and 8 to 15
		op("VSHUFF32X4 $0x88,", j, 4+j, 16+j)
		op("VSHUFF32X4 $0x88,", 8+j, 12+j, 20+j)
		op("VSHUFF32X4 $0xdd,", j, 4+j, 24+j)
		op("VSHUFF32X4 $0xdd,", 8+j, 12+j, 28+j)
	}
	for j := range 4 {
		op("VSHUFF32X4 $0x88,", 16+j, 20+j, j)
		op("VSHUFF32X4 $0x88,", 24+j, 28+j, 4+j)
		op("VSHUFF32X4 $0xdd,", 16+j, 20+j, 8+j)
		op("VSHUFF32X4 $0xdd,", 24+j, 28+j, 12+j)
	}
	for i := range 16 {
		fmt.Fprintf(w, "\tVMOVUPS Z%d, (DI)\n\tADDQ R8, DI\n", i)
	}
	fmt.Fprint(w, "\tADDQ $64, SI\n\tDECQ CX\n\tJNZ loop_transpose\n\tVZEROUPPER\n\tRET\n\n")
}
