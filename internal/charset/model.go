package charset

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// model is how often a language uses its characters beyond ASCII: runes in
// order, and beside each its cost, -log2 of its share, in eighths of a bit.
type model struct{ lang, runes, costs string }

// Costs of characters that a model has not seen, in bits.
const (
	costLevel1  = 13.5 // in the frequent part of the national standard
	costHan     = 18   // another Han character
	costLetter  = 15   // a letter of another script
	costSign    = 13   // punctuation, symbol
	costInvalid = 26   // bytes that the encoding does not have
)

// candidate is an encoding that statistics can find, and the languages that
// speak for it.
type candidate struct {
	name  string
	enc   encoding.Encoding
	langs string // space-separated; "zh-Hant" is made from zh
	bonus float64
}

// single lists the encodings of one byte a character. Where two encodings give
// the same text, the one with the bonus, in bits a byte, wins.
var single = []candidate{
	{"windows-1251", charmap.Windows1251, "ru uk be bg sr mk", 0.2},
	{"koi8-r", charmap.KOI8R, "ru bg", 0.1},
	{"koi8-u", charmap.KOI8U, "uk be", 0},
	{"iso-8859-5", charmap.ISO8859_5, "ru uk be bg sr mk", 0},
	{"ibm866", charmap.CodePage866, "ru bg", 0},
	{"ibm855", charmap.CodePage855, "ru bg sr mk", 0},
	{"x-mac-cyrillic", charmap.MacintoshCyrillic, "ru bg", 0},
	{"windows-1253", charmap.Windows1253, "el", 0.02},
	{"iso-8859-7", charmap.ISO8859_7, "el", 0},
	{"windows-1255", charmap.Windows1255, "he", 0},
	{"windows-1256", charmap.Windows1256, "ar fa", 0.1},
	{"iso-8859-6", charmap.ISO8859_6, "ar", 0},
	{"windows-874", charmap.Windows874, "th", 0},
	{"windows-1252", charmap.Windows1252, "fr de es pt it nl sv da nb fi is ca ga sq en", 0.25},
	{"windows-1250", charmap.Windows1250, "pl cs sk hu sl hr ro de", 0.05},
	{"iso-8859-2", charmap.ISO8859_2, "pl cs sk hu sl hr ro", 0},
	{"windows-1254", charmap.Windows1254, "tr", 0},
	{"windows-1257", charmap.Windows1257, "lt lv et", 0},
	{"windows-1258", charmap.Windows1258, "vi", 0},
	{"macintosh", charmap.Macintosh, "fr de es pt it nl sv da fi is en", -0.2},
}

// costs is a model ready for use.
type costs struct {
	lang string
	bits map[rune]float32
	// level1 holds the frequent Han characters of the language's standard.
	level1 map[rune]bool
	script *unicode.RangeTable
}

// loadModels unpacks the tables; it runs once, at the first page that needs
// statistics.
func loadModels() map[string]*costs {
	all := map[string]*costs{}
	for _, m := range models {
		c := &costs{lang: m.lang, bits: map[rune]float32{}, script: scriptOf(m.lang)}
		i := 0
		for _, r := range m.runes {
			c.bits[r] = float32(m.costs[i]) / 8
			i++
		}
		all[m.lang] = c
	}
	all["zh"].level1 = plane(multi[0].enc, 0xb0, 0xd7, 0xa1)
	all["ja"].level1 = plane(multi[3].enc, 0xb0, 0xcf, 0xa1)
	all["ko"].level1 = plane(multi[4].enc, 0xb0, 0xc8, 0xa1)
	all["zh-Hant"] = traditional(all["zh"])
	return all
}

// traditional derives a model of traditional Chinese: characters that both ways
// of writing share keep their cost and a little; those of Big5's frequent plane,
// A440 to C67E, that the sentences lack are the traditional forms, a third of
// running text spread over about 2,500 characters.
func traditional(zh *costs) *costs {
	const shared, form = 0.6, 12.5
	t := &costs{lang: "zh-Hant", bits: map[rune]float32{}, script: unicode.Han}
	t.level1 = plane(multi[1].enc, 0xa4, 0xc6, 0x40)
	for r, b := range zh.bits {
		if t.level1[r] || !unicode.Is(unicode.Han, r) {
			t.bits[r] = b + shared
		}
	}
	for r := range t.level1 {
		if _, ok := t.bits[r]; !ok {
			t.bits[r] = form
		}
	}
	return t
}

// plane returns the characters of a two-byte encoding in a range of lead bytes.
func plane(enc encoding.Encoding, from, to, trail byte) map[rune]bool {
	set := map[rune]bool{}
	d := enc.NewDecoder()
	for lead := int(from); lead <= int(to); lead++ {
		for b := int(trail); b <= 0xfe; b++ {
			s, err := d.Bytes([]byte{byte(lead), byte(b)})
			if r := []rune(string(s)); err == nil && len(r) == 1 && r[0] != unicode.ReplacementChar {
				set[r[0]] = true
			}
		}
	}
	return set
}

func scriptOf(lang string) *unicode.RangeTable {
	switch lang {
	case "zh", "ja", "ko":
		return unicode.Han
	case "ru", "uk", "be", "bg", "sr", "mk":
		return unicode.Cyrillic
	case "el":
		return unicode.Greek
	case "he":
		return unicode.Hebrew
	case "ar", "fa":
		return unicode.Arabic
	case "th":
		return unicode.Thai
	}
	return unicode.Latin
}

// cost returns the cost of r in bits.
func (c *costs) cost(r rune) float64 {
	if b, ok := c.bits[r]; ok {
		return float64(b)
	}
	switch {
	case r == unicode.ReplacementChar, r < 0xa0, unicode.Is(unicode.Co, r):
		return costInvalid
	case c.level1[r]:
		return costLevel1
	case unicode.Is(unicode.Han, r):
		return costHan
	case unicode.IsLetter(r):
		if lower := unicode.ToLower(r); lower != r {
			if b, ok := c.bits[lower]; ok {
				return float64(b) + 5 // capitals are rarer than the sentences show
			}
		}
		return costLetter
	}
	return costSign
}

// languages returns the models that speak for c.
func (c *candidate) languages(all map[string]*costs) []*costs {
	var list []*costs
	for _, l := range strings.Fields(c.langs) {
		list = append(list, all[l])
	}
	return list
}
