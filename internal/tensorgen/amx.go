package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// general are registers by the numbers that instructions have them by.
var general = map[string]int{"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7, "R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14}

// amxBytes writes an instruction of tiles, in VEX form, map 0F38 (Intel SDM, vol. 2, 2.3 and
// the instructions' pages). prefix is 0 for none, 1 for 66, 2 for F3, 3 for F2.
func amxBytes(opcode, prefix byte, extended byte, v int, rest ...byte) string {
	var s []string
	for _, c := range append([]byte{0xc4, 0xe2 &^ extended, byte(^v&15)<<3 | prefix, opcode}, rest...) {
		s = append(s, fmt.Sprintf("BYTE $0x%02x", c))
	}
	return "\t" + strings.Join(s, "; ") + "\n"
}

// tileMemory is a tile that lies at base + offset, its rows as far apart as stride says.
func tileMemory(prefix byte, tile int, base string, offset int, stride string) string {
	b, i := general[base], general[stride]
	extended := byte(b>>3)<<5 | byte(i>>3)<<6
	rest := []byte{0x84 | byte(tile)<<3, byte(i&7)<<3 | byte(b&7)}
	return amxBytes(0x4b, prefix, extended, 0, binary.LittleEndian.AppendUint32(rest, uint32(offset))...)
}

func tileLoad(tile int, base string, offset int, stride string) string {
	return tileMemory(3, tile, base, offset, stride)
}

func tileStore(tile int, base string, offset int, stride string) string {
	return tileMemory(2, tile, base, offset, stride)
}

func tileZero(tile int) string { return amxBytes(0x49, 3, 0, 0, 0xc0|byte(tile)<<3) }

// tileMultiply is dst += a·b of tiles: 16 rows of 32 bfloat16, 16 rows of 16 pairs.
func tileMultiply(dst, a, b int) string {
	return amxBytes(0x5c, 2, 0, b, 0xc0|byte(dst)<<3|byte(a))
}

// amx writes the kernels of tiles. They hold C in tiles 0 to 3, A in 4 and 5, B in 6 and 7.
func amx(w io.Writer) {
	amxKernel{"kernelTiles", 2}.write(w)
	amxKernel{"kernelTilesx16", 1}.write(w)
	for high := 1; high <= 2; high++ {
		amxVectors(w, fmt.Sprintf("decodeTiles%d", high), high)
	}
	fmt.Fprint(w, "// func peakTiles(n int)\nTEXT ·peakTiles(SB), NOSPLIT, $0-8\n\tMOVQ n+0(FP), CX\n"+configure)
	for i := range 8 {
		fmt.Fprint(w, tileZero(i))
	}
	fmt.Fprint(w, "\tPCALIGN $32\nloop_peak:\n")
	for i := range 4 {
		fmt.Fprint(w, tileMultiply(i, 4+i/2, 6+i%2))
	}
	fmt.Fprint(w, "\tDECQ CX\n\tJNZ loop_peak\n"+release+"\tRET\n")
}

const (
	tilesC      = 3                                                                // rows of C that a step fetches
	tilesB      = 8                                                                // steps ahead of its use that B is fetched
	configure   = "\tLEAQ ·tileConfigs+2048(SB), BX\n" + configureBX               // of 32 rows
	configureBX = "\tBYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x03\n" // LDTILECFG (BX)
	release     = "\tBYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0\n" // TILERELEASE
)

// An amxKernel multiplies n tiles of 16·high rows of A, one below the other, with panels of 32
// columns of B, one behind the other in memory, k steps of 32 each.
type amxKernel struct {
	name string
	high int
}

func (m amxKernel) write(w io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", m.name), args...) }
	p("// func NAME(k, n, panels int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)\n")
	p("TEXT ·NAME(SB), NOSPLIT, $0-72\n%s", configure)
	p("\tMOVQ k+0(FP), CX\n\tMOVQ lda+32(FP), R8\n\tMOVQ ldc+56(FP), AX\n\tMOVQ $128, R9\n")
	p("panel_NAME:\n\tMOVQ n+8(FP), R15\n\tMOVQ a+24(FP), SI\n\tMOVQ c+48(FP), DI\n")
	m.tile(w, true)
	p("\tJMP next_NAME\n\tPCALIGN $32\ntile_NAME:\n")
	m.tile(w, false)
	p("next_NAME:\n\tMOVQ R8, BX\n\tSHLQ $%d, BX\n\tADDQ BX, SI\n\tMOVQ AX, BX\n\tSHLQ $%d, BX\n\tADDQ BX, DI\n\tDECQ R15\n\tJNZ tile_NAME\n", 3+m.high, 3+m.high)
	p("\tADDQ $128, c+48(FP)\n\tMOVQ DX, b+40(FP)\n\tDECQ panels+16(FP)\n\tJNZ panel_NAME\n%s\tRET\n\n", release)
}

// tile writes the product of a tile of A, at SI, and a panel, for C at DI. The first tile of a
// panel fetches B, which later ones find in the cache; all fetch the C of the next.
func (m amxKernel) tile(w io.Writer, first bool) {
	name := m.name + "_next"
	if first {
		name = m.name + "_first"
	}
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", name), args...) }
	eachC := func(f func(tile int, base string, offset int) string) {
		for i := range 2 * m.high {
			p("%s", f(i, []string{"DI", "R11"}[i/2], i%2*64))
		}
	}
	p("\tMOVQ AX, R11\n\tSHLQ $4, R11\n\tADDQ DI, R11\n\tMOVQ add+64(FP), BX\n\tTESTQ BX, BX\n\tJZ zero_NAME\n")
	eachC(func(tile int, base string, offset int) string { return tileLoad(tile, base, offset, "AX") })
	p("\tJMP start_NAME\nzero_NAME:\n")
	eachC(func(tile int, _ string, _ int) string { return tileZero(tile) })
	p("start_NAME:\n\tMOVQ CX, BX\n\tMOVQ SI, R12\n\tMOVQ R8, R13\n\tSHLQ $4, R13\n\tADDQ SI, R13\n\tMOVQ b+40(FP), DX\n")
	p("\tMOVQ AX, R10\n\tSHLQ $%d, R10\n\tADDQ DI, R10\n\tMOVQ c+48(FP), R14\n\tADDQ $128, R14\n\tCMPQ R15, $1\n\tCMOVQEQ R14, R10\n", 3+m.high)
	p("\tPCALIGN $32\nloop_NAME:\n")
	p("%s", tileMemory(1, 4, "R12", 0, "R8")+tileLoad(6, "DX", 0, "R9")+tileMultiply(0, 4, 6)+tileLoad(7, "DX", 64, "R9")+tileMultiply(1, 4, 7))
	if m.high == 2 {
		p("%s", tileMemory(1, 5, "R13", 0, "R8")+tileMultiply(2, 5, 6)+tileMultiply(3, 5, 7))
	}
	for range tilesC {
		p("\tBYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x0a\n\tBYTE $0x41; BYTE $0x0f; BYTE $0x0d; BYTE $0x4a; BYTE $0x40\n\tADDQ AX, R10\n") // PREFETCHW (R10), 64(R10)
	}
	if first {
		for i := range 32 {
			p("\tPREFETCHT0 %d(DX)\n", 2048*tilesB+64*i)
		}
	}
	p("\tADDQ $64, R12\n\tADDQ $64, R13\n\tADDQ $2048, DX\n\tDECQ BX\n\tJNZ loop_NAME\n")
	eachC(func(tile int, base string, offset int) string { return tileStore(tile, base, offset, "AX") })
}

// amxVectors writes a kernel that multiplies pairs of tiles of a matrix of weights with chunks of
// up to 16·high vectors, of which the configuration says how many the tiles take. The first
// chunk fetches the weights, which the others find in the cache.
func amxVectors(w io.Writer, name string, high int) {
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", name), args...) }
	p("// func NAME(config unsafe.Pointer, groups, chunks, pairs int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)\n")
	p("TEXT ·NAME(SB), NOSPLIT, $0-72\n\tMOVQ config+0(FP), BX\n%s", configureBX)
	p("\tMOVQ groups+8(FP), CX\n\tMOVQ xstep+48(FP), R8\n\tMOVQ ystep+64(FP), AX\n\tMOVQ $64, R9\n\tMOVQ $128, R13\n\tMOVQ AX, R14\n\tSHLQ $4, R14\n")
	p("pair_NAME:\n\tMOVQ chunks+16(FP), R15\n\tMOVQ x+40(FP), R10\n\tMOVQ y+56(FP), DI\n")
	amxChunk(w, name+"_first", high, true)
	p("\tJMP next_NAME\nchunk_NAME:\n")
	amxChunk(w, name+"_next", high, false)
	p("next_NAME:\n\tADDQ $%d, R10\n\tLEAQ (DI)(R14*%d), DI\n\tDECQ R15\n\tJNZ chunk_NAME\n", 16*high*128, high)
	p("\tMOVQ DX, w+32(FP)\n\tADDQ $128, y+56(FP)\n\tDECQ pairs+24(FP)\n\tJNZ pair_NAME\n%s\tRET\n\n", release)
}

// amxChunk multiplies a pair of tiles with the vectors at R10, for C at DI; it leaves the end of
// the weights in DX.
func amxChunk(w io.Writer, name string, high int, first bool) {
	p := func(format string, args ...any) { fmt.Fprintf(w, strings.ReplaceAll(format, "NAME", name), args...) }
	p("\tMOVQ CX, BX\n\tMOVQ w+32(FP), DX\n\tMOVQ R10, SI\n\tLEAQ 2048(R10), R12\n\tLEAQ (DI)(R14*1), R11\n")
	for i := range 2 * high {
		p("%s", tileZero(i))
	}
	p("\tPCALIGN $32\nloop_NAME:\n")
	for k := range 2 {
		p("%s", tileLoad(4, "SI", 64*k, "R13")+tileLoad(6, "DX", 1024*k, "R9")+tileMultiply(0, 4, 6)+tileLoad(7, "DX", 2048+1024*k, "R9")+tileMultiply(1, 4, 7))
		if high == 2 {
			p("%s", tileLoad(5, "R12", 64*k, "R13")+tileMultiply(2, 5, 6)+tileMultiply(3, 5, 7))
		}
		for i := range 32 {
			if first {
				p("\tPREFETCHT0 %d(DX)\n", weightsAhead+2048*k+64*i)
			}
		}
	}
	p("\tADDQ R8, SI\n\tADDQ R8, R12\n\tADDQ $4096, DX\n\tDECQ BX\n\tJNZ loop_NAME\n")
	for i := range 2 * high {
		p("%s", tileStore(i, []string{"DI", "R11"}[i/2], i%2*64, "AX"))
	}
}

const weightsAhead = 2 << 10 // bytes that weights are fetched ahead
