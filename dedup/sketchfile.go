package dedup

import (
	"encoding/binary"
	"io"
	"os"
)

// A sketch file holds the signatures of a shard's documents in blocks of
// blockDocs, the last one filled up with zeros: for each band the keys of the
// documents, then their merits, then one byte a document that says whether it
// has a signature, then the lowest byte of each hash function's least value,
// document by document, from which similarity is estimated.
const blockDocs = 256

type sketchShape struct{ bands, functions int }

func shapeOf(p *NearParams) sketchShape { return sketchShape{p.Bands, p.Bands * p.Rows} }

func (s sketchShape) size() int             { return blockDocs * (8*s.bands + 8 + 1 + s.functions) }
func (s sketchShape) key(band, doc int) int { return 8 * (band*blockDocs + doc) }
func (s sketchShape) merit(doc int) int     { return 8 * (s.bands*blockDocs + doc) }
func (s sketchShape) has(doc int) int       { return 8*(s.bands+1)*blockDocs + doc }
func (s sketchShape) low(doc int) int       { return (8*(s.bands+1)+1)*blockDocs + doc*s.functions }

type sketchWriter struct {
	sketchShape
	w     io.Writer
	block []byte
	docs  int // in block
}

func newSketchWriter(w io.Writer, p *NearParams) *sketchWriter {
	s := &sketchWriter{sketchShape: shapeOf(p), w: w}
	s.block = make([]byte, s.size())
	return s
}

// add takes the signature that sk holds, if has says there is one.
func (s *sketchWriter) add(sk *sketcher, has bool, merit uint64) error {
	d := s.docs
	binary.LittleEndian.PutUint64(s.block[s.merit(d):], merit)
	if has {
		s.block[s.has(d)] = 1
		for k := range s.bands {
			binary.LittleEndian.PutUint64(s.block[s.key(k, d):], sk.band(k))
		}
		sk.lows(s.block[s.low(d):s.low(d)])
	}
	if s.docs++; s.docs == blockDocs {
		return s.flush()
	}
	return nil
}

// flush writes the block begun, if any.
func (s *sketchWriter) flush() error {
	if s.docs == 0 {
		return nil
	}
	_, err := s.w.Write(s.block)
	clear(s.block)
	s.docs = 0
	return err
}

// A sketchReader reads parts of one sketch file.
type sketchReader struct {
	sketchShape
	f   *os.File
	buf []byte
}

func (s *sketchReader) read(block, at, n int) ([]byte, error) {
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	b := s.buf[:n]
	_, err := s.f.ReadAt(b, int64(block)*int64(s.size())+int64(at))
	return b, err
}

// lows returns the low bytes of a document's signature in dst.
func (s *sketchReader) lows(index int, dst []byte) ([]byte, error) {
	b, err := s.read(index/blockDocs, s.low(index%blockDocs), s.functions)
	return append(dst[:0], b...), err
}

// column calls f with word k (a band's key, or the merit after the last band)
// of every document that has a signature.
func (s *sketchReader) column(k, docs int, f func(index int, word uint64) error) error {
	var has [blockDocs]byte
	for start := 0; start < docs; start += blockDocs {
		b, err := s.read(start/blockDocs, s.has(0), blockDocs)
		if err != nil {
			return err
		}
		copy(has[:], b)
		if b, err = s.read(start/blockDocs, s.key(k, 0), 8*blockDocs); err != nil {
			return err
		}
		for i := range min(blockDocs, docs-start) {
			if has[i] != 0 {
				if err := f(start+i, binary.LittleEndian.Uint64(b[8*i:])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
