package crawl

import (
	"errors"
	"io"

	"feilun/internal/bzip2"
	"feilun/internal/hint"
)

// A blockStream reads the blocks of a bzip2 file that follow each other without
// a gap as one stream.
type blockStream struct {
	r     *bzip2.Reader
	size  int64
	pos   int64 // bit position of the next block
	text  []byte
	read  int64  // bytes decompressed since the last start
	marks []mark // of the blocks since the last start
	gap   bool   // something else than a block stands at pos
}

// A mark says where in the file the block is stored that begins at an offset
// of the stream.
type mark struct{ off, at int64 }

// blocks returns a stream over the file, to be started.
func (o *opened) blocks() *blockStream {
	if o.bz == nil {
		o.bz = bzip2.NewReader(o.file, o.size)
	} else {
		o.bz.Reset(o.file, o.size)
	}
	return &blockStream{r: o.bz, size: o.size}
}

// firstBlock returns the first block's content, as far as sniffing needs it.
func (o *opened) firstBlock() ([]byte, error) {
	b := o.blocks()
	b.start(0)
	head := make([]byte, headBytes)
	n, _ := io.ReadFull(b, head)
	return head[:n], b.r.Err()
}

// start begins at the block at or behind a bit position where a block ended; 0
// is the start of the file.
func (b *blockStream) start(pos int64) {
	b.text, b.read, b.marks = nil, 0, b.marks[:0]
	next, err := b.r.Follow(pos)
	b.pos, b.gap = next, err != nil
}

// at begins at a block that is known to be whole.
func (b *blockStream) at(pos int64) {
	b.text, b.read, b.marks, b.pos, b.gap = nil, 0, b.marks[:0], pos, false
}

// Read gives the stream up to a gap or the end of the file.
func (b *blockStream) Read(out []byte) (int, error) {
	for len(b.text) == 0 {
		if b.gap || b.pos >= 8*b.size {
			return 0, io.EOF
		}
		text, next, err := b.r.Block(b.pos)
		if err != nil {
			b.gap = true
			return 0, io.EOF
		}
		b.marks = append(b.marks, mark{b.read, b.pos / 8})
		b.text = text
		b.read += int64(len(text))
		if b.pos, err = b.r.Follow(next); err != nil {
			b.gap = true
		}
	}
	n := copy(out, b.text)
	b.text = b.text[n:]
	return n, nil
}

// place returns where the block is stored that holds an offset of the stream,
// and the offset in that block. Blocks before it are forgotten.
func (b *blockStream) place(off int64) (at, inner int64) {
	for len(b.marks) > 1 && b.marks[1].off <= off {
		b.marks = b.marks[1:]
	}
	if len(b.marks) == 0 {
		return b.pos / 8, 0
	}
	return b.marks[0].at, off - b.marks[0].off
}

// lastBlock returns where the last block that was read is stored, or -1.
func (b *blockStream) lastBlock() int64 {
	if len(b.marks) == 0 {
		return -1
	}
	return b.marks[len(b.marks)-1].at
}

// skipGap looks for the next whole block behind a gap, and returns where the
// gap starts and how many bytes it has. more is false when no block follows.
func (b *blockStream) skipGap() (from, lost int64, more bool) {
	from = b.pos / 8
	next := b.r.Find(b.pos+1, b.size)
	if next < 0 {
		b.pos, b.gap = 8*b.size, false
		return from, b.size - from, false
	}
	b.at(next)
	return from, max(1, next/8-from), true
}

// finishBlocks reports a gap that ended a stream that cannot go on behind it.
func (j *job) finishBlocks(b *blockStream) error {
	if b.gap && len(b.text) == 0 && b.r.Err() == nil && j.err == nil {
		j.damaged(b.pos/8, b.size-b.pos/8, "bzip2 block is damaged")
	}
	return b.r.Err()
}

// errPacked is the error on a file in a packing that is not read.
func errPacked(kind string) error {
	if kind == kind7z {
		return hint.With(errors.New("7z archives are not read"), "unpack it first, or take the .bz2 of the same dump")
	}
	return hint.With(errors.New("WARC in bzip2 is not read"), "decompress it, or compress it with gzip, one member a record")
}
