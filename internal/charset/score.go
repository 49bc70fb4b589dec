package charset

import (
	"math"
	"sync"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
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

var loaded = sync.OnceValue(loadEvidence)

// class is what a character is, as far as its neighbours matter.
type class uint8

const (
	other    class = iota // neither letter nor sign
	sign                  // a sign that seldom stands inside a word
	asciiLow              // letters: of ASCII
	asciiUp
	low // and beyond
	up
	caseless
	numClasses
)

func classOf(r rune) class {
	switch {
	case r >= 'a' && r <= 'z':
		return asciiLow
	case r >= 'A' && r <= 'Z':
		return asciiUp
	case r < 0x80:
		return other
	case r > 0xa0 && r < 0xc0 && r != '»' && r != '·' && r != '\u00ad':
		return sign
	case unicode.IsUpper(r):
		return up
	case unicode.IsLower(r):
		return low
	case unicode.IsLetter(r):
		return caseless
	}
	return other
}

// contexts holds what a character costs, in bits, for standing behind another:
// running text does not mix scripts inside a word, capitals do not follow small
// letters, and Latin letters with accents seldom follow each other. The first
// index is 1 for languages in Latin script.
var contexts = buildContexts()

func buildContexts() (t [2][numClasses][numClasses]uint8) {
	for latin := range t {
		for a := asciiLow; a < numClasses; a++ {
			t[latin][a][sign] = 3
			for b := asciiLow; b < numClasses; b++ {
				c := &t[latin][a][b]
				switch {
				case (a == asciiLow || a == low) && b == up, a == low && b == asciiUp:
					*c = 6
				case latin == 1 && a >= low && b >= low:
					*c = 3
				case latin == 0 && a < low != (b < low):
					*c = 4
				}
			}
		}
	}
	return t
}

// cost returns the cost in bits of reading text, whose bytes beyond ASCII hist
// counts, in the best of the languages of r.
func (r *reading) cost(text []byte, hist *[128]int) float64 {
	var pairs [2]int
	prev := other
	for _, b := range text {
		c := r.class[b]
		pairs[0] += int(contexts[0][prev][c])
		pairs[1] += int(contexts[1][prev][c])
		prev = c
	}
	best := math.Inf(1)
	for i := range r.langs {
		l := &r.langs[i]
		sum := 0
		for b, n := range hist {
			sum += n * int(l.bits[b])
		}
		bits := float64(sum) / 8
		if l.latin {
			bits += float64(pairs[1])
		} else {
			bits += float64(pairs[0])
		}
		best = min(best, bits)
	}
	return best
}

// cost returns the cost in bits of decoded text.
func (h *han) cost(text []byte) float64 {
	sum := 0
	for _, r := range string(text) {
		switch {
		case r < 0x80:
		case r < 1<<16:
			sum += int(h[r])
		default:
			sum += 8 * costHan
		}
	}
	return float64(sum) / 8
}

// weight is a sample being read in one encoding after another. Scores are bits
// for each byte beyond ASCII: lower is better.
type weight struct {
	text []byte
	hist [128]int
	high float64
}

func newWeight(text []byte) *weight {
	w := &weight{text: text}
	for _, b := range text {
		if b >= 0x80 {
			w.hist[b-0x80]++
			w.high++
		}
	}
	w.high = max(w.high, 1)
	return w
}

func (w *weight) multi(i int) float64 {
	out, err := multi[i].enc.NewDecoder().Bytes(w.text)
	if err != nil {
		return math.Inf(1)
	}
	return loaded().multi[i].cost(out)/w.high - multi[i].bonus
}

func (w *weight) single(r *reading) float64 { return r.cost(w.text, &w.hist)/w.high - r.bonus }

// sure is a score, in bits a byte, that only the right multi-byte encoding
// reaches: its text costs about 5, text of other encodings read in it 7 or more.
const sure = 5.8

// best returns the encoding that explains the sample best and its score.
func (w *weight) best() (name string, bits float64) {
	bits = math.Inf(1)
	for i := range multi {
		if s := w.multi(i); s < bits {
			name, bits = multi[i].name, s
		}
	}
	if bits < sure && w.high > 40 {
		return name, bits
	}
	for _, r := range loaded().single {
		if s := w.single(r); s < bits {
			name, bits = r.name, s
		}
	}
	return name, bits
}

// declared returns the score of an encoding by name, which may be one that
// statistics do not try.
func (w *weight) declared(name string, enc encoding.Encoding) float64 {
	for i := range multi {
		if multi[i].name == name {
			return w.multi(i)
		}
	}
	for _, r := range loaded().single {
		if r.name == name {
			return w.single(r)
		}
	}
	if _, ok := enc.(*charmap.Charmap); !ok {
		return math.Inf(1)
	}
	c := candidate{name: name, enc: enc, langs: "fr de es pt it sv fi pl cs hu hr tr lt lv et ro ga ru uk el he ar th vi"}
	return w.single(newReading(&c))
}
