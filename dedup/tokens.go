package dedup

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"feilun"
	"feilun/internal/words"
)

// tokens is a text cut into tokens: one buffer, in which token i ends at
// ends[i]; between tokens stands one space when spaced is set.
type tokens struct {
	text   []byte
	ends   []int
	spaced bool
}

func (t *tokens) reset(spaced bool) {
	t.text, t.ends, t.spaced = t.text[:0], t.ends[:0], spaced
}

// start readies the buffer for the bytes of the next token.
func (t *tokens) start() {
	if t.spaced && len(t.ends) > 0 {
		t.text = append(t.text, ' ')
	}
}

// end closes the token begun by start.
func (t *tokens) end() { t.ends = append(t.ends, len(t.text)) }

func (t *tokens) addString(s string) {
	t.start()
	t.text = append(t.text, s...)
	t.end()
}

// span returns tokens i to i+n-1, joined.
func (t *tokens) span(i, n int) []byte {
	start := 0
	if i > 0 {
		start = t.ends[i-1]
		if t.spaced {
			start++
		}
	}
	return t.text[start:t.ends[i+n-1]]
}

// Classes of characters for the mixed tokens.
const (
	classGlue  = iota // joins its neighbours into one token
	classSpace        // separates
	classAlone        // is a token by itself
)

// A table holds what the splitter asks about characters of the basic plane.
type table struct {
	class [1 << 16]uint8
	lower [1 << 16]rune
	ascii [utf8.RuneSelf]byte // in lower case
}

// characterTable is filled on first use and never changes.
var characterTable = sync.OnceValue(func() *table {
	t := new(table)
	for r := range rune(len(t.class)) {
		t.class[r], t.lower[r] = class(r), unicode.ToLower(r)
	}
	for c := range t.ascii {
		t.ascii[c] = byte(t.lower[c])
	}
	return t
})

// A splitter cuts texts into tokens.
type splitter struct {
	*table
	simple []byte // scratch
	spans  []words.Span
}

func newSplitter() *splitter { return &splitter{table: characterTable()} }

// class tells the parts of mixed tokens apart. Control characters count as
// white space; outside ASCII, ideographs and
// everything that is not a letter, digit or combining mark stand alone.
func class(r rune) uint8 {
	switch {
	case unicode.IsSpace(r) || r <= ' ':
		return classSpace
	case unicode.Is(unicode.Han, r):
		return classAlone
	case r < utf8.RuneSelf || unicode.In(r, unicode.L, unicode.M, unicode.N):
		return classGlue
	}
	return classAlone
}

func (s *table) of(r rune) (class_ uint8, lower rune) {
	if int(r) < len(s.class) {
		return s.class[r], s.lower[r]
	}
	return class(r), unicode.ToLower(r)
}

// mixed cuts text at white space and around characters that stand alone.
func (s *splitter) mixed(text string, t *tokens) {
	inside := false
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		c, low := s.of(r)
		if inside && c != classGlue {
			t.end()
			inside = false
		}
		switch {
		case c == classSpace:
			continue
		case !inside:
			t.start()
		}
		if low < utf8.RuneSelf {
			t.text = append(t.text, byte(low))
		} else {
			t.text = utf8.AppendRune(t.text, low)
		}
		inside = c == classGlue
		if !inside {
			t.end()
		}
	}
	if inside {
		t.end()
	}
}

// characters makes every character but white space a token.
func (s *splitter) characters(text string, t *tokens) {
	for _, r := range text {
		if c, low := s.of(r); c != classSpace {
			t.start()
			t.text = utf8.AppendRune(t.text, low)
			t.end()
		}
	}
}

// words returns the words that datatrove takes for MinHash, of the simplified
// text: its present form, cut by the language's rules, or, as until June 2024,
// its first form, cut by NLTK's. The text is valid until the next call.
func (s *splitter) words(d *feilun.Doc, by string) (text string, spans []words.Span) {
	if by == "treebank" {
		text = words.SimplifyV1(d.Text)
		s.spans = words.TokenizeBy(s.spans[:0], text, d.Language, words.Treebank)
		return text, s.spans
	}
	s.simple = words.AppendSimplify(s.simple[:0], d.Text)
	text = string(s.simple)
	s.spans = words.Tokenize(s.spans[:0], text, d.Language)
	return text, s.spans
}

// datatrove cuts text as datatrove does before MinHash.
func (s *splitter) datatrove(d *feilun.Doc, by string, t *tokens) {
	text, spans := s.words(d, by)
	for _, w := range spans {
		t.addString(w.Of(text))
	}
}
