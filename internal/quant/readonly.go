package quant

import "encoding/binary"

// Types that files of llama.cpp hold and Feilun does not write.

// Q4_1: scale and minimum in half precision, 16 bytes as of Q4_0. A number is d·q + m.
func decodeQ41(dst []float32, b []byte) { decodeSmall(dst, b[4:], nil, half(b), half(b[2:]), 0) }

// Q5_0: a scale in half precision, 32 fifth bits, 16 bytes as of Q4_0; 16 stands for zero.
func decodeQ50(dst []float32, b []byte) { decodeSmall(dst, b[6:], b[2:6], half(b), 0, 16) }

// Q5_1: scale and minimum in half precision, then as Q5_0. A number is d·q + m.
func decodeQ51(dst []float32, b []byte) {
	decodeSmall(dst, b[8:], b[4:8], half(b), half(b[2:]), 0)
}

// decodeSmall decodes 32 numbers d·(q − zero) + m: q has its low bits in the lower halves of
// 16 bytes, then in their upper halves, and its fifth one in fifth, where there is one.
func decodeSmall(dst []float32, low, fifth []byte, d, m float32, zero int) {
	high := uint32(0)
	if fifth != nil {
		high = binary.LittleEndian.Uint32(fifth)
	}
	for i := range 32 {
		q := int(low[i%16]>>(i/16*4)&15) | int(high>>i&1<<4)
		dst[i] = float32(d*float32(q-zero)) + m // rounded before it is added to, on every processor
	}
}

// Q5_K: as Q4_K, with 32 bytes of fifth bits before the others: bit j of byte l belongs to
// number 32·j + l.
func decodeQ5K(dst []float32, b []byte) {
	d, dmin := half(b), half(b[2:])
	for j := range 8 {
		scale, low := sixBits(b[4:16], j)
		s, m := d*float32(scale), float32(dmin*float32(low))
		for l, q := range b[48+j/2*32:][:32] {
			dst[32*j+l] = float32(s*float32(q>>(j%2*4)&15|b[16+l]>>j&1<<4)) - m
		}
	}
}

// Q2_K: 16 bytes, each with a scale below and a minimum above, 64 bytes with 256 numbers q
// of 2 bits, d and dmin in half precision. A number is d·scale·q − dmin·min.
func decodeQ2K(dst []float32, b []byte) {
	d, dmin := half(b[80:]), half(b[82:])
	for i := range dst {
		s := b[i/16]
		dst[i] = float32(d*float32(s&15)*float32(twoBits(b[16:], i))) - float32(dmin*float32(s>>4))
	}
}

// Q3_K: 32 bytes of third bits (bit j of byte l belongs to number 32·j + l), 64 bytes as of
// Q2_K, 16 scales of 6 bits in 12 bytes, and a scale of these in half precision. A number
// without its third bit is 4 less.
func decodeQ3K(dst []float32, b []byte) {
	d := half(b[108:])
	for i := range dst {
		q := int(twoBits(b[32:], i)) + int(b[i%32]>>(i/32)&1<<2) - 4
		dst[i] = d * float32(int(threeScale(b[96:108], i/16))-32) * float32(q)
	}
}

// twoBits returns number i of 256: byte l of each half of 32 bytes has numbers l, 32 + l,
// 64 + l and 96 + l of 128.
func twoBits(b []byte, i int) byte { return b[i/128*32+i%32] >> (i % 128 / 32 * 2) & 3 }

// threeScale returns scale j of 16: four bits of it in the lower halves of eight bytes, then
// in their upper ones; two more in four bytes behind, a fourth part of each at a time.
func threeScale(b []byte, j int) byte { return b[j%8]>>(j/8*4)&15 | b[8+j%4]>>(j/4*2)&3<<4 }

// unequal is what the 16 places of IQ4_NL and IQ4_XS stand for (ggml's kvalues_iq4nl).
var unequal = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// IQ4_NL: a scale in half precision, 16 bytes as of Q4_0.
func decodeIQ4NL(dst []float32, b []byte) { decodeUnequal(dst, b[2:], half(b)) }

// IQ4_XS: a scale of scales in half precision, 8 scales of 6 bits (the two upper ones of each
// in two bytes, the others in four), and for each 16 bytes as of IQ4_NL; 32 stands for zero.
func decodeIQ4XS(dst []float32, b []byte) {
	d, high := half(b), binary.LittleEndian.Uint16(b[2:])
	for j := range 8 {
		scale := int(b[4+j/2]>>(j%2*4)&15) | int(high>>(2*j)&3<<4)
		decodeUnequal(dst[32*j:][:32], b[8+16*j:], d*float32(scale-32))
	}
}

func decodeUnequal(dst []float32, b []byte, d float32) {
	for i := range 16 {
		dst[i], dst[16+i] = d*unequal[b[i]&15], d*unequal[b[i]>>4]
	}
}
