package sentencepiece

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Limits on what a model may hold.
const (
	maxPieces = 1 << 22
	maxPiece  = 1 << 10 // bytes of a piece
)

var errCut = errors.New("the file is cut off or damaged")

// A field is one field of a protocol buffer message: a number for the wire types
// of numbers, else bytes.
type field struct {
	id    int
	num   uint64
	bytes []byte
}

// fields calls f with the fields of a message.
func fields(b []byte, f func(field) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key>>3 == 0 || key>>3 > math.MaxInt32 {
			return errCut
		}
		b = b[n:]
		x := field{id: int(key >> 3)}
		switch key & 7 {
		case 0:
			if x.num, n = binary.Uvarint(b); n <= 0 {
				return errCut
			}
		case 1:
			if n = 8; len(b) < n {
				return errCut
			}
			x.num = binary.LittleEndian.Uint64(b)
		case 2:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return errCut
			}
			n = k + int(size)
			x.bytes = b[k:n]
		case 5:
			if n = 4; len(b) < n {
				return errCut
			}
			x.num = uint64(binary.LittleEndian.Uint32(b))
		default:
			return errCut
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// Types of pieces.
const (
	normal      = 1
	unknown     = 2
	control     = 3
	userDefined = 4
	unused      = 5
	byteValue   = 6
)

// unigram is the number of the unigram model among SentencePiece's kinds.
const unigram = 1

// A piece is an entry of the vocabulary.
type piece struct {
	text  string
	score float32
	kind  int
}

// spec is what a model file says of its model.
type spec struct {
	pieces        []piece
	kind          uint64
	byteFallback  bool
	suffix        bool // white space marks ends of words, not beginnings
	charsmap      []byte
	dummyPrefix   bool
	removeSpaces  bool
	escapeSpaces  bool
	hasNormalizer bool
}

// parse reads a ModelProto.
func parse(b []byte) (*spec, error) {
	s := &spec{kind: unigram, dummyPrefix: true, removeSpaces: true, escapeSpaces: true}
	err := fields(b, func(f field) error {
		switch f.id {
		case 1:
			if len(s.pieces) == maxPieces {
				return fmt.Errorf("more than %d pieces", maxPieces)
			}
			p, err := parsePiece(f.bytes)
			s.pieces = append(s.pieces, p)
			return err
		case 2:
			return fields(f.bytes, s.trainer)
		case 3:
			s.hasNormalizer = true
			return fields(f.bytes, s.normalizer)
		}
		return nil
	})
	return s, err
}

func parsePiece(b []byte) (piece, error) {
	p := piece{kind: normal}
	err := fields(b, func(f field) error {
		switch f.id {
		case 1:
			p.text = string(f.bytes)
		case 2:
			p.score = math.Float32frombits(uint32(f.num))
		case 3:
			p.kind = int(min(f.num, 1<<10))
		}
		return nil
	})
	switch {
	case err != nil:
		return p, err
	case p.text == "" || len(p.text) > maxPiece:
		return p, fmt.Errorf("a piece of %d bytes", len(p.text))
	case math.IsNaN(float64(p.score)) || math.IsInf(float64(p.score), 0):
		return p, fmt.Errorf("piece %q has the score %v", p.text, p.score)
	}
	return p, nil
}

func (s *spec) trainer(f field) error {
	switch f.id {
	case 3:
		s.kind = f.num
	case 24:
		s.suffix = f.num != 0
	case 35:
		s.byteFallback = f.num != 0
	}
	return nil
}

func (s *spec) normalizer(f field) error {
	switch f.id {
	case 2:
		s.charsmap = f.bytes
	case 3:
		s.dummyPrefix = f.num != 0
	case 4:
		s.removeSpaces = f.num != 0
	case 5:
		s.escapeSpaces = f.num != 0
	}
	return nil
}
