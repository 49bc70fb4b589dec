package bpe

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A Border is what a special token has to do with the text beside it: it takes the white space to its
// Left or Right along, or is one only where it is a Word, with nothing of a word beside it.
type Border struct{ Left, Right, Word bool }

// stands reports whether a token from at to end of text is one there.
func (b Border) stands(text []byte, at, end int) bool {
	if !b.Word {
		return true
	}
	before, _ := utf8.DecodeLastRune(text[:at])
	after, _ := utf8.DecodeRune(text[end:])
	return (at == 0 || !inWord(before)) && (end == len(text) || !inWord(after))
}

// inWord reports whether a character is of a word, \w of Unicode's regular expressions (annex C of
// technical standard 18).
func inWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}

// A finder tells where special tokens stand in a text.
type finder struct {
	text    []byte
	special []Special
	found   []int // where each stands next, -1 before it was looked for
}

func newFinder(text []byte, special []Special) *finder {
	f := &finder{text, special, make([]int, len(special))}
	for i := range f.found {
		f.found[i] = -1
	}
	return f
}

// next returns the first token from a place on, the longest where several begin, or -1.
func (f *finder) next(from int) (at, best int) {
	at, best = len(f.text), -1
	for i, s := range f.special {
		if f.found[i] < from {
			if f.found[i] = bytes.Index(f.text[from:], []byte(s.Text)); f.found[i] < 0 || s.Text == "" {
				f.found[i] = len(f.text)
			} else {
				f.found[i] += from
			}
		}
		if k := f.found[i]; k < at || k == at && best >= 0 && len(s.Text) > len(f.special[best].Text) {
			at, best = k, i
		}
	}
	return at, best
}

// around takes those special tokens for what they stand for, and what lies between by rest, which
// is told whether the text begins there.
func (e *Encoder) around(dst []uint32, text []byte, begins bool, special []Special, rest func(dst []uint32, text []byte, begins bool) []uint32) []uint32 {
	f := newFinder(text, special)
	blank := 0 // where the white space ends that a token took last
	for from, search := 0, 0; ; {
		at, best := f.next(search)
		if best < 0 {
			return rest(dst, text[from:], begins && from == 0)
		}
		b, end := e.t.Borders[special[best].ID], at+len(special[best].Text)
		search = end
		if !b.stands(text, at, end) {
			continue
		}
		at = max(from, at) // what a token has taken is gone
		if b.Left {
			at = from + len(bytes.TrimRightFunc(text[from:at], unicode.IsSpace))
		}
		if b.Right {
			blank = max(blank, end) // up to there all is white space
			blank = len(text) - len(bytes.TrimLeftFunc(text[blank:], unicode.IsSpace))
			end = blank
		}
		dst = rest(dst, text[from:at], begins && from == 0)
		dst = append(dst, special[best].ID)
		from = end
	}
}
