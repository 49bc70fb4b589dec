package dedup

import (
	"math/bits"
	"unicode/utf8"

	"feilun"
	"feilun/internal/words"
)

// Odd multipliers without structure: the fractional parts of the golden ratio
// and of the square roots of 2 and 3, times 2^64, made odd.
const (
	mulChunk   = 0x9e3779b97f4a7c15
	mulFinish  = 0x6a09e667f3bcc909
	mulShingle = 0xbb67ae8584caa73b
)

// A tokenHash is the hash of a token under way: of its bytes in chunks of
// eight, big-endian.
type tokenHash struct {
	h, chunk uint64
	n        int // bytes
}

func (t *tokenHash) add(c byte) {
	t.chunk = t.chunk<<8 | uint64(c)
	if t.n++; t.n&7 == 0 {
		t.h = bits.RotateLeft64((t.h^t.chunk)*mulChunk, 29)
		t.chunk = 0
	}
}

func (t *tokenHash) sum() uint64 { return mix(t.h ^ t.chunk ^ uint64(t.n)<<56) }

// mix spreads every bit over the whole word.
func mix(x uint64) uint64 {
	x = (x ^ x>>32) * mulFinish
	x = (x ^ x>>29) * mulChunk
	return x ^ x>>32
}

// hashToken returns the hash of one token.
func hashToken(token string) uint64 {
	var t tokenHash
	for i := range len(token) {
		t.add(token[i])
	}
	return t.sum()
}

// hashMixed appends to dst the hashes of the tokens that mixed cuts.
func (s *splitter) hashMixed(text string, dst []uint64) []uint64 {
	var t tokenHash
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if low := s.ascii[c]; low != 0 {
				t.add(low)
			} else if t.n > 0 {
				dst = append(dst, t.sum())
				t = tokenHash{}
			}
			continue
		}
		if ideograph(text, i) {
			if t.n > 0 {
				dst = append(dst, t.sum())
				t = tokenHash{}
			}
			dst = append(dst, mix(uint64(c)<<16|uint64(text[i+1])<<8|uint64(text[i+2])^3<<56))
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		class, low := s.of(r)
		if class != classGlue && t.n > 0 {
			dst = append(dst, t.sum())
			t = tokenHash{}
		}
		if class != classSpace {
			t.addRune(low)
		}
		if class == classAlone {
			dst = append(dst, t.sum())
			t = tokenHash{}
		}
	}
	if t.n > 0 {
		dst = append(dst, t.sum())
	}
	return dst
}

func (t *tokenHash) addRune(r rune) {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		t.add(c)
	}
}

// ideograph reports whether U+4E00 to U+9FFF begins at i, the block of nearly
// all Chinese text.
func ideograph(text string, i int) bool {
	return text[i] >= 0xe4 && text[i] <= 0xe9 && i+2 < len(text) &&
		(text[i] > 0xe4 || text[i+1] >= 0xb8) && text[i+1]&0xc0 == 0x80 && text[i+2]&0xc0 == 0x80
}

// hashCharacters appends the hashes of the characters but white space.
func (s *splitter) hashCharacters(text string, dst []uint64) []uint64 {
	for _, r := range text {
		if c, low := s.of(r); c != classSpace {
			var t tokenHash
			t.addRune(low)
			dst = append(dst, t.sum())
		}
	}
	return dst
}

// hashWords appends the hashes of the tokens that datatrove cuts.
func (s *splitter) hashWords(d *feilun.Doc, dst []uint64) []uint64 {
	s.simple = words.AppendSimplify(s.simple[:0], d.Text)
	text := string(s.simple)
	s.spans = words.Tokenize(s.spans[:0], text, d.Language)
	for _, w := range s.spans {
		dst = append(dst, hashToken(w.Of(text)))
	}
	return dst
}

// roll appends to dst the hashes of all runs of n tokens: a polynomial in
// their hashes, rolled on, and mixed.
func roll(tokens []uint64, n int, dst []uint64) []uint64 {
	var h uint64
	top := uint64(1) // weight of the token that leaves
	for i, t := range tokens {
		h = h*mulShingle + t
		if i < n-1 {
			top *= mulShingle
			continue
		}
		dst = append(dst, mix(h))
		h -= tokens[i-n+1] * top
	}
	return dst
}
