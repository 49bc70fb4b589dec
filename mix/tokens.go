package mix

import (
	"bytes"
	"sync"
	"unicode"
	"unicode/utf8"
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

// A charTable holds class and lower case of the basic plane; word holds the
// lower case of the ASCII characters of words, and 0 for the others.
type charTable struct {
	class [1 << 16]uint8
	lower [1 << 16]rune
	word  [utf8.RuneSelf]uint8
}

// characters is filled on first use and never changes.
var characters = sync.OnceValue(func() *charTable {
	t := new(charTable)
	for r := range rune(len(t.class)) {
		t.class[r], t.lower[r] = classOf(r), fold(r)
	}
	for c := range t.word {
		if t.class[c] == classGlue {
			t.word[c] = uint8(t.lower[c])
		}
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

// A token is a word in lower case without punctuation, or a character of a
// script without spaces, at text[from:to].
type token struct {
	hash     uint64
	from, to uint32
	weight   uint8
	start    bool // first after a line feed, an end of a sentence, or a quote
}

// A tokenText is a text cut into tokens. With keep set, norm holds them with one
// space between; token i ends at ends[i] of it.
type tokenText struct {
	tokens []token
	keep   bool
	norm   []byte
	ends   []uint32
	*charTable
}

func newTokenText() *tokenText { return &tokenText{charTable: characters()} }

// mulToken and mulMix are odd: the golden ratio and the square root of 2, times
// 2^64.
const (
	mulToken = 0x9e3779b97f4a7c15
	mulMix   = 0x6a09e667f3bcc909
)

// step takes one more character into a token's hash; mixed spreads the result.
func step(h uint64, low rune) uint64 { return (h + uint64(low)) * mulToken }
func mixed(h uint64) uint64          { return (h ^ h>>32) * mulMix }

// cut cuts a text. It reuses its memory.
func (t *tokenText) cut(text string) {
	t.tokens, t.norm, t.ends = t.tokens[:0], t.norm[:0], t.ends[:0]
	fresh := true
	var word token // weight is 0 outside a word
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if low := t.word[c]; low != 0 {
				i = t.ascii(text, i, &word, &fresh)
				continue
			}
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = three(text, i); n == 0 {
				r, n = utf8.DecodeRuneInString(text[i:])
			}
		}
		class, low := t.of(r)
		at := i
		i += n
		switch class {
		case classDrop:
		case classBoundary:
			fresh = true
		case classSpace:
			t.end(&word)
		case classLine:
			t.end(&word)
			fresh = true
		case classGlue:
			if word.weight == 0 {
				word = token{from: uint32(at), weight: wordWeight, start: fresh}
				fresh = false
			}
			word.hash, word.to = step(word.hash, low), uint32(i)
			t.write(low)
		case classAlone:
			t.end(&word)
			t.alone(token{mixed(step(0, low)), uint32(at), uint32(i), charWeight, fresh}, low)
			fresh = false
		}
	}
	t.end(&word)
}

// three decodes a character of three bytes, nearly all of Chinese; n is 0 for
// others.
func three(text string, i int) (r rune, n int) {
	c := text[i]
	if i+2 >= len(text) || c <= 0xe0 || c > 0xef || c == 0xed || text[i+1]&0xc0 != 0x80 || text[i+2]&0xc0 != 0x80 {
		return 0, 0
	}
	return rune(c&15)<<12 | rune(text[i+1]&63)<<6 | rune(text[i+2]&63), 3
}

// ascii takes the ASCII characters of words from i on and returns the end.
func (t *tokenText) ascii(text string, i int, word *token, fresh *bool) int {
	if word.weight == 0 {
		*word = token{from: uint32(i), weight: wordWeight, start: *fresh}
		*fresh = false
	}
	h := word.hash
	for ; i < len(text) && text[i] < utf8.RuneSelf; i++ {
		low := t.word[text[i]]
		if low == 0 {
			break
		}
		h = step(h, rune(low))
		if t.keep {
			t.write(rune(low))
		}
	}
	word.hash, word.to = h, uint32(i)
	return i
}

// write appends a character to norm, where it is kept.
func (t *tokenText) write(low rune) {
	if !t.keep {
		return
	}
	if n := len(t.ends); n > 0 && int(t.ends[n-1]) == len(t.norm) {
		t.norm = append(t.norm, ' ')
	}
	t.norm = utf8.AppendRune(t.norm, low)
}

// alone adds a token of one character.
func (t *tokenText) alone(x token, low rune) {
	t.tokens = append(t.tokens, x)
	if t.keep {
		t.write(low)
		t.ends = append(t.ends, uint32(len(t.norm)))
	}
}

// end closes the token begun, if any.
func (t *tokenText) end(word *token) {
	if word.weight == 0 {
		return
	}
	word.hash = mixed(word.hash)
	t.tokens = append(t.tokens, *word)
	if t.keep {
		t.ends = append(t.ends, uint32(len(t.norm)))
	}
	*word = token{}
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
	for ; i < len(t.tokens); i++ {
		if weight -= int(t.tokens[i].weight); weight <= 0 {
			return i + 1, true
		}
	}
	return i, false
}

// total returns the weight of the whole text.
func (t *tokenText) total() (n int) {
	for i := range t.tokens {
		n += int(t.tokens[i].weight)
	}
	return n
}

// equal reports whether the tokens of text are those of norm.
func (t *charTable) equal(text string, norm []byte) bool {
	inside := false // of a word
	first := true
	var b [utf8.UTFMax]byte
	for _, r := range text {
		class, low := t.of(r)
		if class < classGlue {
			inside = inside && class < classSpace
			continue
		}
		if !first && (!inside || class == classAlone) {
			if len(norm) == 0 || norm[0] != ' ' {
				return false
			}
			norm = norm[1:]
		}
		c := b[:utf8.EncodeRune(b[:], low)]
		if !bytes.HasPrefix(norm, c) {
			return false
		}
		norm = norm[len(c):]
		inside, first = class == classGlue, false
	}
	return len(norm) == 0
}
