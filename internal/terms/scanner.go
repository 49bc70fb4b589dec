package terms

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is the longest word kept, in bytes; what is longer is cut there, so
// that base64 and the like cannot fill the dictionary with pages.
const maxWord = 40

// A Token is a term where it stands in a text.
type Token struct {
	Start, End int  // bytes
	A, B       rune // a pair of neighbours, or one character alone (B is 0), folded
	Word       bool // a word: its folded letters are in the scanner's Word, until the next call
	Joined     bool // follows the token before without anything between: the next pair of a run
}

// A Scanner cuts a text into tokens: words of scripts with spaces, pairs of
// neighbouring characters of scripts without, single characters where one stands
// alone. Whatever is compared is cut by the same one.
type Scanner struct {
	text  string
	Folds *FoldTable
	Word  []byte // folded letters of the current word
	pos   int    // of the next character
	prev  rune   // the first half of the next pair, 0 when there is none
	from  int    // where prev stands
	inRun bool   // prev was the second half of a pair
	Tok   Token  // the current one
}

// NewScanner returns a scanner of nothing; see [Scanner.Reset].
func NewScanner() *Scanner { return &Scanner{Folds: Folds()} }

// Reset starts with another text.
func (s *Scanner) Reset(text string) {
	s.text, s.pos, s.prev, s.inRun = text, 0, 0, false
}

// Next reads the next token into s.Tok and reports whether there is one.
func (s *Scanner) Next() bool {
	for s.pos < len(s.text) {
		r, n := rune(s.text[s.pos]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s.text[s.pos:])
		}
		e := s.Folds.Of(r)
		switch e >> 24 {
		case ClassPair:
			folded := rune(e & 0xffffff)
			if folded >= 0x3040 && folded < 0x3100 {
				folded, n = s.voiced(folded, n)
			}
			if s.pair(folded, n) {
				return true
			}
			continue
		case ClassSkip:
			s.pos += n
			continue
		}
		if s.single() {
			return true
		}
		switch e >> 24 {
		case ClassWord, ClassDigit, ClassMany:
			s.readWord()
			return true
		}
		s.pos += n
	}
	return s.single()
}

// voiced joins kana with a voice mark that stands behind it as a character.
func (s *Scanner) voiced(kana rune, n int) (rune, int) {
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
func (s *Scanner) pair(r rune, n int) bool {
	prev, from := s.prev, s.from
	s.prev, s.from = r, s.pos
	s.pos += n
	if prev == 0 {
		return false
	}
	s.Tok = Token{Start: from, End: s.pos, A: prev, B: r, Joined: s.inRun}
	s.inRun = true
	return true
}

// single ends a run; it reports whether that leaves a character alone.
func (s *Scanner) single() bool {
	alone := s.prev != 0 && !s.inRun
	if alone {
		_, n := utf8.DecodeRuneInString(s.text[s.from:])
		s.Tok = Token{Start: s.from, End: s.from + n, A: s.prev}
	}
	s.prev, s.inRun = 0, false
	return alone
}

// readWord reads a word: letters and digits, with dots and commas between
// digits (commas leave no trace) and apostrophes between letters (what follows is dropped
// if it is an s).
func (s *Scanner) readWord() {
	s.Word = s.Word[:0]
	start, last := s.pos, uint32(0)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s.text[s.pos:])
		}
		e := s.Folds.Of(r)
		switch class := e >> 24; class {
		case ClassWord, ClassDigit:
			if r = rune(e & 0xffffff); r < utf8.RuneSelf {
				s.Word = append(s.Word, byte(r))
			} else {
				s.Word = utf8.AppendRune(s.Word, r)
			}
			last = class
		case ClassMany:
			for _, r := range foldMany(r) {
				s.Word = utf8.AppendRune(s.Word, r)
			}
			last = ClassWord
		case ClassSkip:
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
func (s *Scanner) inner(r rune, n int, last uint32) bool {
	if s.pos+n >= len(s.text) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(s.text[s.pos+n:])
	class := s.Folds.Of(next) >> 24
	switch r {
	case '.':
		if last == ClassDigit && class == ClassDigit {
			s.Word = append(s.Word, '.')
			return true
		}
	case ',', '，':
		return last == ClassDigit && class == ClassDigit && s.thousands(s.pos+n)
	case '\'', '’':
		if last == ClassWord && class == ClassWord {
			s.Word = append(s.Word, '\'')
			return true
		}
	}
	return false
}

// thousands reports whether three digits and no fourth follow.
func (s *Scanner) thousands(at int) bool {
	digits := 0
	for _, r := range s.text[at:] {
		if s.Folds.Of(r)>>24 != ClassDigit || digits == 4 {
			break
		}
		digits++
	}
	return digits == 3
}

func (s *Scanner) endWord(start int) {
	if n := len(s.Word); n > 2 && s.Word[n-2] == '\'' && s.Word[n-1] == 's' {
		s.Word = s.Word[:n-2]
	}
	if len(s.Word) > maxWord {
		n := maxWord
		for n > 0 && !utf8.RuneStart(s.Word[n]) {
			n--
		}
		s.Word = s.Word[:n]
	}
	s.Tok = Token{Start: start, End: s.pos, Word: true}
}

// Term appends the bytes of the current token as the dictionary has them.
func (s *Scanner) Term(dst []byte) []byte {
	if s.Tok.Word {
		return Stem(append(dst, s.Word...), len(dst))
	}
	dst = utf8.AppendRune(dst, s.Tok.A)
	if s.Tok.B != 0 {
		dst = utf8.AppendRune(dst, s.Tok.B)
	}
	return dst
}
