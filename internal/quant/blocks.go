package quant

import (
	"encoding/binary"
	"math"
)

func half(b []byte) float32       { return FromHalf(binary.LittleEndian.Uint16(b)) }
func putHalf(b []byte, v float32) { binary.LittleEndian.PutUint16(b, ToHalf(v)) }

// putScale is putHalf, one step further from zero where rounding has made a tiny scale
// too small for what it has to reach.
func putScale(b []byte, v float32) {
	h := ToHalf(v)
	if math.Abs(float64(FromHalf(h)))*(1+0x1p-10) < math.Abs(float64(v)) {
		h++
	}
	binary.LittleEndian.PutUint16(b, h)
}

func invert(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// Q8_0: a scale in half precision, 32 signed bytes.
func decodeQ80(dst []float32, b []byte) {
	d := half(b)
	for i := range dst {
		dst[i] = d * float32(int8(b[2+i]))
	}
}

func encodeQ80(b []byte, x []float32) {
	most := float32(0)
	for _, v := range x {
		most = max(most, float32(math.Abs(float64(v))))
	}
	d := most / 127
	id := invert(d)
	putHalf(b, d)
	for i, v := range x {
		b[2+i] = byte(int8(round(v * id)))
	}
}

// Q4_0: a scale in half precision, 16 bytes; a byte's low half is a number of the
// first 16, its high half one of the last 16; 8 stands for zero.
func decodeQ40(dst []float32, b []byte) {
	d := half(b)
	for i := range 16 {
		dst[i] = d * float32(int(b[2+i]&15)-8)
		dst[16+i] = d * float32(int(b[2+i]>>4)-8)
	}
}

func encodeQ40(b []byte, x []float32) {
	// the number furthest from zero becomes -8
	far, most := float32(0), float32(0)
	for _, v := range x {
		if a := float32(math.Abs(float64(v))); a > most {
			far, most = v, a
		}
	}
	d := far / -8
	id := invert(d)
	putHalf(b, d)
	q := func(v float32) byte { return byte(min(15, int(float32(v*id)+8.5))) }
	for i := range 16 {
		b[2+i] = q(x[i]) | q(x[16+i])<<4
	}
}

// super is how many numbers a block of the K types has.
const super = 256

// Q4_K: scales d and dmin in half precision, 12 bytes with 8 scales and 8 minima of
// 6 bits, 128 bytes with 256 numbers q of 4 bits. A number is d·scale·q − dmin·min.
func decodeQ4K(dst []float32, b []byte) {
	d, dmin := half(b), half(b[2:])
	for j := range 8 {
		scale, low := sixBits(b[4:16], j)
		s, m := d*float32(scale), float32(dmin*float32(low)) // rounded before it is subtracted, on every processor
		for l, q := range b[16+j/2*32:][:32] {
			dst[32*j+l] = float32(s*float32(q>>(j%2*4)&15)) - m
		}
	}
}

// Scales4K returns what a block of Q4_K multiplies its scales and minima by, and these: a number
// is scale·scales[j]·q − low·lows[j], where q of number 32·j + i is the lower half of byte
// 16 + 32·⌊j/2⌋ + i for even j, and its upper half for odd ones.
func Scales4K(block []byte) (scale, low uint16, scales, lows [8]byte) {
	for j := range 8 {
		scales[j], lows[j] = sixBits(block[4:16], j)
	}
	return binary.LittleEndian.Uint16(block), binary.LittleEndian.Uint16(block[2:]), scales, lows
}

// sixBits returns scale and minimum j of 8: the first four of each lie in the low six
// bits of a byte, of the others four bits in the last bytes and two above the first.
func sixBits(b []byte, j int) (scale, low byte) {
	if j < 4 {
		return b[j] & 63, b[j+4] & 63
	}
	return b[j+4]&15 | b[j-4]>>6<<4, b[j+4]>>4 | b[j]>>6<<4
}

func putSixBits(b []byte, scales, lows *[8]byte) {
	for j := range 4 {
		b[j] = scales[j] | scales[j+4]>>4<<6
		b[j+4] = lows[j] | lows[j+4]>>4<<6
		b[j+8] = scales[j+4]&15 | lows[j+4]<<4
	}
}

// Q6_K: 128 bytes with the low four bits of 256 numbers, 64 with the high two, 16
// signed scales, and a scale of these in half precision. 32 stands for zero.
func decodeQ6K(dst []float32, b []byte) {
	d := half(b[208:])
	for i := range dst {
		low, high := sixPlaces(i)
		q := int(b[low.at]>>low.shift&15|b[128+high.at]>>high.shift&3<<4) - 32
		dst[i] = d * float32(int8(b[192+i/16])) * float32(q)
	}
}

// A place is a byte and where in it a number begins.
type place struct {
	at    int
	shift uint
}

// sixPlaces tells where the two parts of number i of a Q6_K block lie.
func sixPlaces(i int) (low, high place) {
	h, r := i/128, i%128
	return place{64*h + r%64, uint(r / 64 * 4)}, place{32*h + r%32, uint(r / 32 * 2)}
}
