// Package inflate decompresses gzip members (RFC 1952) that lie whole in
// memory, into memory: what a reader of WARC files does most. It is faster than
// a streaming decompressor because input and output need no windows. Start with
// [Decoder.Member]. Members too large for memory are for another package.
//
// The design, a 64-bit bit buffer refilled once per symbol and decoding tables
// whose entries hold everything about a symbol, is that of libdeflate by Eric
// Biggers; the code is our own.
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Errors of [Decoder.Member]. A member that the input does not hold whole gives
// io.ErrUnexpectedEOF.
var (
	ErrHeader   = errors.New("inflate: not a gzip member")
	ErrCorrupt  = errors.New("inflate: compressed data are damaged")
	ErrChecksum = errors.New("inflate: checksum or length is wrong")
	ErrTooLong  = errors.New("inflate: longer than the limit")
)

// A Decoder holds the decoding tables. It may be used again and again, by one
// goroutine at a time. The zero value is ready.
type Decoder struct {
	lit   [litSize]uint32
	dist  [distSize]uint32
	pre   [1 << preBits]uint32
	lens  [288 + 32]uint8
	fixed bool // the tables are those of fixed codes

	src []byte
	pos int    // next byte of src for the bit buffer
	bb  uint64 // bit buffer, next bit lowest
	nb  uint   // valid bits in bb
	dst []byte // len(dst) is the space; w bytes are written
	w   int
	max int
}

// Member decompresses the gzip member at the start of src into dst, whose
// content is overwritten and whose space is used, and returns the content and
// the member's length in src. Content longer than limit gives ErrTooLong. With
// an error, out holds what was decompressed before it; with ErrChecksum, n is
// set too.
func (d *Decoder) Member(dst, src []byte, limit int) (out []byte, n int, err error) {
	head, err := header(src)
	if err != nil {
		return dst[:0], 0, err
	}
	d.src, d.pos, d.bb, d.nb = src, head, 0, 0
	d.dst, d.w, d.max = dst[:cap(dst)], 0, limit
	err = d.blocks()
	out = d.dst[:d.w]
	d.src, d.dst = nil, nil
	if err != nil {
		return out, 0, err
	}
	n = d.pos - int(d.nb/8) // whole bytes in the bit buffer were not used
	if n+8 > len(src) {
		return out, 0, io.ErrUnexpectedEOF
	}
	sum, size := binary.LittleEndian.Uint32(src[n:]), binary.LittleEndian.Uint32(src[n+4:])
	if sum != crc32.ChecksumIEEE(out) || size != uint32(len(out)) {
		return out, n + 8, ErrChecksum
	}
	return out, n + 8, nil
}

// header returns the length of a gzip header.
func header(b []byte) (int, error) {
	if len(b) < 10 {
		return 0, io.ErrUnexpectedEOF
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 || b[3]&0xe0 != 0 { // reserved flags must be zero
		return 0, ErrHeader
	}
	flags, n := b[3], 10
	if flags&4 != 0 { // extra field
		if len(b) < n+2 {
			return 0, io.ErrUnexpectedEOF
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
	}
	for _, f := range []byte{8, 16} { // name, comment: ended by zero
		if flags&f == 0 {
			continue
		}
		for {
			if n >= len(b) {
				return 0, io.ErrUnexpectedEOF
			}
			n++
			if b[n-1] == 0 {
				break
			}
		}
	}
	if flags&2 != 0 { // checksum of the header
		if n+2 > len(b) {
			return 0, io.ErrUnexpectedEOF
		}
		if binary.LittleEndian.Uint16(b[n:]) != uint16(crc32.ChecksumIEEE(b[:n])) {
			return 0, ErrHeader
		}
		n += 2
	}
	if n > len(b) {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

// need makes n bits available, n at most 48, or reports that the input ends.
func (d *Decoder) need(n uint) bool {
	for d.nb < n {
		if d.pos >= len(d.src) {
			return false
		}
		d.bb |= uint64(d.src[d.pos]) << d.nb
		d.pos++
		d.nb += 8
	}
	return true
}

// take removes n bits that need made available.
func (d *Decoder) take(n uint) uint {
	v := uint(d.bb & (1<<n - 1))
	d.bb >>= n
	d.nb -= n
	return v
}

// blocks decodes blocks to the last one.
func (d *Decoder) blocks() error {
	for last := false; !last; {
		if !d.need(3) {
			return io.ErrUnexpectedEOF
		}
		last = d.take(1) == 1
		var err error
		switch d.take(2) {
		case 0:
			err = d.stored()
		case 1:
			d.fixedTables()
			err = d.codes()
		case 2:
			if err = d.dynamicTables(); err == nil {
				err = d.codes()
			}
		default:
			err = ErrCorrupt
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stored copies a stored block.
func (d *Decoder) stored() error {
	d.take(d.nb & 7)
	d.pos -= int(d.nb / 8)
	d.bb, d.nb = 0, 0
	if d.pos+4 > len(d.src) {
		return io.ErrUnexpectedEOF
	}
	n, not := binary.LittleEndian.Uint16(d.src[d.pos:]), binary.LittleEndian.Uint16(d.src[d.pos+2:])
	if n != ^not {
		return ErrCorrupt
	}
	d.pos += 4
	part := d.src[d.pos:min(len(d.src), d.pos+int(n))]
	if err := d.room(len(part)); err != nil {
		return err
	}
	d.w += copy(d.dst[d.w:], part)
	d.pos += len(part)
	if len(part) < int(n) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// slack is the space that the fast loop needs behind the write position: the
// longest match, written 16 bytes at a time, and two literals.
const slack = 258 + 16 + 2

// room makes sure that n bytes and the slack fit behind the write position.
func (d *Decoder) room(n int) error {
	if d.w+n > d.max {
		return ErrTooLong
	}
	if d.w+n+slack > len(d.dst) {
		grown := make([]byte, max(2*len(d.dst), d.w+n+slack, 1<<16))
		copy(grown, d.dst[:d.w])
		d.dst = grown
	}
	return nil
}

// codes decodes the symbols of a block to its end.
func (d *Decoder) codes() error {
	for {
		if err := d.room(slack); err != nil {
			return err
		}
		done, err := d.fast()
		if done || err != nil {
			return err
		}
		if len(d.dst)-d.w < 2*slack {
			continue
		}
		if done, err = d.careful(); done || err != nil { // the input is near its end
			return err
		}
	}
}

// careful decodes one symbol, looking at how many bits are left.
func (d *Decoder) careful() (done bool, err error) {
	d.need(48)
	e := d.lit[d.bb&(1<<litBits-1)]
	if e&flagSub != 0 && e&flagOther != 0 {
		if d.nb < litBits {
			return false, io.ErrUnexpectedEOF
		}
		d.take(litBits)
		e = d.lit[(uint(e>>16)+uint(d.bb&(1<<(e>>8&15)-1)))&(litSize-1)]
	}
	switch {
	case uint(e&63) > d.nb:
		return false, io.ErrUnexpectedEOF
	case e&flagLiteral != 0:
		d.take(uint(e & 63))
		d.dst[d.w] = byte(e >> 16)
		d.w++
		return false, nil
	case e&flagOther != 0:
		if e&flagEnd == 0 {
			return false, d.invalid()
		}
		d.take(uint(e & 63))
		return true, nil
	}
	bits := d.take(uint(e & 63))
	return false, d.copyMatch(int(e>>16) + int(bits>>(e>>8&15)))
}

// copyMatch decodes a distance, looking at how many bits are left, and copies a
// match.
func (d *Decoder) copyMatch(length int) error {
	d.need(48)
	e := d.dist[d.bb&(1<<distBits-1)]
	if e&flagSub != 0 && e&flagOther != 0 {
		if d.nb < distBits {
			return io.ErrUnexpectedEOF
		}
		d.take(distBits)
		e = d.dist[(uint(e>>16)+uint(d.bb&(1<<(e>>8&15)-1)))&(distSize-1)]
	}
	if e&flagOther != 0 {
		return d.invalid()
	}
	if uint(e&63) > d.nb {
		return io.ErrUnexpectedEOF
	}
	bits := d.take(uint(e & 63))
	from := d.w - int(e>>16) - int(bits>>(e>>8&15))
	if from < 0 {
		return ErrCorrupt
	}
	for range length {
		d.dst[d.w] = d.dst[from]
		d.w, from = d.w+1, from+1
	}
	return nil
}

// invalid returns the error for a code that stands for nothing: with fewer bits
// than the longest code has, more input might have shown another code.
func (d *Decoder) invalid() error {
	if d.nb < 15 && d.pos >= len(d.src) {
		return io.ErrUnexpectedEOF
	}
	return ErrCorrupt
}
