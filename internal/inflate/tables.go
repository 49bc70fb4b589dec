package inflate

import (
	"io"
	"math/bits"
)

// Sizes of the decoding tables: entries for the next litBits or distBits bits,
// then subtables for longer codes. The total is below the size for every
// complete code of 288 or 32 symbols (2,342 and 402, counted by zlib's enough.c).
const (
	litBits  = 11
	litSize  = 4096
	distBits = 8
	distSize = 512
	preBits  = 7
)

// An entry of a table holds, from its lowest bit: in 8 bits how many bits the
// symbol takes with its extra bits, in 4 bits how many of these are the code,
// flags, and from bit 16 on the value: the literal, or the base of a length or
// distance. For a subtable it holds the bits to take before, the subtable's
// width and its index.
const (
	flagLiteral = 1 << 31
	flagOther   = 1 << 15 // neither literal, length nor distance
	flagEnd     = 1 << 14 // with flagOther: end of block
	flagSub     = 1 << 13 // with flagOther: subtable
)

// symbols are the entries without the code's length.
type symbols [288]uint32

var litSymbols, distSymbols, preSymbols = makeSymbols()

// makeSymbols lists literals, lengths and distances with their bases and
// extra bits (RFC 1951, 3.2.5).
func makeSymbols() (lit, dist, pre *symbols) {
	lit, dist, pre = new(symbols), new(symbols), new(symbols)
	for i := range 256 {
		lit[i] = flagLiteral | uint32(i)<<16
	}
	lit[256] = flagOther | flagEnd
	base := uint32(3)
	for i := range 28 {
		extra := uint32(max(0, i/4-1))
		lit[257+i] = base<<16 | extra
		base += 1 << extra
	}
	lit[285] = 258 << 16
	lit[286], lit[287] = flagOther, flagOther
	base = 1
	for i := range 30 {
		extra := uint32(max(0, i/2-1))
		dist[i] = base<<16 | extra
		base += 1 << extra
	}
	dist[30], dist[31] = flagOther, flagOther
	for i := range 19 {
		pre[i] = uint32(i) << 16
	}
	return lit, dist, pre
}

// build fills table for a canonical Huffman code of the given lengths, with
// width bits at first sight. It reports whether the lengths make a code:
// complete, or a single code of one bit, or none at all.
func build(table []uint32, width int, lens []uint8, syms *symbols) bool {
	var count [16]int
	for _, l := range lens {
		count[l&15]++
	}
	count[0] = 0
	left, longest := 1, 0
	for l := 1; l < 16; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false
		}
		if count[l] > 0 {
			longest = l
		}
	}
	if left > 0 {
		return incomplete(table[:1<<width], longest, count[1], lens, syms)
	}
	var next [16]int
	for l := 1; l < 15; l++ {
		next[l+1] = next[l] + count[l]
	}
	var order [288]uint16
	for i, l := range lens {
		if l != 0 {
			order[next[l&15]] = uint16(i)
			next[l&15]++
		}
	}
	fill(table, width, &count, &order, syms)
	return true
}

// incomplete fills the table of a code that leaves bit patterns unused.
func incomplete(table []uint32, longest, ones int, lens []uint8, syms *symbols) bool {
	for i := range table {
		table[i] = flagOther
	}
	if longest == 0 {
		return true
	}
	if longest != 1 || ones != 1 {
		return false
	}
	for s, l := range lens {
		if l == 1 {
			for i := 0; i < len(table); i += 2 {
				table[i] = syms[s] + 0x101
			}
		}
	}
	return true
}

// fill writes the entries of a complete code. order lists the symbols by
// length. Codes are kept with their first bit lowest, as the input has them.
func fill(table []uint32, width int, count *[16]int, order *[288]uint16, syms *symbols) {
	length := 1
	for count[length] == 0 {
		length++
	}
	code, i := uint32(0), 0
	for size := 1 << min(length, width); length <= width; {
		for n := count[length]; n > 0; n-- {
			table[code] = syms[order[i]] + uint32(length)*0x101
			i++
			code = following(code, length)
		}
		length++
		for ; length <= width && count[length] == 0 && size < 1<<width; length++ {
			size = double(table, size)
		}
		if length <= width && size < 1<<width {
			size = double(table, size)
		}
	}
	if code != 0 {
		subtables(table, width, count, order[i:], code, syms)
	}
}

func double(table []uint32, size int) int {
	copy(table[size:2*size], table[:size])
	return 2 * size
}

// following returns the code after code among those of a length: one more,
// counted from the last bit. After the last code it returns 0.
func following(code uint32, length int) uint32 {
	open := code ^ (1<<length - 1)
	if open == 0 {
		return 0
	}
	bit := uint32(1) << (bits.Len32(open) - 1)
	return code&(bit-1) | bit
}

// subtables writes the entries of codes longer than width.
func subtables(table []uint32, width int, count *[16]int, order []uint16, code uint32, syms *symbols) {
	mask := uint32(1<<width - 1)
	prefix := ^uint32(0)
	start, end, i := 0, 1<<width, 0
	for length := width + 1; length < 16; length++ {
		for n := count[length]; n > 0; n-- {
			if code&mask != prefix {
				prefix = code & mask
				sub := length - width
				for space := n; space < 1<<sub; {
					sub++
					space = space<<1 + count[width+sub]
				}
				start, end = end, end+1<<sub
				table[prefix] = flagOther | flagSub | uint32(start)<<16 | uint32(sub)<<8 | uint32(width)
			}
			entry := syms[order[i]] + uint32(length-width)*0x101
			for k := start + int(code>>width); k < end; k += 1 << (length - width) {
				table[k] = entry
			}
			i++
			code = following(code, length)
		}
	}
}

// fixedTables readies the tables of fixed codes (RFC 1951, 3.2.6).
func (d *Decoder) fixedTables() {
	if d.fixed {
		return
	}
	l := d.lens[:]
	for i := range 288 {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		default:
			l[i] = 8
		}
	}
	for i := range 32 {
		l[288+i] = 5
	}
	build(d.lit[:], litBits, l[:288], litSymbols)
	build(d.dist[:], distBits, l[288:], distSymbols)
	d.fixed = true
}

// preOrder is the order in which the lengths of the code of lengths are stored.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicTables reads the codes of a block (RFC 1951, 3.2.7).
func (d *Decoder) dynamicTables() error {
	d.fixed = false
	if !d.need(14) {
		return io.ErrUnexpectedEOF
	}
	lits, dists, pres := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if lits > 286 || dists > 30 {
		return ErrCorrupt
	}
	var pre [19]uint8
	for _, at := range preOrder[:pres] {
		if !d.need(3) {
			return io.ErrUnexpectedEOF
		}
		pre[at] = uint8(d.take(3))
	}
	if !build(d.pre[:], preBits, pre[:], preSymbols) {
		return ErrCorrupt
	}
	if err := d.lengths(lits + dists); err != nil {
		return err
	}
	if !build(d.lit[:], litBits, d.lens[:lits], litSymbols) || !build(d.dist[:], distBits, d.lens[lits:lits+dists], distSymbols) {
		return ErrCorrupt
	}
	return nil
}

// lengths reads n code lengths.
func (d *Decoder) lengths(n int) error {
	for i := 0; i < n; {
		d.need(14)
		e := d.pre[d.bb&(1<<preBits-1)]
		if e&flagOther != 0 {
			return d.invalid()
		}
		if uint(e&63) > d.nb {
			return io.ErrUnexpectedEOF
		}
		d.take(uint(e & 63))
		sym := uint8(e >> 16)
		if sym < 16 {
			d.lens[i] = sym
			i++
			continue
		}
		width := [3]uint{2, 3, 7}[sym-16]
		if d.nb < width {
			return io.ErrUnexpectedEOF
		}
		times, value := int(d.take(width))+3, uint8(0)
		switch {
		case sym == 18:
			times += 8
		case sym == 16 && i == 0:
			return ErrCorrupt
		case sym == 16:
			value = d.lens[i-1]
		}
		if i+times > n {
			return ErrCorrupt
		}
		for range times {
			d.lens[i] = value
			i++
		}
	}
	return nil
}
