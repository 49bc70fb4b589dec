package langid

import "unicode"

// A Script is a writing system as far as language identification cares.
type Script uint8

// Scripts, and the two classes of runes that are no letter of any.
const (
	None  Script = iota // digits, punctuation, symbols, space
	Mark                // combining marks shared by scripts: part of the word they stand in
	Other               // letters of scripts without a language of ours
	Latin
	Cyrillic
	Arabic
	Devanagari
	Han
	Kana
	Hangul
	Greek
	Hebrew
	Armenian
	Georgian
	Bengali
	Gurmukhi
	Gujarati
	Tamil
	Telugu
	Thai
	Khmer
	Lao
	Myanmar
	Sinhala
	Malayalam
	Kannada
	Oriya
	Thaana
	NumScripts
)

// Classes maps every rune of the basic plane to its script and to the symbol
// n-grams are made of: the lower-case letter. It is a function of the Unicode
// tables of the standard library alone.
type Classes struct {
	script [1 << 16]Script
	lower  [1 << 16]uint16
}

// NewClasses builds the tables, which takes about a millisecond.
func NewClasses() *Classes {
	c := &Classes{}
	mark := func(s Script, t *unicode.RangeTable, keep *unicode.RangeTable) {
		for _, r := range t.R16 {
			for x := uint32(r.Lo); x <= uint32(r.Hi); x += uint32(r.Stride) {
				if keep == nil || unicode.Is(keep, rune(x)) {
					c.script[x], c.lower[x] = s, uint16(x)
				}
			}
		}
	}
	mark(Other, unicode.L, nil)
	mark(Other, unicode.M, nil)
	for s, t := range scriptTables() {
		if t != nil {
			mark(Script(s), t, nil)
		}
	}
	mark(Mark, unicode.Inherited, unicode.M)
	for _, t := range []*unicode.RangeTable{unicode.N, unicode.P, unicode.S, unicode.Z} {
		mark(None, t, nil)
	}
	c.script['ー'], c.script['々'] = Kana, Han
	for _, r := range unicode.CaseRanges {
		for x := r.Lo; x <= min(r.Hi, 0xFFFF); x++ {
			if l := unicode.ToLower(rune(x)); l <= 0xFFFF && c.script[x] != None {
				c.lower[x] = uint16(l)
			}
		}
	}
	c.lower['İ'] = 'i'
	return c
}

func scriptTables() [NumScripts]*unicode.RangeTable {
	return [NumScripts]*unicode.RangeTable{
		Latin: unicode.Latin, Cyrillic: unicode.Cyrillic, Arabic: unicode.Arabic,
		Devanagari: unicode.Devanagari, Han: unicode.Han, Hangul: unicode.Hangul,
		Greek: unicode.Greek, Hebrew: unicode.Hebrew, Armenian: unicode.Armenian,
		Georgian: unicode.Georgian, Bengali: unicode.Bengali, Gurmukhi: unicode.Gurmukhi,
		Gujarati: unicode.Gujarati, Tamil: unicode.Tamil, Telugu: unicode.Telugu, Thai: unicode.Thai,
		Khmer: unicode.Khmer, Lao: unicode.Lao, Myanmar: unicode.Myanmar, Sinhala: unicode.Sinhala,
		Malayalam: unicode.Malayalam, Kannada: unicode.Kannada, Oriya: unicode.Oriya, Thaana: unicode.Thaana,
		Kana: kana(),
	}
}

// kana is hiragana and katakana as one table.
func kana() *unicode.RangeTable {
	return &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x3041, Hi: 0x30FA, Stride: 1}, {Lo: 0x30FC, Hi: 0x30FF, Stride: 1}, {Lo: 0x31F0, Hi: 0x31FF, Stride: 1}, {Lo: 0xFF66, Hi: 0xFF9D, Stride: 1}}}
}

// Of returns the script of r. Runes above the basic plane are Han when they are
// ideographs of the supplementary planes, else none.
func (c *Classes) Of(r rune) Script {
	if uint32(r) < 1<<16 {
		return c.script[r]
	}
	if r >= 0x20000 && r <= 0x3FFFF {
		return Han
	}
	return None
}

// Lower returns the symbol of a rune of the basic plane.
func (c *Classes) Lower(r rune) uint16 { return c.lower[uint16(r)] }
