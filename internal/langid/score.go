package langid

import (
	"encoding/binary"
	"math"
)

// Weights of four bits are added in lanes of eight bits for chunk features,
// these in lanes of 16 bits for block features.
const (
	chunk = 16   // 16·15 < 2^8
	block = 4096 // 4096·15 < 2^16
)

// Score sets sums to Σ weights of each language over the features, in units
// of Step, all off by the same number. sums is scratch space, or nil.
func (g *Group) Score(sums []uint32, features []uint32) []uint32 {
	if cap(sums) < g.stride*16 {
		sums = make([]uint32, g.stride*16)
	}
	sums = sums[:g.stride*16]
	clear(sums)
	shift := 32 - uint(g.Bits)
	var lanes [4 * 4]uint64
	for len(features) > 0 {
		part := features[:min(block, len(features))]
		features = features[len(part):]
		w := 0
		for ; w+4 <= g.stride; w += 4 {
			clear(lanes[:])
			for i := 0; i < len(part); i += chunk {
				g.addFour(&lanes, part[i:min(i+chunk, len(part))], w*8, shift)
			}
			for k := range 4 {
				spread(sums[(w+k)*16:], lanes[4*k:])
			}
		}
		for ; w < g.stride; w++ {
			clear(lanes[:])
			for i := 0; i < len(part); i += chunk {
				g.addOne(&lanes, part[i:min(i+chunk, len(part))], w*8, shift)
			}
			spread(sums[w*16:], lanes[:])
		}
	}
	return sums[:len(g.Languages)]
}

const (
	nibbles = 0x0F0F0F0F0F0F0F0F
	bytes16 = 0x00FF00FF00FF00FF
)

// addFour adds four words of the rows of at most chunk features to the lanes.
func (g *Group) addFour(lanes *[16]uint64, features []uint32, at int, shift uint) {
	var a0, b0, a1, b1, a2, b2, a3, b3 uint64
	row := g.stride * 8
	for _, f := range features {
		o := int(f>>shift)*row + at
		r := (*[32]byte)(g.rows[o : o+32])
		v := binary.LittleEndian.Uint64(r[0:])
		a0 += v & nibbles
		b0 += v >> 4 & nibbles
		v = binary.LittleEndian.Uint64(r[8:])
		a1 += v & nibbles
		b1 += v >> 4 & nibbles
		v = binary.LittleEndian.Uint64(r[16:])
		a2 += v & nibbles
		b2 += v >> 4 & nibbles
		v = binary.LittleEndian.Uint64(r[24:])
		a3 += v & nibbles
		b3 += v >> 4 & nibbles
	}
	widen(lanes[0:4], a0, b0)
	widen(lanes[4:8], a1, b1)
	widen(lanes[8:12], a2, b2)
	widen(lanes[12:16], a3, b3)
}

func (g *Group) addOne(lanes *[16]uint64, features []uint32, at int, shift uint) {
	var a, b uint64
	row := g.stride * 8
	for _, f := range features {
		v := binary.LittleEndian.Uint64(g.rows[int(f>>shift)*row+at:])
		a += v & nibbles
		b += v >> 4 & nibbles
	}
	widen(lanes[0:4], a, b)
}

// widen adds lanes of eight bits (low nibbles, high nibbles) to lanes of 16.
func widen(lanes []uint64, low, high uint64) {
	lanes = lanes[:4]
	lanes[0] += low & bytes16
	lanes[1] += high & bytes16
	lanes[2] += low >> 8 & bytes16
	lanes[3] += high >> 8 & bytes16
}

// spread adds the 16 sums in four words of lanes to sums: nibble i of a word
// is in word i%4 of the lanes, at lane i/4.
func spread(sums []uint32, lanes []uint64) {
	for i := range 16 {
		sums[i] += uint32(lanes[i%4] >> (i / 4 * 16) & 0xFFFF)
	}
}

// Probabilities turns sums over n features into calibrated probabilities.
func (g *Group) Probabilities(p []float64, sums []uint32, n int) []float64 {
	p = p[:0]
	var top uint32
	for _, s := range sums {
		top = max(top, s)
	}
	length := math.Log(float64(n) + 1)
	beta := math.Exp(g.Calibration[0]+(g.Calibration[1]-g.Power)*length) * g.Step
	var z float64
	for _, s := range sums {
		e := 0.0
		if x := beta * float64(top-s); x < 40 {
			e = math.Exp(-x)
		}
		p = append(p, e)
		z += e
	}
	for i := range p {
		p[i] /= z
	}
	return p
}
