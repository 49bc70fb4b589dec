package filter

import (
	"unicode"
	"unicode/utf8"

	"feilun"
)

// Han holds rules for Chinese text: shares of kinds of characters, and terms
// from lists. It judges documents whose language is zh and, where the language
// is unknown, those whose letters are mostly Han; all others stay. Sources:
// EvalWeb (ChineseWebText) for Han share, line length and terms per line;
// MAP-CC for brackets, digits and different characters; punctuation by
// measurement.
type Han struct {
	// MinHan is the lowest share of letters that must be Han characters.
	MinHan float64 `json:"min_han" default:"0.3" range:"0..1"`
	// MaxBrackets is the highest share of characters that may be 【 or 】.
	MaxBrackets float64 `json:"max_brackets" default:"0.1" range:"0..1"`
	// MinPunctuation is the lowest share of characters that must be
	// punctuation: lists of keywords have none.
	MinPunctuation float64 `json:"min_punctuation" default:"0.005" range:"0..1"`
	// MaxPunctuation is the highest share of characters that may be punctuation.
	MaxPunctuation float64 `json:"max_punctuation" default:"0.35" range:"0..1"`
	// MaxDigits is the highest share of characters that may be digits.
	MaxDigits float64 `json:"max_digits" default:"0.3" range:"0..1"`
	// MinLine is the lowest mean length of lines that are not blank, in characters.
	MinLine float64 `json:"min_line" default:"10" range:"0.."`
	// MinUnique is the lowest share of different characters among the first
	// 2000 Han characters.
	MinUnique float64 `json:"min_unique" default:"0.1" range:"0..1"`
	// Terms are files of words, one a line, that count as bad.
	Terms []string `json:"terms" default:"[]"`
	// Allow holds words in which a bad one does not count, such as 性 in 性能.
	Allow []string `json:"allow" default:"[]"`
	// MaxTerms is the highest number of different bad words for each line that
	// is not blank.
	MaxTerms float64 `json:"max_terms" default:"0.5" range:"0.."`
	// MaxTermShare is the highest share of characters in bad words.
	MaxTermShare float64 `json:"max_term_share" default:"0.05" range:"0..1"`

	list  *phrases // shared by clones
	hits  []phraseHit
	count []bool // by word: seen in this document
	set   [1 << 16 / 64]uint64
}

const (
	badTerm uint32 = 1 << iota
	allowedTerm
)

// uniqueChars is how many Han characters min_unique looks at: the share falls
// with length.
const uniqueChars = 2000

// Clone returns a filter for another goroutine that shares the loaded lists.
func (f *Han) Clone() Filter {
	c := *f
	c.hits, c.count = nil, make([]bool, len(f.count))
	return &c
}

// Prepare reads the lists of terms.
func (f *Han) Prepare() error {
	f.list = nil
	var words []string
	var tags []uint32
	for _, name := range f.Terms {
		err := eachLine(name, "han.terms", func(s string) {
			words, tags = append(words, s), append(tags, badTerm)
		})
		if err != nil {
			return err
		}
	}
	if len(words) == 0 {
		return nil
	}
	for _, w := range f.Allow {
		words, tags = append(words, w), append(tags, allowedTerm)
	}
	f.list = newPhrases(words, tags)
	f.count = make([]bool, len(f.list.words))
	return nil
}

// A hanCount holds the numbers of characters by kind.
type hanCount struct {
	chars, letters, han, brackets, punctuation, digits int
	lines, lineChars                                   int
	looked, unique                                     int
}

// Check implements [Filter].
func (f *Han) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Han) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Han) probe(d *feilun.Doc, p *probe) {
	known := d.Language != "" && d.Language != "und"
	if known && d.Language != "zh" {
		return
	}
	n := f.read(d.Text)
	share := ratio(n.han, n.letters)
	if n.chars == 0 || !known && share <= 0.5 {
		return
	}
	punctuation := ratio(n.punctuation, n.chars)
	over := p.under("min_han", share, f.MinHan) ||
		p.over("max_brackets", ratio(n.brackets, n.chars), f.MaxBrackets) ||
		p.under("min_punctuation", punctuation, f.MinPunctuation) ||
		p.over("max_punctuation", punctuation, f.MaxPunctuation) ||
		p.over("max_digits", ratio(n.digits, n.chars), f.MaxDigits) ||
		p.under("min_line", ratio(n.lineChars, n.lines), f.MinLine) ||
		n.looked > 0 && p.under("min_unique", ratio(n.unique, n.looked), f.MinUnique)
	if !over && f.list != nil {
		f.terms(d.Text, n, p)
	}
}

func ratio(a, b int) float64 { return float64(a) / float64(max(1, b)) }

// read counts characters. White space counts for none of the shares.
func (f *Han) read(text string) hanCount {
	var n hanCount
	clear(f.set[:])
	line := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch asciiKind[c] {
			case 'a':
				n.letters++
			case '0':
				n.digits++
			case '.':
				n.punctuation++
			case '\n':
				if line > 0 {
					n.lines++
					n.lineChars += line
				}
				line = 0
				continue
			default:
				continue
			}
			n.chars++
			line++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if !f.wide(&n, r) {
			continue
		}
		n.chars++
		line++
	}
	if line > 0 {
		n.lines++
		n.lineChars += line
	}
	return n
}

// wide counts a character outside ASCII; it reports whether it is more than
// white space.
func (f *Han) wide(n *hanCount, r rune) bool {
	if !(r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r == 0x3007 || r >= 0x20000 && r <= 0x3FFFF) {
		return n.other(r)
	}
	n.letters++
	n.han++
	if n.looked < uniqueChars {
		n.looked++
		if w, b := r&0xFFFF/64, uint64(1)<<(r&63); f.set[w]&b == 0 {
			f.set[w] |= b
			n.unique++
		}
	}
	return true
}

// other does so for characters that are not Han.
func (n *hanCount) other(r rune) bool {
	switch {
	case r == 0x3000 || r == 0xA0 || r >= 0x2000 && r <= 0x200F || r == 0xFEFF:
		return false
	case r == '【' || r == '】':
		n.brackets++
		n.punctuation++
	case r >= 0x2010 && r <= 0x2027 || r >= 0x3001 && r <= 0x301F || r >= 0xFF01 && r <= 0xFF0F ||
		r >= 0xFF1A && r <= 0xFF20 || r >= 0xFF3B && r <= 0xFF40 || r >= 0xFF5B && r <= 0xFF65:
		n.punctuation++
	case r >= '０' && r <= '９':
		n.digits++
	case unicode.IsLetter(r):
		n.letters++
	case unicode.IsPunct(r):
		n.punctuation++
	}
	return true
}

// asciiKind is 'a' for letters, '0' for digits, '.' for punctuation, '\n', or 0
// for what does not count.
var asciiKind = func() (t [128]byte) {
	for c := range byte(128) {
		switch {
		case c == '\n':
			t[c] = '\n'
		case isDigit(c):
			t[c] = '0'
		case isWordByte(c):
			t[c] = 'a'
		case c > ' ' && c < 127:
			t[c] = '.'
		}
	}
	return t
}()

// terms counts bad words outside allowed ones.
func (f *Han) terms(text string, n hanCount, p *probe) {
	f.hits = f.list.find(text, f.hits[:0])
	kept := outermost(f.hits)
	different, chars, last, note := 0, 0, 0, ""
	for _, h := range kept {
		if f.list.tag[h.word]&allowedTerm != 0 {
			last = max(last, h.end)
			continue
		}
		if h.end <= last {
			continue
		}
		chars += utf8.RuneCountInString(text[max(h.start, last):h.end])
		last = h.end
		if !f.count[h.word] {
			f.count[h.word] = true
			if different++; note == "" {
				note = f.list.words[h.word]
			}
		}
	}
	for _, h := range kept {
		f.count[h.word] = false
	}
	if p.over("max_terms", ratio(different, n.lines), f.MaxTerms) ||
		p.over("max_term_share", ratio(chars, n.chars), f.MaxTermShare) {
		p.verdict.Note = note
	}
}

// outermost drops hits that lie inside others, in place; hits come by end, the
// longest of an end first.
func outermost(hits []phraseHit) []phraseHit {
	kept := hits[:0]
	for _, h := range hits {
		if n := len(kept); n > 0 && kept[n-1].start <= h.start && kept[n-1].end >= h.end {
			continue
		}
		for len(kept) > 0 && kept[len(kept)-1].start >= h.start {
			kept = kept[:len(kept)-1]
		}
		kept = append(kept, h)
	}
	return kept
}
