package words

import (
	"slices"
	"unicode/utf8"
)

// Simplify is datatrove's simplify_text, which decides what near-duplicate
// search compares: lower case, numbers as 0, punctuation as spaces, runs of white
// space as one, canonical decomposition without nonspacing marks. The result
// stays decomposed: Hangul becomes jamo.
func Simplify(text string) string {
	return string(AppendSimplify(make([]byte, 0, len(text)), text))
}

// AppendSimplify appends the simplified text to dst.
func AppendSimplify(dst []byte, text string) []byte {
	w := simplifier{dst: dst, from: len(dst), first: true}
	for i := 0; i < len(text); {
		c := text[i]
		if c < 0x80 {
			switch {
			case asciiSimple[c] > ' ':
				w.ascii(asciiSimple[c])
				i++
			case asciiSimple[c] == ' ':
				w.gap = true
				i++
			default:
				i += numberLength(text[i:])
				w.ascii('0')
			}
			continue
		}
		r, n := decode(text[i:])
		cl := class(r)
		switch {
		case cl&isDigit != 0:
			n = numberLength(text[i:])
			w.ascii('0')
		case cl&(isSymbol|isSpace) != 0:
			w.gap = true
		case r == 'Σ':
			r, _ = decode(sigma(text, i))
			w.rune(r)
		case r == 0x130:
			w.rune('i') // and U+0307, a mark
		default:
			w.rune(lowerOf(r))
		}
		i += n
	}
	return w.end()
}

// asciiSimple is the simplified form of ASCII characters: the character in lower
// case, a space, or 0 for digits.
var asciiSimple = func() (t [128]byte) {
	for c := range t {
		switch r := rune(c); {
		case IsDigit(r):
		case IsSymbol(r) || IsSpace(r):
			t[c] = ' '
		default:
			t[c] = byte(lowerOf(r))
		}
	}
	return t
}()

// numberLength returns the length of the number s begins with: digits of any
// script, once a decimal separator and digits after it.
func numberLength(s string) int {
	i := digitsLength(s)
	if i < len(s) {
		r, n := decode(s[i:])
		switch r {
		case '.', ',', '،', '٫', '⎖', '⎗', '⎘':
			if m := digitsLength(s[i+n:]); m > 0 {
				return i + n + m
			}
		}
	}
	return i
}

func digitsLength(s string) int {
	i := 0
	for i < len(s) {
		r, n := decode(s[i:])
		if !IsDigit(r) {
			break
		}
		i += n
	}
	return i
}

// A simplifier writes characters in canonical decomposition without marks.
type simplifier struct {
	dst   []byte
	from  int    // where the result begins in dst
	gap   bool   // white space is owed before the next character
	first bool   // nothing but white space has come yet
	queue []rune // combining characters that are no marks, to be put in order
}

func (w *simplifier) space() {
	if w.gap && !w.first {
		w.flush()
		w.dst = append(w.dst, ' ')
	}
	w.gap, w.first = false, false
}

func (w *simplifier) ascii(c byte) {
	if w.gap || w.first || len(w.queue) > 0 {
		w.space()
		w.flush()
	}
	w.dst = append(w.dst, c)
}

func (w *simplifier) rune(r rune) {
	if w.gap || w.first {
		w.space()
	}
	switch {
	case class(r)&isMark != 0:
		if class(r)&isStarter != 0 {
			w.flush()
		}
	case r >= 0xac00 && r < 0xd7a4:
		w.flush()
		s := r - 0xac00
		w.dst = utf8.AppendRune(w.dst, 0x1100+s/588)
		w.dst = utf8.AppendRune(w.dst, 0x1161+s%588/28)
		if t := s % 28; t > 0 {
			w.dst = utf8.AppendRune(w.dst, 0x11a7+t)
		}
	default:
		if d, ok := decompositionTable[r]; ok {
			for _, x := range d {
				w.plain(x)
			}
			return
		}
		w.plain(r)
	}
}

// plain takes one fully decomposed character that is no mark. Those with a
// combining class wait, to be put in canonical order.
func (w *simplifier) plain(r rune) {
	if _, ok := combiningTable[r]; ok {
		w.queue = append(w.queue, r)
		return
	}
	w.flush()
	w.dst = utf8.AppendRune(w.dst, r)
}

// flush writes what waits in canonical order.
func (w *simplifier) flush() {
	if len(w.queue) == 0 {
		return
	}
	slices.SortStableFunc(w.queue, func(a, b rune) int { return int(combiningTable[a]) - int(combiningTable[b]) })
	for _, r := range w.queue {
		w.dst = utf8.AppendRune(w.dst, r)
	}
	w.queue = w.queue[:0]
}

// end returns the text, without spaces that removed marks left at its ends.
func (w *simplifier) end() []byte {
	w.flush()
	b := w.dst[w.from:]
	lead := 0
	for lead < len(b) && b[lead] == ' ' {
		lead++
	}
	b = b[:copy(b, b[lead:])]
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return w.dst[:w.from+len(b)]
}

var (
	decompositionTable = func() map[rune]string {
		m := make(map[rune]string, len(decompositions))
		for _, d := range decompositions {
			m[d.r] = d.to
		}
		return m
	}()
	combiningTable = func() map[rune]uint8 {
		m := make(map[rune]uint8, len(combiningClasses))
		for _, c := range combiningClasses {
			m[c.r] = c.class
		}
		return m
	}()
)

// SimplifyV1 is simplify_text as it was before 2024-06-14, which FineWeb's first
// version compared: punctuation is deleted, not spaced, and after that every run
// of digits becomes one 0.
func SimplifyV1(text string) string {
	var b []byte
	gap := false
	for i := 0; i < len(text); {
		r, n := decode(text[i:])
		switch {
		case IsSpace(r):
			gap = true
		case r == 'Σ':
			b = spaced(b, &gap)
			b = append(b, sigma(text, i)...)
		case r == 0x130:
			b = spaced(b, &gap)
			b = append(b, 'i')
		default:
			b = spaced(b, &gap)
			b = utf8.AppendRune(b, lowerOf(r))
		}
		i += n
	}
	w := simplifier{}
	digits := false
	for _, r := range string(b) {
		switch {
		case IsSymbol(r):
		case IsDigit(r):
			if !digits {
				w.ascii('0')
			}
			digits = true
			continue
		case r == ' ':
			w.flush()
			w.dst = append(w.dst, ' ')
		default:
			w.rune(r)
			if IsMark(r) {
				continue
			}
		}
		if !IsSymbol(r) {
			digits = false
		}
	}
	w.flush()
	return Trim(string(w.dst))
}

func spaced(b []byte, gap *bool) []byte {
	if *gap && len(b) > 0 {
		b = append(b, ' ')
	}
	*gap = false
	return b
}
