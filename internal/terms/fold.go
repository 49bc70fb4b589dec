// Package terms cuts texts into the terms by which they are searched and compared:
// stems of words, pairs of characters of scripts without spaces, with width, case, accents and
// traditional characters folded. Start with [NewScanner]. It knows no meaning: that is for who weighs the terms.
package terms

import (
	"sync"
	"unicode"

	"feilun/internal/words"

	"golang.org/x/text/unicode/norm"
)

// Classes of characters, in the upper byte of a fold entry.
const (
	ClassNone  = iota // ends a token
	ClassWord         // part of a word between spaces: letters, digits, marks
	ClassDigit        // a decimal digit
	ClassPair         // of a script without spaces: indexed by pairs of neighbours
	ClassSkip         // joins what stands beside it and leaves no trace: combining accents, soft hyphens
	ClassMany         // folds to several characters, see foldMany
)

// A FoldTable holds for each character class<<24 | folded character.
type FoldTable [1 << 16]uint32

// Folds is the table of the basic plane: compatibility forms (full and half
// width, ligatures) and case are folded, accents on Latin and Greek letters
// dropped, traditional Chinese characters replaced by simplified ones.
var Folds = sync.OnceValue(func() *FoldTable {
	t := new(FoldTable)
	for r := rune(0); r < 1<<16; r++ {
		if r < 0xd800 || r > 0xdfff {
			t[r] = Entry(r)
		}
	}
	pairs := []rune(words.FoldPairs)
	for range 2 { // a simplified form may itself be another's traditional one
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] < 1<<16 && pairs[i+1] < 1<<16 {
				t[pairs[i+1]] = t[pairs[i]]
			}
		}
	}
	for r, e := range t { // compatibility forms of traditional characters
		t[r] = t.simple(e)
	}
	return t
})

// Entry is the entry of a character before traditional ones are replaced.
func Entry(r rune) uint32 {
	if r < 0x80 {
		return classOf(unicode.ToLower(r))
	}
	if r == 0xad || r == 0x3099 || r == 0x309a || r == 0xff9e || r == 0xff9f || unicode.Is(unicode.Diacritic, r) && r >= 0x300 && r <= 0x36f {
		return ClassSkip << 24
	}
	rs := foldMany(r)
	switch {
	case len(rs) == 1:
		return classOf(rs[0])
	case len(rs) > 1 && classOf(rs[0])>>24 != ClassNone:
		return ClassMany<<24 | uint32(r)
	}
	return ClassNone << 24
}

// foldMany returns the characters that one folds to.
func foldMany(r rune) []rune {
	var out []rune
	for _, c := range norm.NFKC.String(string(r)) {
		if unicode.In(c, unicode.Latin, unicode.Greek) {
			for _, d := range norm.NFD.String(string(c)) {
				if d < 0x300 || d > 0x36f {
					out = append(out, unicode.ToLower(d))
				}
			}
			continue
		}
		if c < 0x300 || c > 0x36f {
			out = append(out, unicode.ToLower(c))
		}
	}
	return out
}

func classOf(r rune) uint32 {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar), r == 'ー':
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			return ClassPair<<24 | uint32(r)
		}
		return ClassNone << 24
	case unicode.IsDigit(r):
		return ClassDigit<<24 | uint32(digit(r))
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return ClassWord<<24 | uint32(r)
	}
	return ClassNone << 24
}

// digit maps decimal digits of any script to ASCII: each block of ten starts
// with its zero.
func digit(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.IsDigit(zero-1) {
		zero--
	}
	if r < 0x80 {
		return r
	}
	return '0' + r - zero
}

// Of is the entry of any character.
func (t *FoldTable) Of(r rune) uint32 {
	if r < 1<<16 {
		return t[r]
	}
	return t.simple(Entry(r))
}

// simple is the entry of the simplified form of what a character folds to.
func (t *FoldTable) simple(e uint32) uint32 {
	if to := e & 0xffffff; e>>24 == ClassPair && to < 1<<16 {
		return t[to]
	}
	return e
}
