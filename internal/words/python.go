package words

import (
	"math/bits"
	"unicode/utf8"
)

// classPages holds the class bits of all code points, 256 to a page; pages of
// one value are shared.
var classPages = func() (pages [0x1100]*[256]uint32) {
	uniform := map[uint32]*[256]uint32{}
	run := 0
	for p := range pages {
		lo := rune(p * 256)
		for run+1 < len(classRuns) && classRuns[run+1].from <= lo {
			run++
		}
		if run+1 == len(classRuns) || classRuns[run+1].from >= lo+256 {
			is := classRuns[run].is
			if uniform[is] == nil {
				page := new([256]uint32)
				for i := range page {
					page[i] = is
				}
				uniform[is] = page
			}
			pages[p] = uniform[is]
			continue
		}
		page := new([256]uint32)
		for i, at := 0, run; i < 256; i++ {
			for at+1 < len(classRuns) && classRuns[at+1].from <= lo+rune(i) {
				at++
			}
			page[i] = classRuns[at].is
		}
		pages[p] = page
	}
	return pages
}()

// class returns the bits isSpace, isLetter, … of a code point.
func class(r rune) uint32 {
	if uint32(r) > utf8.MaxRune {
		return 0
	}
	return classPages[r>>8][r&0xff]
}

func decode(s string) (rune, int)     { return utf8.DecodeRuneInString(s) }
func decodeLast(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

// IsSpace reports whether Python's str.isspace holds: it knows U+001C to U+001F,
// which unicode.IsSpace does not.
func IsSpace(r rune) bool { return class(r)&isSpace != 0 }

// IsAlpha reports whether Python's str.isalpha holds (Unicode 14).
func IsAlpha(r rune) bool { return class(r)&isLetter != 0 }

// IsDigit reports whether r is a decimal digit of any script, as \d in Python.
func IsDigit(r rune) bool { return class(r)&isDigit != 0 }

// IsWord reports whether r is matched by \w in Python.
func IsWord(r rune) bool { return class(r)&isWord != 0 }

// IsPunct reports whether r is in a general category P.
func IsPunct(r rune) bool { return class(r)&isPunct != 0 }

// IsMark reports whether r is a nonspacing mark, category Mn.
func IsMark(r rune) bool { return class(r)&isMark != 0 }

// IsSymbol reports whether r is in datatrove's PUNCTUATION, which shares the
// full-width digit one with CCNet's table.
func IsSymbol(r rune) bool { return class(r)&isSymbol != 0 }

// IsTerminal reports whether r is in datatrove's TERMINAL_PUNCTUATION.
func IsTerminal(r rune) bool { return class(r)&isTerminal != 0 }

// Runes counts the code points of s.
func Runes(s string) int { return utf8.RuneCountInString(s) }

// TrimLeft is Python's str.lstrip().
func TrimLeft(s string) string {
	for s != "" {
		r, n := decode(s)
		if !IsSpace(r) {
			break
		}
		s = s[n:]
	}
	return s
}

// TrimRight is Python's str.rstrip().
func TrimRight(s string) string {
	for s != "" {
		r, n := decodeLast(s)
		if !IsSpace(r) {
			break
		}
		s = s[:len(s)-n]
	}
	return s
}

// Trim is Python's str.strip().
func Trim(s string) string { return TrimLeft(TrimRight(s)) }

// NextLine cuts the first line off s as Python's str.splitlines does: line
// without its end, the bytes of the line end, and what follows. At the end of
// text ok is false.
func NextLine(s string) (line string, end int, rest string, ok bool) {
	if s == "" {
		return "", 0, "", false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c > '\r' && c < 0x1c, c > 0x1e && c < 0x80, c < '\n':
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
			return s[:i], 2, s[i+2:], true
		case c < 0x80:
			return s[:i], 1, s[i+1:], true
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0x85:
			return s[:i], 2, s[i+2:], true
		case c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xa8 || s[i+2] == 0xa9):
			return s[:i], 3, s[i+3:], true
		}
	}
	return s, 0, "", true
}

// SplitLines is Python's str.splitlines().
func SplitLines(s string) []string {
	var lines []string
	for line, _, rest, ok := NextLine(s); ok; line, _, rest, ok = NextLine(rest) {
		lines = append(lines, line)
	}
	return lines
}

// NextField cuts the first word at white space off s, as Python's str.split
// does. word is "" when s holds none.
func NextField(s string) (word, rest string) {
	s = TrimLeft(s)
	for i := 0; i < len(s); {
		if c := s[i]; c < 0x80 {
			if classPages[0][c]&isSpace != 0 {
				return s[:i], s[i:]
			}
			i++
			continue
		}
		r, n := decode(s[i:])
		if IsSpace(r) {
			return s[:i], s[i:]
		}
		i += n
	}
	return s, ""
}

// lowerTable maps code points to their one-character lower case.
var lowerTable = func() map[rune]rune {
	m := map[rune]rune{}
	for _, l := range lowerRuns {
		for r := l.lo; r <= l.hi; r += l.stride {
			m[r] = r + l.delta
		}
	}
	return m
}()

// lowerOf returns the lower case of any character but U+0130 and U+03A3, whose
// lower case is two characters, or depends on what stands around it.
func lowerOf(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	case r >= 0x2e80 && r < 0xa640, r >= 0xac00 && r < 0xff21: // Han, Hangul: no case
		return r
	}
	if l, ok := lowerTable[r]; ok {
		return l
	}
	return r
}

// finalSigma reports whether the capital sigma at byte i of s ends a word: a
// cased letter stands before it and none after it, marks looked through.
func finalSigma(s string, i int) bool {
	before := false
	for p := i; p > 0; {
		r, n := decodeLast(s[:p])
		p -= n
		if c := casing(r); c&ignorable == 0 {
			before = c&cased != 0
			break
		}
	}
	if !before {
		return false
	}
	for p := i + len("Σ"); p < len(s); {
		r, n := decode(s[p:])
		p += n
		if c := casing(r); c&ignorable == 0 {
			return c&cased == 0
		}
	}
	return true
}

const (
	cased     = 1
	ignorable = 2
)

func casing(r rune) uint8 {
	lo, hi := 0, len(casedRuns)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; casedRuns[m].from <= r {
			lo = m
		} else {
			hi = m
		}
	}
	return casedRuns[lo].is
}

// Lower is Python's str.lower(): full mapping, so that U+0130 becomes two
// characters and a sigma that ends a word becomes ς.
func Lower(s string) string {
	return string(AppendLower(make([]byte, 0, len(s)), s))
}

// AppendLower appends the lower case of s to dst.
func AppendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < 0x80 {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := decode(s[i:])
		switch {
		case r == 0x130:
			dst = append(dst, "i̇"...)
		case r == 'Σ':
			dst = append(dst, sigma(s, i)...)
		default:
			dst = utf8.AppendRune(dst, lowerOf(r))
		}
		i += n
	}
	return dst
}

func sigma(s string, i int) string {
	if finalSigma(s, i) {
		return "ς"
	}
	return "σ"
}

// Hash mixes the bytes of s to 64 bits. It is for tables that live as long as
// one document and check what they find, never for anything written down.
func Hash(s string) uint64 { return hash(s) }

// HashBytes is [Hash] of the same bytes.
func HashBytes(b []byte) uint64 { return hash(b) }

func hash[T string | []byte](s T) uint64 {
	h := uint64(len(s)) * hashPrime
	for len(s) >= 8 {
		h = Mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var tail uint64
	for i := range len(s) {
		tail |= uint64(s[i]) << (8 * i)
	}
	return Mix(h, tail)
}

const hashPrime = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio

// Mix combines a running hash with the next value by a folded multiplication.
func Mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^v^hashPrime, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// Last returns the last code point of s.
func Last(s string) rune {
	r, _ := decodeLast(s)
	return r
}

// AfterFirst returns s without its first code point.
func AfterFirst(s string) string {
	_, n := decode(s)
	return s[n:]
}
