package dedup

import (
	"math/bits"
	"unicode/utf8"

	"feilun"
)

// Odd multipliers without structure: the fractional parts of the golden ratio
// and of the square roots of 2 and 3, times 2^64, made odd.
const (
	mulChunk   = 0x9e3779b97f4a7c15
	mulFinish  = 0x6a09e667f3bcc909
	mulShingle = 0xbb67ae8584caa73b
)

// A tokenHash is the hash of a token under way: of its bytes in chunks of
// eight, little-endian. It is passed by value, so that it stays in registers.
type tokenHash struct {
	h, chunk uint64
	n        uint // bytes
}

func (t tokenHash) add(c byte) tokenHash {
	t.chunk |= uint64(c) << (t.n & 7 * 8)
	if t.n++; t.n&7 == 0 {
		return tokenHash{t.eight(t.chunk), 0, t.n}
	}
	return t
}

// eight returns the hash after eight more bytes.
func (t tokenHash) eight(chunk uint64) uint64 { return bits.RotateLeft64((t.h^chunk)*mulChunk, 29) }

func (t tokenHash) sum() uint64 { return mix(t.h ^ t.chunk ^ uint64(t.n)<<56) }

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
		t = t.add(token[i])
	}
	return t.sum()
}

// hashMixed appends to dst the hashes of the tokens that mixed cuts.
func (s *splitter) hashMixed(text string, dst []uint64) []uint64 {
	var t tokenHash
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c <= ' ':
			i++
			if t.n > 0 {
				dst, t = append(dst, t.sum()), tokenHash{}
			}
		case c < utf8.RuneSelf && t.n == 0 && i+8 <= len(text):
			t, i = hashASCII(text, i)
			if i < len(text) && text[i] <= ' ' {
				i++
				dst, t = append(dst, t.sum()), tokenHash{}
			}
		case c < utf8.RuneSelf:
			i++
			t = t.add(s.ascii[c])
		case ideograph(text, i):
			if t.n > 0 {
				dst, t = append(dst, t.sum()), tokenHash{}
			}
			dst = append(dst, mix(uint64(c)|uint64(text[i+1])<<8|uint64(text[i+2])<<16|3<<56))
			i += 3
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			i += n
			class, low := s.of(r)
			if class != classGlue && t.n > 0 {
				dst, t = append(dst, t.sum()), tokenHash{}
			}
			if class != classSpace {
				t = t.addRune(low)
			}
			if class == classAlone {
				dst, t = append(dst, t.sum()), tokenHash{}
			}
		}
	}
	if t.n > 0 {
		dst = append(dst, t.sum())
	}
	return dst
}

// hashASCII hashes in lower case, eight bytes at a time, the token that begins
// at i, up to white space, a byte outside ASCII, or the last bytes of text.
func hashASCII(text string, i int) (tokenHash, int) {
	const ones = 0x0101010101010101
	var t tokenHash
	for ; i+8 <= len(text); i += 8 {
		s := text[i : i+8]
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// The top bit of each byte of a sum says whether its low 7 bits are at
		// least 0x80 less the addend.
		low := x & (0x7f * ones)
		stop := (x | ^(low + (0x7f-' ')*ones)) & (0x80 * ones)
		upper := (low + (0x80-'A')*ones) &^ (low + (0x7f-'Z')*ones) & (0x80 * ones)
		x |= upper >> 2
		if stop != 0 {
			n := uint(bits.TrailingZeros64(stop)) / 8
			return tokenHash{t.h, x & (1<<(8*n) - 1), t.n + n}, i + int(n)
		}
		t = tokenHash{t.eight(x), 0, t.n + 8}
	}
	return t, i
}

func (t tokenHash) addRune(r rune) tokenHash {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		t = t.add(c)
	}
	return t
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
			dst = append(dst, tokenHash{}.addRune(low).sum())
		}
	}
	return dst
}

// hashWords appends the hashes of the tokens that datatrove cuts.
func (s *splitter) hashWords(d *feilun.Doc, by string, dst []uint64) []uint64 {
	text, spans := s.words(d, by)
	for _, w := range spans {
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
