package dedup

import (
	"crypto/sha1"
	"encoding/binary"

	"feilun"

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"
)

// A sketcher turns documents into MinHash signatures. It is used by one
// goroutine at a time; its slices hold the last document's.
type sketcher struct {
	p        *NearParams
	split    *splitter
	tokens   tokens
	shingles []uint64
	a, b     []uint64 // factors and offsets, one a hash function, padded to lanes
	min      []uint64 // least value by hash function; band k is min[k*Rows:][:Rows]
	row      []byte   // scratch for the hash of a band
}

func newSketcher(p *NearParams) *sketcher {
	s := &sketcher{p: p, split: newSplitter(), row: make([]byte, 8*p.Rows)}
	s.a, s.b = permutations(uint32(p.Seed), p.Bands*p.Rows)
	s.min = make([]uint64, len(s.a))
	return s
}

// sketch computes shingles and min of the document, and reports whether it has
// a signature; it has none when it is too short.
func (s *sketcher) sketch(d *feilun.Doc) bool {
	if !s.shingle(d) {
		return false
	}
	s.minimize()
	return true
}

func (s *sketcher) sketchTokens() bool {
	if !s.hashShingles() {
		return false
	}
	s.minimize()
	return true
}

// shingle computes the shingles alone.
func (s *sketcher) shingle(d *feilun.Doc) bool {
	switch s.p.Tokens {
	case "characters":
		s.tokens.reset(false)
		s.split.characters(d.Text, &s.tokens)
	case "words":
		s.tokens.reset(true)
		words(d, &s.tokens)
	default:
		s.tokens.reset(true)
		s.split.mixed(d.Text, &s.tokens)
	}
	return s.hashShingles()
}

func (s *sketcher) hashShingles() bool {
	s.shingles = s.shingles[:0]
	n, count := s.p.Ngram, len(s.tokens.ends)
	if count < n {
		if s.p.Short == "skip" || count == 0 {
			return false
		}
		n = count
	}
	switch s.p.Hash {
	case "xxh64":
		for i := range count - n + 1 {
			s.shingles = append(s.shingles, xxhash.Sum64(s.tokens.span(i, n)))
		}
	case "sha1":
		for i := range count - n + 1 {
			sum := sha1.Sum(s.tokens.span(i, n))
			s.shingles = append(s.shingles, binary.LittleEndian.Uint64(sum[:]))
		}
	default:
		for i := range count - n + 1 {
			s.shingles = append(s.shingles, xxh3.Hash(s.tokens.span(i, n)))
		}
	}
	return true
}

func (s *sketcher) minimize() {
	for i := range s.min {
		s.min[i] = mersenne61
	}
	minimums(s.shingles, s.a, s.b, s.min)
}

// band returns the key under which band k is looked up: a hash of its rows.
func (s *sketcher) band(k int) uint64 {
	for i, v := range s.min[k*s.p.Rows:][:s.p.Rows] {
		binary.LittleEndian.PutUint64(s.row[8*i:], v)
	}
	return xxh3.Hash(s.row)
}
