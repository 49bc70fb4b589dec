package mix

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// How long a run of tokens is counts in thirds of a word: a word is three, a
// character of a script written without spaces two. Thirteen words of English
// are as long as twenty ideographs.
const (
	wordWeight = 3
	charWeight = 2
)

// Classes of characters.
const (
	classDrop     = iota // punctuation, symbols, controls: as if they were not there
	classBoundary        // the same, and a sentence may end there
	classSpace
	classLine  // a line feed
	classGlue  // letters, digits and marks of words
	classAlone // ideographs and other characters written without spaces
)

// A charTable holds class and lower case of the basic plane.
type charTable struct {
	class [1 << 16]uint8
	lower [1 << 16]rune
}

// characters is filled on first use and never changes.
var characters = sync.OnceValue(func() *charTable {
	t := new(charTable)
	for r := range rune(len(t.class)) {
		t.class[r], t.lower[r] = classOf(r), fold(r)
	}
	return t
})

// fold returns the lower case of a character, full-width ASCII made narrow.
func fold(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e {
		r -= 0xfee0
	}
	return unicode.ToLower(r)
}

func classOf(r rune) uint8 {
	switch {
	case r == '\n':
		return classLine
	case unicode.IsSpace(r) || r < ' ':
		return classSpace
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.In(r, unicode.L, unicode.M, unicode.N):
		return classAlone
	case unicode.In(r, unicode.L, unicode.M, unicode.N):
		return classGlue
	}
	switch fold(r) {
	case '.', '!', '?', ';', ':', '"', '(', ')', '。', '；', '：', '…', '“', '”', '「', '」', '『', '』', '|', '｡', '•':
		return classBoundary
	}
	return classDrop
}

// A tokenText is a text cut into tokens: words in lower case without
// punctuation, characters of scripts without spaces alone. norm holds them with
// one space between; token i ends at ends[i] of norm and is text[from[i]:to[i]].
type tokenText struct {
	norm     []byte
	ends     []uint32
	from, to []uint32
	hash     []uint64
	weight   []uint8
	starts   []bool // the first after a line feed, an end of a sentence, or a quote
	*charTable
}

func newTokenText() *tokenText { return &tokenText{charTable: characters()} }

// cut cuts a text. It reuses its memory.
func (t *tokenText) cut(text string) {
	t.norm, t.ends, t.hash = t.norm[:0], t.ends[:0], t.hash[:0]
	t.from, t.to, t.weight, t.starts = t.from[:0], t.to[:0], t.weight[:0], t.starts[:0]
	inside, fresh := false, true
	begin, last := 0, 0 // of the token in norm; its end in text
	end := func(weight uint8) {
		t.ends = append(t.ends, uint32(len(t.norm)))
		t.to = append(t.to, uint32(last))
		t.weight = append(t.weight, weight)
		t.hash = append(t.hash, xxh3.Hash(t.norm[begin:]))
		inside = false
	}
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		class, low := t.of(r)
		at := i
		i += n
		if class < classGlue {
			if inside && class >= classSpace {
				end(wordWeight)
			}
			fresh = fresh || class == classBoundary || class == classLine
			continue
		}
		if inside && class == classAlone {
			end(wordWeight)
		}
		if !inside {
			if len(t.norm) > 0 {
				t.norm = append(t.norm, ' ')
			}
			begin = len(t.norm)
			t.from = append(t.from, uint32(at))
			t.starts = append(t.starts, fresh)
			inside, fresh = true, false
		}
		if low < utf8.RuneSelf {
			t.norm = append(t.norm, byte(low))
		} else {
			t.norm = utf8.AppendRune(t.norm, low)
		}
		last = i
		if class == classAlone {
			end(charWeight)
		}
	}
	if inside {
		end(wordWeight)
	}
}

func (t *charTable) of(r rune) (class uint8, low rune) {
	if int(r) < len(t.class) {
		return t.class[r], t.lower[r]
	}
	return classOf(r), fold(r)
}

// begin returns where token i begins in norm.
func (t *tokenText) begin(i int) int {
	if i == 0 {
		return 0
	}
	return int(t.ends[i-1]) + 1
}

// run returns the end of the shortest run of tokens from i on that weighs at
// least so much, and whether there is one.
func (t *tokenText) run(i, weight int) (end int, ok bool) {
	for ; i < len(t.weight); i++ {
		if weight -= int(t.weight[i]); weight <= 0 {
			return i + 1, true
		}
	}
	return i, false
}

// total returns the weight of the whole text.
func (t *tokenText) total() (n int) {
	for _, w := range t.weight {
		n += int(w)
	}
	return n
}
