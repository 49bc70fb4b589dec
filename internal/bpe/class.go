package bpe

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// Classes of characters, as the split patterns know them.
const (
	isUpper   uint8 = 1 << iota // Lu, Lt
	isLower                     // Ll
	isOther                     // Lm, Lo
	isMark                      // M
	isNumber                    // N
	isSpace                     // White_Space
	isNewline                   // \r, \n; these are white space too
	isLetter  = isUpper | isLower | isOther
)

// tableSize covers the planes that text is written in; characters beyond are
// looked up in Unicode's tables.
const tableSize = 0x20000

// classTable returns the class of every character below tableSize.
var classTable = sync.OnceValue(func() *[tableSize]uint8 {
	t := new([tableSize]uint8)
	for class, ranges := range map[uint8][]*unicode.RangeTable{
		isUpper:  {unicode.Lu, unicode.Lt},
		isLower:  {unicode.Ll},
		isOther:  {unicode.Lm, unicode.Lo},
		isMark:   {unicode.M},
		isNumber: {unicode.N},
		isSpace:  {unicode.White_Space},
	} {
		for _, r := range ranges {
			for _, r16 := range r.R16 {
				for c := uint32(r16.Lo); c <= uint32(r16.Hi); c += uint32(r16.Stride) {
					t[c] |= class
				}
			}
			for _, r32 := range r.R32 {
				for c := r32.Lo; c <= r32.Hi && c < tableSize; c += r32.Stride {
					t[c] |= class
				}
			}
		}
	}
	t['\r'] |= isNewline
	t['\n'] |= isNewline
	return t
})

func slowClass(c rune) uint8 {
	switch {
	case unicode.Is(unicode.Lo, c):
		return isOther
	case unicode.Is(unicode.M, c):
		return isMark
	case unicode.Is(unicode.Lu, c), unicode.Is(unicode.Lt, c):
		return isUpper
	case unicode.Is(unicode.Ll, c):
		return isLower
	case unicode.Is(unicode.Lm, c):
		return isOther
	case unicode.Is(unicode.N, c):
		return isNumber
	}
	return 0
}

// A scanner walks through text by character classes. What is not UTF-8 is
// taken byte by byte, as a mark of no class.
type scanner struct {
	s     []byte
	table *[tableSize]uint8
}

// at returns the class and length of the character at byte i; length 0 at the
// end.
func (s *scanner) at(i int) (class uint8, n int) {
	if i >= len(s.s) {
		return 0, 0
	}
	if c := s.s[i]; c < utf8.RuneSelf {
		return s.table[c], 1
	}
	c, n := utf8.DecodeRune(s.s[i:])
	if c < tableSize {
		return s.table[c], n
	}
	return slowClass(c), n
}

// run returns the end of the run of characters of any of the classes that
// starts at i.
func (s *scanner) run(i int, classes uint8) int {
	for {
		c, n := s.at(i)
		if n == 0 || c&classes == 0 {
			return i
		}
		i += n
	}
}
