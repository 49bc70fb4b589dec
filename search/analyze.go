package search

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is the longest word kept, in bytes; what is longer is cut there, so
// that base64 and the like cannot fill the dictionary with pages.
const maxWord = 40

// A token is a term where it stands in a text.
type token struct {
	start, end int  // bytes
	a, b       rune // a pair of neighbours, or one character alone (b is 0), folded
	word       bool // a word: its folded letters are in the scanner's word, until the next call
	joined     bool // follows the token before without anything between: the next pair of a run
}

// A scanner cuts a text into tokens: words of scripts with spaces, pairs of
// neighbouring characters of scripts without, single characters where one stands
// alone. Index and query use the same one.
type scanner struct {
	text  string
	folds *foldTable
	word  []byte
	pos   int  // of the next character
	prev  rune // the first half of the next pair, 0 when there is none
	from  int  // where prev stands
	inRun bool // prev was the second half of a pair
	tok   token
}

func newScanner() *scanner { return &scanner{folds: folds()} }

func (s *scanner) reset(text string) {
	s.text, s.pos, s.prev, s.inRun = text, 0, 0, false
}

// next reads the next token into s.tok and reports whether there is one.
func (s *scanner) next() bool {
	for s.pos < len(s.text) {
		r, n := rune(s.text[s.pos]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s.text[s.pos:])
		}
		e := s.folds.of(r)
		switch e >> 24 {
		case classPair:
			folded := rune(e & 0xffffff)
			if folded >= 0x3040 && folded < 0x3100 {
				folded, n = s.voiced(folded, n)
			}
			if s.pair(folded, n) {
				return true
			}
			continue
		case classSkip:
			s.pos += n
			continue
		}
		if s.single() {
			return true
		}
		switch e >> 24 {
		case classWord, classDigit, classMany:
			s.readWord()
			return true
		}
		s.pos += n
	}
	return s.single()
}

// voiced joins kana with a voice mark that stands behind it as a character.
func (s *scanner) voiced(kana rune, n int) (rune, int) {
	mark, size := utf8.DecodeRuneInString(s.text[s.pos+n:])
	switch mark {
	case 0xff9e:
		mark = 0x3099
	case 0xff9f:
		mark = 0x309a
	case 0x3099, 0x309a:
	default:
		return kana, n
	}
	joined := norm.NFC.String(string([]rune{kana, mark}))
	r, _ := utf8.DecodeRuneInString(joined)
	return r, n + size
}

// pair takes the next character of a run and reports whether it ends a pair.
func (s *scanner) pair(r rune, n int) bool {
	prev, from := s.prev, s.from
	s.prev, s.from = r, s.pos
	s.pos += n
	if prev == 0 {
		return false
	}
	s.tok = token{start: from, end: s.pos, a: prev, b: r, joined: s.inRun}
	s.inRun = true
	return true
}

// single ends a run; it reports whether that leaves a character alone.
func (s *scanner) single() bool {
	alone := s.prev != 0 && !s.inRun
	if alone {
		_, n := utf8.DecodeRuneInString(s.text[s.from:])
		s.tok = token{start: s.from, end: s.from + n, a: s.prev}
	}
	s.prev, s.inRun = 0, false
	return alone
}

// readWord reads a word: letters and digits, with dots and commas between
// digits (commas leave no trace) and apostrophes between letters (what follows is dropped
// if it is an s).
func (s *scanner) readWord() {
	s.word = s.word[:0]
	start, last := s.pos, uint32(0)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s.text[s.pos:])
		}
		e := s.folds.of(r)
		switch class := e >> 24; class {
		case classWord, classDigit:
			if r = rune(e & 0xffffff); r < utf8.RuneSelf {
				s.word = append(s.word, byte(r))
			} else {
				s.word = utf8.AppendRune(s.word, r)
			}
			last = class
		case classMany:
			for _, r := range foldMany(r) {
				s.word = utf8.AppendRune(s.word, r)
			}
			last = classWord
		case classSkip:
		default:
			if !s.inner(r, n, last) {
				s.endWord(start)
				return
			}
		}
		s.pos += n
	}
	s.endWord(start)
}

// inner reports whether a mark inside a word belongs to it.
func (s *scanner) inner(r rune, n int, last uint32) bool {
	if s.pos+n >= len(s.text) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(s.text[s.pos+n:])
	class := s.folds.of(next) >> 24
	switch r {
	case '.':
		if last == classDigit && class == classDigit {
			s.word = append(s.word, '.')
			return true
		}
	case ',', '，':
		return last == classDigit && class == classDigit && s.thousands(s.pos+n)
	case '\'', '’':
		if last == classWord && class == classWord {
			s.word = append(s.word, '\'')
			return true
		}
	}
	return false
}

// thousands reports whether three digits and no fourth follow.
func (s *scanner) thousands(at int) bool {
	digits := 0
	for _, r := range s.text[at:] {
		if s.folds.of(r)>>24 != classDigit || digits == 4 {
			break
		}
		digits++
	}
	return digits == 3
}

func (s *scanner) endWord(start int) {
	if n := len(s.word); n > 2 && s.word[n-2] == '\'' && s.word[n-1] == 's' {
		s.word = s.word[:n-2]
	}
	if len(s.word) > maxWord {
		n := maxWord
		for n > 0 && !utf8.RuneStart(s.word[n]) {
			n--
		}
		s.word = s.word[:n]
	}
	s.tok = token{start: start, end: s.pos, word: true}
}

// term appends the bytes of the current token as the dictionary has them.
func (s *scanner) term(dst []byte) []byte {
	if s.tok.word {
		return stem(append(dst, s.word...), len(dst))
	}
	dst = utf8.AppendRune(dst, s.tok.a)
	if s.tok.b != 0 {
		dst = utf8.AppendRune(dst, s.tok.b)
	}
	return dst
}
