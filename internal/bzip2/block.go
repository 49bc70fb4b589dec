package bzip2

import (
	"encoding/binary"
)

const (
	groupSize = 50 // codes that share a table
	maxCode   = 20 // bits
	fastBits  = 10
)

// A decoder decompresses blocks and keeps its memory.
type decoder struct {
	in        bitReader
	trees     [6]tree
	selectors []byte
	tt        []uint32
	out       []byte
}

// A bitReader reads from the highest bit of each byte on. Behind the end it
// reads zeros.
type bitReader struct {
	src []byte
	pos int    // next byte that is not in acc
	acc uint64 // bits left, from the top
	n   uint   // how many
}

// fill makes 56 bits available.
func (r *bitReader) fill() {
	if r.pos+8 <= len(r.src) {
		r.acc |= binary.BigEndian.Uint64(r.src[r.pos:]) >> r.n
		r.pos += int((63 - r.n) >> 3)
		r.n |= 56
		return
	}
	for r.n <= 56 {
		if r.pos < len(r.src) {
			r.acc |= uint64(r.src[r.pos]) << (56 - r.n)
		}
		r.pos++
		r.n += 8
	}
}

// take returns the next k bits, at most 32.
func (r *bitReader) take(k uint) uint32 {
	if r.n < k {
		r.fill()
	}
	x := uint32(r.acc >> (64 - k))
	r.acc <<= k
	r.n -= k
	return x
}

// used returns how many bits were read.
func (r *bitReader) used() int { return r.pos*8 - int(r.n) }

// block decompresses the block that starts at a bit of src's first byte; used
// is the bit behind it.
func (d *decoder) block(src []byte, bit int) (text []byte, used int, err error) {
	r := &d.in
	*r = bitReader{src: src}
	r.take(uint(bit))
	if uint64(r.take(24))<<24|uint64(r.take(24)) != blockMagic {
		return nil, 0, ErrDamaged
	}
	sum := r.take(32)
	if r.take(1) != 0 {
		return nil, 0, ErrDamaged // randomised, which no version since 1999 writes
	}
	origin := r.take(24)
	if d.tt == nil {
		d.tt = make([]uint32, maxBlock)
	}
	symbols, ok := d.alphabet()
	if !ok || !d.tables(len(symbols)+2) {
		return nil, 0, ErrDamaged
	}
	n, ok := d.codes(symbols)
	if !ok || r.used() > 8*len(src) || int(origin) >= n {
		return nil, 0, ErrDamaged
	}
	if d.untransform(n, origin) != sum {
		return nil, 0, ErrDamaged
	}
	return d.out, r.used(), nil
}

// alphabet reads which bytes the block holds.
func (d *decoder) alphabet() (symbols []byte, ok bool) {
	used := d.in.take(16)
	for i := range 16 {
		if used&(1<<(15-i)) == 0 {
			continue
		}
		part := d.in.take(16)
		for k := range 16 {
			if part&(1<<(15-k)) != 0 {
				symbols = append(symbols, byte(i*16+k))
			}
		}
	}
	return symbols, len(symbols) > 0
}

// tables reads the selectors and the code tables for size symbols.
func (d *decoder) tables(size int) bool {
	r := &d.in
	trees := int(r.take(3))
	if trees < 2 || trees > 6 {
		return false
	}
	n := int(r.take(15))
	if n == 0 {
		return false
	}
	order := [6]byte{0, 1, 2, 3, 4, 5}
	d.selectors = d.selectors[:0]
	for range n {
		k := 0
		for r.take(1) == 1 {
			if k++; k >= trees {
				return false
			}
		}
		t := order[k]
		copy(order[1:k+1], order[:k])
		order[0] = t
		d.selectors = append(d.selectors, t)
	}
	for i := range trees {
		var lengths [258]uint8
		length := r.take(5)
		for s := range size {
			for r.take(1) == 1 {
				if length += 1 - 2*r.take(1); length < 1 || length > maxCode {
					return false
				}
			}
			if length < 1 || length > maxCode {
				return false
			}
			lengths[s] = uint8(length)
		}
		if !d.trees[i].build(lengths[:size]) {
			return false
		}
	}
	return r.used() <= 8*len(r.src)
}

// A tree is a table of canonical codes.
type tree struct {
	fast  [1 << fastBits]uint16 // by the next bits: symbol<<5 | length, 0 for longer codes
	limit [maxCode + 2]uint32   // by length: first code that is longer, at the top of 20 bits
	base  [maxCode + 2]int32    // by length: index in order of the code 0
	order [258]uint16
}

// build fills the tree. It fails when the lengths ask for more codes than
// there are.
func (t *tree) build(lengths []uint8) bool {
	clear(t.fast[:])
	code, k := uint32(0), 0
	for l := uint(1); l <= maxCode; l++ {
		t.base[l] = int32(k) - int32(code)
		for s, n := range lengths {
			if uint(n) != l {
				continue
			}
			if code >= 1<<l {
				return false
			}
			t.order[k] = uint16(s)
			if l <= fastBits {
				from := code << (fastBits - l)
				for i := range uint32(1) << (fastBits - l) {
					t.fast[from+i] = uint16(s)<<5 | uint16(l)
				}
			}
			code++
			k++
		}
		t.limit[l] = code << (maxCode - l)
		code <<= 1
	}
	return true
}

// slow decodes a code longer than fastBits from the next 20 bits; length 0
// means that there is no such code.
func (t *tree) slow(next uint32) (symbol, length uint) {
	for l := uint(fastBits + 1); l <= maxCode; l++ {
		if next < t.limit[l] {
			k := int32(next>>(maxCode-l)) + t.base[l]
			if k < 0 || int(k) >= len(t.order) {
				return 0, 0
			}
			return uint(t.order[k]), l
		}
	}
	return 0, 0
}

// codes decodes the block's codes into d.tt, undoing move-to-front and the
// second run-length coding, and returns how many bytes there are.
func (d *decoder) codes(symbols []byte) (n int, ok bool) {
	var mtf [256]byte
	copy(mtf[:], symbols)
	end := uint(len(symbols) + 1)
	run, weight, r := 0, 1, d.in
	for _, sel := range d.selectors {
		t := &d.trees[sel]
		for range groupSize {
			if r.n < maxCode {
				r.fill()
			}
			e := uint(t.fast[r.acc>>(64-fastBits)])
			symbol, length := e>>5, e&31
			if length == 0 {
				symbol, length = t.slow(uint32(r.acc >> (64 - maxCode)))
			}
			if length == 0 || weight > 2*maxBlock {
				return 0, false
			}
			r.acc <<= length
			r.n -= length
			if symbol <= 1 {
				run += weight << symbol
				weight <<= 1
				continue
			}
			if run > 0 {
				if n, ok = d.repeat(n, run, mtf[0]); !ok {
					return 0, false
				}
				run, weight = 0, 1
			}
			if symbol == end {
				d.in = r
				return n, true
			}
			if symbol > end || n >= maxBlock {
				return 0, false
			}
			d.tt[n] = uint32(front(&mtf, symbol-1))
			n++
		}
	}
	return 0, false
}

// repeat writes a byte run times from n on, and returns where that ends.
func (d *decoder) repeat(n, run int, c byte) (int, bool) {
	if n+run > maxBlock {
		return n, false
	}
	part := d.tt[n : n+run]
	for i := range part {
		part[i] = uint32(c)
	}
	return n + run, true
}

// front moves a symbol to the front.
func front(mtf *[256]byte, i uint) byte {
	i &= 255
	c := mtf[i]
	if i < 16 {
		for ; i > 0; i-- {
			mtf[i] = mtf[i-1]
		}
	} else {
		copy(mtf[1:i+1], mtf[:i])
	}
	mtf[0] = c
	return c
}

// untransform undoes the Burrows-Wheeler transform of the first n bytes of
// d.tt and the first run-length coding, into d.out, and returns the checksum.
func (d *decoder) untransform(n int, origin uint32) uint32 {
	tt := d.tt[:n]
	var from [256]uint32
	for _, c := range tt {
		from[byte(c)]++
	}
	sum := uint32(0)
	for i, k := range from {
		from[i] = sum
		sum += k
	}
	for i, c := range tt {
		k := &from[byte(c)]
		tt[*k] |= uint32(i) << 8
		*k++
	}
	out := d.out[:0]
	if cap(out) < n {
		out = make([]byte, 0, n+n/8)
	}
	at := tt[origin] >> 8
	last, same := -1, 0
	for range n {
		e := tt[at]
		at = e >> 8
		b := byte(e)
		if same == 4 {
			for range b {
				out = append(out, byte(last))
			}
			last, same = -1, 0
			continue
		}
		if int(b) != last {
			last, same = int(b), 0
		}
		same++
		out = append(out, b)
	}
	d.out = out
	return checksum(out)
}

// checksum is CRC-32 with the polynomial 0x04c11db7, highest bit first.
func checksum(b []byte) uint32 {
	crc := ^uint32(0)
	for len(b) >= 4 {
		crc ^= binary.BigEndian.Uint32(b)
		crc = crcTable[3][crc>>24] ^ crcTable[2][crc>>16&255] ^ crcTable[1][crc>>8&255] ^ crcTable[0][crc&255]
		b = b[4:]
	}
	for _, c := range b {
		crc = crc<<8 ^ crcTable[0][byte(crc>>24)^c]
	}
	return ^crc
}

// crcTable holds the remainders of a byte followed by up to three zero bytes.
var crcTable = func() (t [4][256]uint32) {
	const poly = 0x04c11db7
	for i := range 256 {
		crc := uint32(i) << 24
		for range 8 {
			crc = crc<<1 ^ poly&-(crc>>31)
		}
		t[0][i] = crc
	}
	for k := 1; k < 4; k++ {
		for i := range 256 {
			crc := t[k-1][i]
			t[k][i] = crc<<8 ^ t[0][crc>>24]
		}
	}
	return t
}()
