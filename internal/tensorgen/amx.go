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
	for _, m := range []amxKernel{{"kernelTiles", 2, false}, {"kernelTilesx16", 1, false}, {"weightTiles", 2, true}} {
		m.write(w)
	}
	amxFlush(w)
	amxRows(w, "tileRows512", false)
	amxRows(w, "tileRowsHalf512", true)
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
	configure   = "\tLEAQ ·tileConfigs+2048(SB), BX\n" + configureBX               // of 32 rows
	configureBX = "\tBYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x03\n" // LDTILECFG (BX)
	release     = "\tBYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0\n" // TILERELEASE
)

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
