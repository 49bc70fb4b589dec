package langid

// Shapes of features: n-grams of letters over a text whose words are separated
// by one boundary, and whole words with their predecessor.
const (
	MaxGram  = 5
	boundary = ' '
	gramMul  = 0x9E3779B97F4A7C15
	wordMul  = 0xC2B2AE3D27D4EB4F
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

// AppendFeatures appends the hashes of all features of the symbols. Tables use
// the top bits.
func AppendFeatures(dst []uint32, syms []uint16) []uint32 {
	for i := range syms {
		var h uint64
		for n, s := range syms[i:min(len(syms), i+MaxGram)] {
			h = (h + uint64(s) + 1) * gramMul
			h ^= h >> 29
			if n == 0 && s == boundary {
				continue
			}
			dst = append(dst, uint32(h>>32))
		}
	}
	var last, word uint64
	for _, s := range syms {
		if s != boundary {
			word = (word + uint64(s)) * wordMul
			word ^= word >> 31
			continue
		}
		if word != 0 {
			dst = append(dst, uint32(word>>32), uint32(((last^word>>7)*wordMul)>>32))
		}
		last, word = word, 0
	}
	return dst
}
