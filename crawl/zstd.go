package crawl

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// skippable reports whether b starts with a skippable zstd frame (RFC 8878,
// 3.1.2).
func skippable(b []byte) bool {
	return len(b) >= 4 && b[0]&0xf0 == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18
}

// dictMagic starts the skippable frame that holds the dictionary of a .warc.zst
// (IIPC, "Zstandard compression for WARC files" 1.0).
const dictMagic = 0x184d2a5d

const (
	maxDict   = 8 << 20   // longest dictionary that is read
	maxWindow = 128 << 20 // longest window a frame may ask for
)

var errFrame = errors.New("zstd frame is damaged")

// frameEnd returns the offset behind the zstd frame at off, from the sizes its
// blocks state. Nothing is decompressed.
func frameEnd(file io.ReaderAt, off int64) (int64, error) {
	var b [18]byte
	n, err := file.ReadAt(b[:], off)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if n < 8 {
		return 0, io.ErrUnexpectedEOF
	}
	if skippable(b[:]) {
		return off + 8 + int64(binary.LittleEndian.Uint32(b[4:])), nil
	}
	if binary.LittleEndian.Uint32(b[:]) != 0xfd2fb528 {
		return 0, errFrame
	}
	desc := b[4]
	single := desc >> 5 & 1
	head := 5 + [4]int{0, 1, 2, 4}[desc&3] + [4]int{int(single), 2, 4, 8}[desc>>6]
	if single == 0 {
		head++
	}
	off += int64(head)
	for last := false; !last; {
		if n, err := file.ReadAt(b[:3], off); n < 3 {
			return 0, short(err)
		}
		block := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		last = block&1 == 1
		size := int64(block >> 3)
		switch block >> 1 & 3 {
		case 1:
			size = 1
		case 3:
			return 0, errFrame
		}
		off += 3 + size
	}
	if desc&4 != 0 {
		off += 4
	}
	return off, nil
}

func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// newZstd returns a decoder for the frames of a file, with the dictionary the
// file starts with, if any.
func newZstd(file io.ReaderAt) (*zstd.Decoder, error) {
	opts := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)}
	var b [8]byte
	if n, _ := file.ReadAt(b[:], 0); n == len(b) && binary.LittleEndian.Uint32(b[:]) == dictMagic {
		size := binary.LittleEndian.Uint32(b[4:])
		if size > maxDict {
			return nil, errors.New("zstd dictionary is longer than 8 MiB")
		}
		dict := make([]byte, size)
		if _, err := file.ReadAt(dict, 8); err != nil && err != io.EOF {
			return nil, err
		}
		if storage(dict) == storedZstd {
			plain, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDict))
			if err != nil {
				return nil, err
			}
			defer plain.Close()
			if dict, err = plain.DecodeAll(dict, nil); err != nil {
				dict = nil
			}
		}
		if len(dict) > 8 {
			opts = append(opts, zstd.WithDecoderDicts(dict))
		}
	}
	z, err := zstd.NewReader(nil, opts...)
	if err != nil { // the dictionary is damaged: frames that need it will say so
		return zstd.NewReader(nil, opts[:3]...)
	}
	return z, nil
}
