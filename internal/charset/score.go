package charset

import (
	"math"
	"sync"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// multi lists the encodings of several bytes a character.
var multi = []candidate{
	{"gb18030", simplifiedchinese.GB18030, "zh", 0.1},
	{"big5", traditionalchinese.Big5, "zh-Hant", 0},
	{"shift_jis", japanese.ShiftJIS, "ja", 0},
	{"euc-jp", japanese.EUCJP, "ja", 0},
	{"euc-kr", korean.EUCKR, "ko", 0},
}

var loaded = sync.OnceValue(loadModels)

// score is the cost, in bits for each byte beyond ASCII, of reading a sample as
// text of one encoding in its best language. Lower is better.
func score(text []byte, c *candidate, all map[string]*costs) float64 {
	out, err := c.enc.NewDecoder().Bytes(text)
	if err != nil {
		return math.Inf(1)
	}
	high := 0
	for _, b := range text {
		if b >= 0x80 {
			high++
		}
	}
	if high == 0 {
		return 0
	}
	runes := []rune(string(out))
	best := math.Inf(1)
	for _, l := range c.languages(all) {
		best = min(best, l.text(runes))
	}
	return best/float64(high) - c.bonus
}

// text returns the cost in bits of the characters beyond ASCII in runes, given
// their neighbours.
func (c *costs) text(runes []rune) float64 {
	total := 0.0
	prev := rune('\n')
	for _, r := range runes {
		if r >= 0x80 {
			total += c.cost(r) + c.context(prev, r)
		} else if prev >= 0x80 && c.script != unicode.Latin && c.script != unicode.Han && asciiLetter(r) &&
			unicode.IsLetter(prev) {
			total += 4 // another script's letter runs into a Latin one
		}
		prev = r
	}
	return total
}

// context is what a character costs for standing behind prev: running text does
// not mix scripts inside a word, capitals do not follow small letters, and
// letters with accents seldom follow each other.
func (c *costs) context(prev, r rune) float64 {
	if c.script == unicode.Han || !unicode.IsLetter(prev) {
		return 0
	}
	if !unicode.IsLetter(r) {
		if r > 0xa0 && r < 0xc0 && r != '»' && r != '·' && r != '\u00ad' {
			return 3 // a sign amid letters
		}
		return 0
	}
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(prev):
		return 6
	case c.script == unicode.Latin && prev >= 0x80:
		return 3
	case c.script != unicode.Latin && asciiLetter(prev):
		return 4
	}
	return 0
}

func asciiLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// statistics returns the encoding that explains the sample best and its score.
func statistics(text []byte) (name string, bits float64) {
	all := loaded()
	bits = math.Inf(1)
	for _, list := range [2][]candidate{multi, single} {
		for i := range list {
			if s := score(text, &list[i], all); s < bits {
				name, bits = list[i].name, s
			}
		}
	}
	return name, bits
}

// declaredScore is the score of a declared encoding.
func declaredScore(text []byte, name string, enc encoding.Encoding) float64 {
	all := loaded()
	for _, list := range [2][]candidate{multi, single} {
		for i := range list {
			if list[i].name == name {
				return score(text, &list[i], all)
			}
		}
	}
	c := candidate{name: name, enc: enc, langs: "fr de es pt it sv fi pl cs hu hr tr lt lv et ro ru uk el he ar th vi ja zh en"}
	return score(text, &c, all)
}
