package charset

import (
	"strings"
	"unicode"
	"unicode/utf8"

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

// han is a model of a language written in Han characters, or Hangul, as a table
// over all characters of the basic plane: their costs in eighths of a bit.
type han [1 << 16]uint8

// reading is a single-byte encoding ready for use.
type reading struct {
	name  string
	class [256]class
	// langs holds, for each language, the cost of each byte from 0x80 up.
	langs []language
	bonus float64
}

type language struct {
	latin bool
	bits  [128]uint8 // eighths of a bit
}

// evidence is all that statistics need; it is built once, at the first page
// that needs them.
type evidence struct {
	multi  []*han // for each of the multi-byte encodings
	single []*reading
}

func loadEvidence() *evidence {
	zh := newHan("zh", plane(multi[0].enc, 0xb0, 0xd7, 0xa1))
	e := &evidence{multi: []*han{
		zh,
		traditional(zh),
		newHan("ja", plane(multi[2].enc, 0x88, 0x97, 0x40)),
		newHan("ja", plane(multi[3].enc, 0xb0, 0xcf, 0xa1)),
		newHan("ko", plane(multi[4].enc, 0xb0, 0xc8, 0xa1)),
	}}
	for i := range single {
		e.single = append(e.single, newReading(&single[i]))
	}
	return e
}

// find returns the table of a language.
func find(lang string) *model {
	for i := range models {
		if models[i].lang == lang {
			return &models[i]
		}
	}
	panic("charset: no model of language " + lang)
}

// each calls f for the characters of m and their costs.
func (m *model) each(f func(r rune, eighths uint8)) {
	i := 0
	for _, r := range m.runes {
		f(r, m.costs[i])
		i++
	}
}

// newHan builds the table of a language; level1 are the characters of the
// frequent part of its national standard.
func newHan(lang string, level1 []rune) *han {
	h := new(han)
	for i := range h {
		h[i] = eighths(unseen(rune(i)))
	}
	for _, r := range level1 {
		h[uint16(r)] = eighths(costLevel1)
	}
	find(lang).each(func(r rune, e uint8) { h[uint16(r)] = e })
	return h
}

// traditional derives a model of traditional Chinese: characters that both ways
// of writing share keep their cost and a little; those of Big5's frequent plane,
// A440 to C67E, that the sentences lack are the traditional forms, a third of
// running text spread over about 2,500 characters.
func traditional(zh *han) *han {
	const shared, form = 0.6, 12.5
	t := new(han)
	for i := range t {
		t[i] = eighths(unseen(rune(i)))
		if !unicode.Is(unicode.Han, rune(i)) {
			t[i] = min(t[i], zh[i])
		}
	}
	for _, r := range plane(multi[1].enc, 0xa4, 0xc6, 0x40) {
		t[uint16(r)] = min(zh[uint16(r)]+eighths(shared), eighths(form))
	}
	return t
}

// plane returns the characters of a two-byte encoding in a range of lead bytes.
func plane(enc encoding.Encoding, from, to, trail byte) (set []rune) {
	decodePairs(enc, from, to, trail, func(_, _ byte, r rune) { set = append(set, r) })
	return set
}

func newReading(c *candidate) *reading {
	r := &reading{name: c.name, bonus: c.bonus}
	runes := decodeTable(c.enc)
	for i, u := range runes {
		r.class[i] = classOf(u)
	}
	for _, name := range strings.Fields(c.langs) {
		l := language{latin: latin(name)}
		known := map[rune]uint8{}
		find(name).each(func(u rune, e uint8) { known[u] = e })
		for i, u := range runes[128:] {
			l.bits[i] = costIn(known, u)
		}
		r.langs = append(r.langs, l)
	}
	return r
}

// decodeTable returns what each byte means.
func decodeTable(enc encoding.Encoding) (t [256]rune) {
	d := enc.NewDecoder()
	for i := range t {
		t[i] = unicode.ReplacementChar
		if s, err := d.Bytes([]byte{byte(i)}); err == nil {
			t[i], _ = utf8.DecodeRune(s)
		}
	}
	return t
}

// costIn returns the cost of u for a language with the given characters.
func costIn(known map[rune]uint8, u rune) uint8 {
	if e, ok := known[u]; ok {
		return e
	}
	if lower := unicode.ToLower(u); lower != u {
		if e, ok := known[lower]; ok {
			return min(e, 200) + 40 // capitals are rarer than the sentences show
		}
	}
	return eighths(unseen(u))
}

// unseen is the cost of a character that the sentences of a language lack.
func unseen(r rune) float64 {
	switch {
	case r == unicode.ReplacementChar, r < 0xa0, unicode.Is(unicode.Co, r):
		return costInvalid
	case unicode.Is(unicode.Han, r):
		return costHan
	case unicode.IsLetter(r):
		return costLetter
	}
	return costSign
}

func eighths(bits float64) uint8 { return uint8(8 * bits) }

func latin(lang string) bool {
	switch lang {
	case "ru", "uk", "be", "bg", "sr", "mk", "el", "he", "ar", "fa", "th":
		return false
	}
	return true
}
