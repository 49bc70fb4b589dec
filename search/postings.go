package search

import (
	"encoding/binary"
	"math"
)

// blockSize is how many postings share an entry of the skip table.
const blockSize = 128

// skipBytes is the size of such an entry: last chunk (32 bits), end of the
// block's bytes (32), bounds (2 × 8), two zeros.
const skipBytes = 12

// A code is what a posting says beside its chunk: how often the term stands in the
// chunk's text (at most maxTF) times two, plus one if it stands in the title.
const (
	maxTF    = 31
	numCodes = 2 * (maxTF + 1)
)

// bounds hold for every posting of a list or block: no code is higher in
// either part, no chunk shorter.
type bounds struct{ code, length uint8 }

// add widens b by a posting.
func (b *bounds) add(code, length uint8) {
	b.code = max(b.code&^1, code&^1) | (b.code|code)&1
	b.length = min(b.length, length)
}

func noBounds() bounds { return bounds{0, math.MaxUint8} }

// appendPostings appends a list in its stored form: up to blockSize postings
// alone, more of them behind a skip table. The lengths are those of all chunks.
func appendPostings(dst []byte, chunks []uint32, codes []uint8, lengths []uint8) ([]byte, bounds) {
	all := noBounds()
	n := len(chunks)
	skip := len(dst)
	if n > blockSize {
		dst = append(dst, make([]byte, (n+blockSize-1)/blockSize*skipBytes)...)
	}
	start, next := len(dst), uint32(0)
	for i := 0; i < n; i += blockSize {
		end, b := min(n, i+blockSize), noBounds()
		for j := i; j < end; j++ {
			gap := uint64(chunks[j]-next) << 1
			next = chunks[j] + 1
			if codes[j] == 2 {
				dst = binary.AppendUvarint(dst, gap|1)
			} else {
				dst = append(binary.AppendUvarint(dst, gap), codes[j])
			}
			b.add(codes[j], lengths[chunks[j]])
		}
		if n > blockSize {
			e := dst[skip+i/blockSize*skipBytes:]
			binary.LittleEndian.PutUint32(e, chunks[end-1])
			binary.LittleEndian.PutUint32(e[4:], uint32(len(dst)-start))
			e[8], e[9] = b.code, b.length
		}
		all.add(b.code, b.length)
	}
	return dst, all
}

// A list is a stored list of postings, read block by block.
type list struct {
	n    int    // postings
	skip []byte // skip table, empty for short lists
	data []byte
	all  bounds

	block  int // read into chunks and codes, -1 before the first
	at     int // of the next posting in chunks
	have   int
	chunks [blockSize]uint32
	codes  [blockSize]uint8
}

// open readies l for a list of n postings stored in data. It reports false when data is too
// short for its skip table.
func (l *list) open(data []byte, n int, all bounds) bool {
	l.n, l.skip, l.data, l.all = n, nil, data, all
	l.block, l.at, l.have = -1, 0, 0
	if n > blockSize {
		size := l.blocks() * skipBytes
		if size > len(data) {
			return false
		}
		l.skip, l.data = data[:size], data[size:]
	}
	return true
}

func (l *list) blocks() int { return (l.n + blockSize - 1) / blockSize }

// last returns the last chunk of a block; of a list without a skip table it is
// the highest number.
func (l *list) last(block int) uint32 {
	if len(l.skip) == 0 {
		return math.MaxUint32
	}
	return binary.LittleEndian.Uint32(l.skip[block*skipBytes:])
}

func (l *list) boundsOf(block int) bounds {
	if len(l.skip) == 0 {
		return l.all
	}
	e := l.skip[block*skipBytes:]
	return bounds{e[8] & (numCodes - 1), e[9]}
}

// read decodes a block; damaged bytes give fewer postings.
func (l *list) read(block int) {
	l.block, l.at, l.have = block, 0, 0
	from, to, next := 0, len(l.data), uint32(0)
	if len(l.skip) > 0 {
		to = int(binary.LittleEndian.Uint32(l.skip[block*skipBytes+4:]))
		if block > 0 {
			from = int(binary.LittleEndian.Uint32(l.skip[block*skipBytes-skipBytes+4:]))
			next = l.last(block-1) + 1
		}
	}
	if from > to || to > len(l.data) {
		return
	}
	data := l.data[from:to]
	count, i, k := min(blockSize, l.n-block*blockSize), 0, 0
	for k < count && i < len(data) {
		v := uint32(data[i])
		i++
		if v >= 0x80 {
			u, n := binary.Uvarint(data[i-1:])
			if n <= 0 || u > math.MaxUint32 {
				break
			}
			v, i = uint32(u), i+n-1
		}
		code := uint8(2)
		if v&1 == 0 {
			if i >= len(data) {
				break
			}
			code = data[i] & (numCodes - 1)
			i++
		}
		next += v >> 1
		l.chunks[k], l.codes[k] = next, code
		next++
		k++
	}
	l.have = k
}

// seek moves to the first posting at or after chunk and reports whether there
// is one.
func (l *list) seek(chunk uint32) bool {
	if l.block < 0 || l.at >= l.have || l.chunks[l.have-1] < chunk {
		b := max(l.block, 0)
		if l.block >= 0 && (l.at >= l.have || l.last(b) < chunk) {
			b = l.block + 1
		}
		for b < l.blocks() && l.last(b) < chunk {
			b++
		}
		for ; b < l.blocks(); b++ {
			l.read(b)
			if l.have > 0 && l.chunks[l.have-1] >= chunk {
				break
			}
		}
		if b >= l.blocks() {
			l.block, l.at, l.have = l.blocks(), 0, 0
			return false
		}
	}
	for l.chunks[l.at] < chunk {
		l.at++
	}
	return true
}

// advance reads the next block and reports whether it holds a posting.
func (l *list) advance() bool {
	for b := l.block + 1; b < l.blocks(); b++ {
		l.read(b)
		if l.have > 0 {
			return true
		}
	}
	l.block, l.at, l.have = l.blocks(), 0, 0
	return false
}
