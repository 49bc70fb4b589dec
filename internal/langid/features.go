package langid

import "slices"

// boundary is the symbol between words.
const boundary = ' '

// Odd multipliers that spread keys over 64 bits: the fractions of the golden
// ratio and of two primes' square roots.
const (
	mulThree = 0x9E3779B97F4A7C15
	mulFive  = 0xC2B2AE3D27D4EB4F
	mulWord  = 0x6A09E667F3BCC909
)

// AppendSymbols appends the words of text that are written in script s, in
// lower case, each followed by a boundary, after a first boundary. Runs of
// other scripts, digits and punctuation are boundaries.
func (c *Classes) AppendSymbols(dst []uint16, text string, s Script) []uint16 {
	if len(dst) == 0 {
		dst = append(dst, boundary)
	}
	for _, r := range text {
		x := None
		if uint32(r) < 1<<16 {
			x = c.script[r]
		}
		switch {
		case x == s || x == Mark && dst[len(dst)-1] != boundary:
			dst = append(dst, c.lower[r])
		case dst[len(dst)-1] != boundary:
			dst = append(dst, boundary)
		}
	}
	if dst[len(dst)-1] != boundary {
		dst = append(dst, boundary)
	}
	return dst
}

// AppendFeatures appends the hashes of all features of the symbols: letters
// beyond ASCII, 3-grams and 5-grams, which run over boundaries, whole words,
// and words with the one before. Rows are numbered by the top bits of a hash.
// More orders added nothing on the validation part (docs/LOG.md).
func AppendFeatures(dst []uint32, syms []uint16) []uint32 {
	n := len(dst)
	dst = slices.Grow(dst, 8*len(syms))
	dst = dst[:n+8*len(syms)]
	const three = 1<<48 - 1
	var key, last, word uint64 // key holds the last four symbols
	for i, s := range syms {
		four := key
		key = key<<16 | uint64(s)
		if s >= 0x80 {
			h := Letter(s)
			dst[n] = h
			n++
			if s >= 0x400 && s < 0x500 { // Cyrillic alphabets differ by few letters: they count fourfold
				dst[n], dst[n+1], dst[n+2] = h, h, h
				n += 3
			}
		}
		if i >= 2 {
			dst[n] = uint32((key & three) * mulThree >> 32)
			n++
		}
		if i >= 4 {
			h := four * mulFive
			dst[n] = uint32(((h ^ h>>32) + uint64(s)) * mulFive >> 32)
			n++
		}
		if s != boundary {
			word = (word ^ word>>29 + uint64(s)) * mulWord
			continue
		}
		if word != 0 {
			dst[n] = uint32(word >> 32)
			dst[n+1] = uint32((last ^ word>>7) * mulWord >> 32)
			n += 2
		}
		last, word = word, 0
	}
	return dst[:n]
}

// Letter is the hash of a letter beyond ASCII alone.
func Letter(s uint16) uint32 { return uint32(uint64(s) * mulThree >> 32) }
