// Package bzip2 decompresses the blocks of bzip2 files one by one, wherever
// they start, so that ranges of a file can be read apart from each other and
// damage costs no more than the blocks it lies in. Start with [NewReader]. The
// format is that of bzip2 1.0: streams of blocks that start at any bit, each
// with a 48-bit magic and a CRC-32 of its content. Blocks are decompressed
// alone; the checksum over a whole stream, which adds nothing to those of its
// blocks, is not compared.
package bzip2

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	blockMagic = 0x314159265359 // digits of pi
	endMagic   = 0x177245385090 // digits of its root

	maxBlock  = 900_000 // bytes before the run-length coding that comes first is undone
	maxPacked = 3 << 20 // longest block as stored: 900,000 codes of 20 bits, tables
	readAhead = 4 * maxPacked
)

// ErrDamaged says that no whole block starts where one should.
var ErrDamaged = errors.New("bzip2 block is damaged")

// A Reader reads blocks of a file at bit positions: eight times the offset of
// a byte, plus the number of its higher bits. It is for one goroutine.
type Reader struct {
	file io.ReaderAt
	size int64
	buf  []byte
	from int64 // offset in the file of buf[0]
	dec  decoder
	err  error // of the disk

	last, next int64 // the block that dec.out holds, and the position behind it
}

// NewReader returns a reader of a file of size bytes.
func NewReader(file io.ReaderAt, size int64) *Reader {
	return &Reader{file: file, size: size, last: -1}
}

// Reset starts on another file and keeps the memory.
func (r *Reader) Reset(file io.ReaderAt, size int64) {
	r.file, r.size, r.buf, r.from, r.err, r.last = file, size, r.buf[:0], 0, nil, -1
}

// Err returns the first error of the disk; it is never that of the data.
func (r *Reader) Err() error { return r.err }

// view returns the bytes of the file from off, at least n of them if the file
// has so many.
func (r *Reader) view(off int64, n int) []byte {
	if off >= r.size {
		return nil
	}
	n = int(min(int64(n), r.size-off))
	if off >= r.from && off+int64(n) <= r.from+int64(len(r.buf)) {
		return r.buf[off-r.from:]
	}
	want := int(min(readAhead, r.size-off))
	if cap(r.buf) < want {
		r.buf = make([]byte, want)
	}
	k, err := r.file.ReadAt(r.buf[:want], off)
	if err != nil && err != io.EOF && r.err == nil {
		r.err = err
	}
	r.buf, r.from = r.buf[:k], off
	return r.buf
}

// Block decompresses the block whose magic starts at bit position pos. text is
// valid until the next call; next is the position behind the block. The error
// is ErrDamaged.
func (r *Reader) Block(pos int64) (text []byte, next int64, err error) {
	if pos == r.last {
		return r.dec.out, r.next, nil
	}
	r.last = -1
	text, used, err := r.dec.block(r.view(pos/8, maxPacked), int(pos%8))
	if err != nil {
		return nil, 0, err
	}
	r.last, r.next = pos, pos/8*8+int64(used)
	return text, r.next, nil
}

// Follow returns where the next block starts, given the position behind a
// block, or 0 for the start of the file. It passes over ends of streams, their
// headers, empty streams, and zero padding. at is the end of the file when no
// block follows. The error is ErrDamaged, at then where something else stands.
func (r *Reader) Follow(pos int64) (at int64, err error) {
	if pos > 0 {
		switch r.bits(pos) {
		case blockMagic:
			return pos, nil
		case endMagic:
			pos = (pos + 48 + 32 + 7) / 8 * 8
		default:
			return pos, ErrDamaged
		}
	}
	for {
		b := r.view(pos/8, 16)
		if len(b) == 0 {
			return 8 * r.size, nil
		}
		if b[0] == 0 {
			pos += 8
			continue
		}
		if !header(b) {
			return pos, ErrDamaged
		}
		switch r.bits(pos + 32) {
		case blockMagic:
			return pos + 32, nil
		case endMagic:
			pos += 32 + 48 + 32
		default:
			return pos, ErrDamaged
		}
	}
}

// Header reports whether b starts as a bzip2 file does.
func Header(b []byte) bool {
	return len(b) >= 10 && header(b) && (head48(b[4:]) == blockMagic || head48(b[4:]) == endMagic)
}

func header(b []byte) bool {
	return len(b) >= 4 && b[0] == 'B' && b[1] == 'Z' && b[2] == 'h' && '1' <= b[3] && b[3] <= '9'
}

func head48(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(b))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}

// bits returns the 48 bits at a position, 0 when the file ends before.
func (r *Reader) bits(pos int64) uint64 {
	b := r.view(pos/8, 8)
	if len(b) < 7 {
		if len(b) == 6 && pos%8 == 0 {
			return head48(b)
		}
		return 0
	}
	x := head48(b)<<8 | uint64(b[6])
	return x >> (8 - pos%8) & (1<<48 - 1)
}

// Find returns the position of the first block at or behind bit position pos,
// and before byte to, that decompresses; -1 if there is none.
func (r *Reader) Find(pos, to int64) int64 {
	for {
		pos = r.magic(pos, to)
		if pos < 0 {
			return -1
		}
		if _, _, err := r.Block(pos); err == nil {
			return pos
		}
		pos++
	}
}

// magic returns the next position at or behind pos, before byte to, where a
// block's magic stands, or -1.
func (r *Reader) magic(pos, to int64) int64 {
	for off := pos / 8; off < to; {
		b := r.view(off, 1<<16)
		if len(b) < 6 {
			return -1
		}
		for len(b) >= 8 && off < to {
			x := binary.BigEndian.Uint64(b)
			for s := range 8 {
				if x>>(16-s)&(1<<48-1) == blockMagic && off*8+int64(s) >= pos {
					return off*8 + int64(s)
				}
			}
			// The third byte of a magic, at any shift, has one of few values.
			b, off = b[1:], off+1
			for len(b) >= 8 && off < to && !maybe[b[2]] {
				b, off = b[1:], off+1
			}
		}
		if r.from+int64(len(r.buf)) >= r.size && len(b) < 8 {
			return r.tail(off, pos, to)
		}
	}
	return -1
}

// tail looks for a magic in the file's last bytes.
func (r *Reader) tail(off, pos, to int64) int64 {
	for p := max(pos, off*8); p/8 < to && p < 8*r.size; p++ {
		if r.bits(p) == blockMagic {
			return p
		}
	}
	return -1
}

// maybe tells the values that the third byte has in a block's magic that
// starts at some bit of the first.
var maybe = func() (set [256]bool) {
	for s := range 8 {
		set[byte(uint64(blockMagic)>>(24+s))] = true
	}
	return set
}()
