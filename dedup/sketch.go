package dedup

import (
	"crypto/sha1"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/spark"

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"
)

// A sketcher turns documents into MinHash signatures. It is used by one
// goroutine at a time; its slices hold the last document's.
type sketcher struct {
	p        *NearParams
	split    *splitter
	tokens   tokens   // for hash functions of bytes
	hashes   []uint64 // of the tokens, for the fast one
	shingles []uint64

	// Hash functions, padded to a multiple of lanes: factors, offsets, and the
	// least value of each. Band k is values k·Rows to (k+1)·Rows-1. With the fast
	// hash they are 32 bits wide.
	a, b, min       []uint64
	a32, b32, min32 []uint32

	spark []spark.HashFunction // instead, with Spark's hash
	lower []byte               // scratch for its tokens

	row []byte // scratch for the key of a band
}

func newSketcher(p *NearParams) *sketcher {
	s := &sketcher{p: p, split: newSplitter(), row: make([]byte, 0, 8*p.Rows)}
	if p.Hash == "spark" {
		s.spark = spark.MinHash(p.Seed, p.Bands*p.Rows)
		s.min = make([]uint64, len(s.spark))
		return s
	}
	s.a, s.b = permutations(uint32(p.Seed), p.Bands*p.Rows)
	if p.Hash != "fast" {
		s.min = make([]uint64, len(s.a))
		return s
	}
	s.min32 = make([]uint32, len(s.a))
	for i := range s.a {
		s.a32, s.b32 = append(s.a32, uint32(s.a[i]>>16)|1), append(s.b32, uint32(s.b[i]>>16))
	}
	return s
}

// sketch computes shingles and least values of the document, and reports
// whether it has a signature; it has none when it is too short.
func (s *sketcher) sketch(d *feilun.Doc) bool {
	if !s.shingle(d) {
		return false
	}
	s.minimize()
	return true
}

// shingle computes the shingles alone.
func (s *sketcher) shingle(d *feilun.Doc) bool {
	if s.p.Hash == "spark" {
		return s.features(d.Text)
	}
	if s.p.Hash == "fast" {
		switch s.p.Tokens {
		case "characters":
			s.hashes = s.split.hashCharacters(d.Text, s.hashes[:0])
		case "words", "treebank":
			s.hashes = s.split.hashWords(d, s.p.Tokens, s.hashes[:0])
		default:
			s.hashes = s.split.hashMixed(d.Text, s.hashes[:0])
		}
		n := s.length(len(s.hashes))
		if n > 0 {
			s.shingles = roll(s.hashes, n, s.shingles[:0])
		}
		return n > 0
	}
	s.tokens.reset(s.p.Tokens != "characters")
	switch s.p.Tokens {
	case "characters":
		s.split.characters(d.Text, &s.tokens)
	case "words", "treebank":
		s.split.datatrove(d, s.p.Tokens, &s.tokens)
	default:
		s.split.mixed(d.Text, &s.tokens)
	}
	return s.hashShingles()
}

// length returns the number of tokens in a shingle of a text with so many
// tokens, or 0 when it has no shingle.
func (s *sketcher) length(tokens int) int {
	if tokens >= s.p.Ngram {
		return s.p.Ngram
	}
	if s.p.Short == "skip" {
		return 0
	}
	return tokens
}

// hashShingles hashes the tokens' bytes.
func (s *sketcher) hashShingles() bool {
	s.shingles = s.shingles[:0]
	count := len(s.tokens.ends)
	n := s.length(count)
	if n == 0 {
		return false
	}
	if s.p.Hash == "sha1" {
		for i := range count - n + 1 {
			sum := sha1.Sum(s.tokens.span(i, n))
			s.shingles = append(s.shingles, binary.LittleEndian.Uint64(sum[:]))
		}
		return true
	}
	for i := range count - n + 1 {
		s.shingles = append(s.shingles, xxhash.Sum64(s.tokens.span(i, n)))
	}
	return true
}

// sparkFeatures is HashingTF's default number of features.
const sparkFeatures = 1 << 18

// features makes Spark's features of a text its shingles, each once.
func (s *sketcher) features(text string) bool {
	s.shingles = s.shingles[:0]
	s.lower = spark.Tokens(text, s.lower, func(token []byte) {
		s.shingles = append(s.shingles, uint64(spark.Bucket(spark.Murmur3(token), sparkFeatures)))
	})
	slices.Sort(s.shingles)
	s.shingles = slices.Compact(s.shingles)
	return strings.TrimFunc(text, space) != ""
}

func (s *sketcher) minimize() {
	if s.spark != nil {
		for i, h := range s.spark {
			s.min[i] = math.MaxUint64
			for _, x := range s.shingles {
				s.min[i] = min(s.min[i], h.Of(x))
			}
		}
		return
	}
	if s.p.Hash == "fast" {
		for i := range s.min32 {
			s.min32[i] = math.MaxUint32
		}
		minimums32(s.shingles, s.a32, s.b32, s.min32)
		return
	}
	for i := range s.min {
		s.min[i] = mersenne61
	}
	minimums(s.shingles, s.a, s.b, s.min)
}

// lows appends the lowest byte of each least value.
func (s *sketcher) lows(b []byte) []byte {
	n := s.p.Bands * s.p.Rows
	if s.p.Hash == "fast" {
		for _, v := range s.min32[:n] {
			b = append(b, byte(v))
		}
		return b
	}
	for _, v := range s.min[:n] {
		b = append(b, byte(v))
	}
	return b
}

// band returns the key under which band k is looked up: a hash of its rows.
func (s *sketcher) band(k int) uint64 {
	b, from, to := s.row[:0], k*s.p.Rows, (k+1)*s.p.Rows
	if s.p.Hash == "fast" {
		for _, v := range s.min32[from:to] {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	} else {
		b = appendWords(b, s.min[from:to]...)
	}
	return xxh3.Hash(b)
}
