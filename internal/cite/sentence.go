package cite

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"feilun/internal/words"
)

// A Sentence is a sentence of a text, without white space around it.
type Sentence struct {
	Span
	Code bool // a fenced block of code, fences included
}

// maxSentence is where a text without ends is cut, in bytes.
const maxSentence = 4000

// Sentences cuts a text into sentences. Lines, list items and table rows end one; fenced code is one
// as a whole. They lie apart, in order, and hold all but white space.
func Sentences(text string) []Sentence {
	var out []Sentence
	for at := 0; at < len(text); {
		n, code, _ := cut(text[at:], true)
		s := trim(text, Span{at, at + n})
		if s.Start < s.End {
			out = append(out, Sentence{s, code})
		}
		at += n
	}
	return out
}

// trim leaves out white space at both ends.
func trim(text string, s Span) Span {
	piece := s.Of(text)
	s.Start += len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
	s.End -= len(piece) - len(strings.TrimRightFunc(piece, unicode.IsSpace))
	return Span{min(s.Start, s.End), s.End}
}

// cut returns the length of the first sentence of a text with white space before
// it, and what closes it: quotation marks, citation markers. It is not ok
// while more text could change that; with final nothing follows.
func cut(text string, final bool) (n int, code, ok bool) {
	at := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	if at == len(text) {
		return at, false, final
	}
	if fence := fenceOf(text[at:]); fence != "" {
		n, ok := cutFence(text, at, fence, final)
		return n, true, ok
	}
	if !final && len(text)-at < 3 && strings.Trim(text[at:], "`~") == "" {
		return 0, false, false // may become a fence
	}
	begin := at
	for at < len(text) {
		if !final && !utf8.FullRuneInString(text[at:]) {
			return 0, false, false
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if at += size; at-begin >= maxSentence && (unicode.IsSpace(r) || unicode.IsPunct(r)) || at-begin >= 2*maxSentence {
			return at, false, true
		}
		ends, known := endsAt(text, begin, at, r, final)
		if !known {
			return 0, false, false
		}
		if ends {
			n, ok := closing(text, at, r == '\n', final)
			return n, false, ok
		}
	}
	return at, false, final
}

func fenceOf(s string) string {
	for _, f := range [...]string{"```", "~~~"} {
		if strings.HasPrefix(s, f) {
			return f
		}
	}
	return ""
}

// cutFence finds the line that closes a fence opened at at.
func cutFence(text string, at int, fence string, final bool) (int, bool) {
	for line := at; ; {
		i := strings.IndexByte(text[line:], '\n')
		if i < 0 {
			return len(text), final
		}
		line += i + 1
		rest := strings.TrimLeft(text[line:], " ")
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		if strings.HasPrefix(rest, fence) && strings.Trim(rest[:end], fence[:1]+" \r\t") == "" {
			if end == len(rest) && !final {
				return 0, false
			}
			return len(text) - len(rest) + end, true
		}
	}
}

// endsAt reports whether r, which ends at at, ends the sentence begun at begin;
// known is false while the next characters decide.
func endsAt(text string, begin, at int, r rune, final bool) (ends, known bool) {
	switch r {
	case '\n':
		return endsLine(text, begin, at, final)
	case '。', '！', '？', '｡':
		return true, true
	case '…':
		next, _ := utf8.DecodeRuneInString(text[at:])
		if !final && !utf8.FullRuneInString(text[at:]) {
			return false, false
		}
		return next != '…', true
	case '.', '!', '?':
	default:
		return false, true
	}
	rest := text[at:]
	if len(rest) < 8 && !final && !strings.Contains(rest, "\n") {
		return false, false
	}
	after := strings.TrimLeft(rest, `"'”’)]*_`)
	marked, _ := markers(after)
	switch {
	case after == "" || marked > 0 || after[0] == '\n' || after[0] == '\r':
	case after[0] != ' ' && after[0] != '\t':
		next, _ := utf8.DecodeRuneInString(after)
		return r != '.' && isCJK(next), true
	}
	if r != '.' {
		return true, true
	}
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, " \t"))
	return !unicode.IsLower(next) && !abbreviated(text[begin:at-1]), true
}

// endsLine tells whether a line break ends a sentence: it does not where a line
// was only wrapped, so that the next begins with a small letter.
func endsLine(text string, begin, at int, final bool) (ends, known bool) {
	if at == len(text) {
		return true, final
	}
	next, _ := utf8.DecodeRuneInString(text[at:])
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[begin:at], " \r\n"))
	return !(unicode.IsLower(next) && (unicode.IsLower(last) || last == ',')), true
}

// closing takes quotation marks and citation markers behind an end along.
func closing(text string, at int, line, final bool) (int, bool) {
	for !line && at < len(text) {
		if !final && !utf8.FullRuneInString(text[at:]) {
			return 0, false
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if strings.ContainsRune("”’」』）》】\"'。！？…*_", r) && !(r == '"' && at > 0 && text[at-1] == ' ') {
			at += size
			continue
		}
		n, open := markers(text[at:])
		if open && !final {
			return 0, false
		}
		if n == 0 {
			return at, true
		}
		at += n
	}
	return at, line || final
}

// abbreviated reports whether a full stop behind s belongs to its last word.
func abbreviated(s string) bool {
	s = strings.TrimRight(s, `"”’)`)
	i := strings.LastIndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == '"' || r == '“' })
	word := s[i+1:]
	if i > 0 {
		_, size := utf8.DecodeRuneInString(s[i:])
		word = s[i+size:]
	}
	if word == "" {
		return true
	}
	if r, n := utf8.DecodeRuneInString(word); n == len(word) && unicode.IsUpper(r) {
		return true // an initial
	}
	if strings.Contains(word, ".") && len(word) <= 5 && !strings.ContainsAny(word, "0123456789") {
		return true // e.g, U.S
	}
	if strings.TrimLeft(s, " \n\t#-*") == word && strings.Trim(word, "0123456789") == "" && len(word) < 4 {
		return true // the number of a list item
	}
	return abbreviations()[strings.ToLower(word)]
}

// abbreviations end with a full stop that ends no sentence when more follows.
var abbreviations = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`mr mrs ms dr prof rev hon sr jr st mt ft gen col lt sgt capt cmdr gov sen rep pres
		jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co corp bros vs etc al no nos vol pp fig figs eq approx ca cf ed eds dept univ est`) {
		m[w] = true
	}
	return m
})

func isCJK(r rune) bool {
	return r >= 0x3040 && r < 0x3100 || r >= 0x3400 && r < 0xa000 || r >= 0xac00 && r < 0xd7b0 || r >= 0xf900 && r < 0xfb00 || r >= 0x20000 && r < 0x32000
}

// traditional are the characters of Chinese that simplified texts do not have.
var traditional = sync.OnceValue(func() map[rune]bool {
	m := map[rune]bool{}
	simple := map[rune]bool{}
	pairs := []rune(words.FoldPairs)
	for i := 0; i+1 < len(pairs); i += 2 {
		simple[pairs[i]] = true
		m[pairs[i+1]] = true
	}
	for r := range simple {
		delete(m, r)
	}
	return m
})
