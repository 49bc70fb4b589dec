package bpe

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A Border is what a special token has to do with the text beside it: it takes the white space to its
// Left or Right along, or is one only where it is a Word, with nothing of a word beside it.
type Border struct{ Left, Right, Word bool }

// reach returns what a token from at to end of text takes, and whether it is one there.
func (b Border) reach(text []byte, at, end int) (from, to int, ok bool) {
	if b.Word {
		before, _ := utf8.DecodeLastRune(text[:at])
		after, _ := utf8.DecodeRune(text[end:])
		if at > 0 && inWord(before) || end < len(text) && inWord(after) {
			return 0, 0, false
		}
	}
	if b.Left {
		at = len(bytes.TrimRightFunc(text[:at], unicode.IsSpace))
	}
	if b.Right {
		end = len(text) - len(bytes.TrimLeftFunc(text[end:], unicode.IsSpace))
	}
	return at, end, true
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
	for from, search := 0, 0; ; {
		at, best := f.next(search)
		if best < 0 {
			return rest(dst, text[from:], begins && from == 0)
		}
		search = at + len(special[best].Text)
		at, end, ok := e.t.Borders[special[best].ID].reach(text, at, search)
		if !ok {
			continue
		}
		dst = rest(dst, text[from:max(from, at)], begins && from == 0)
		dst = append(dst, special[best].ID)
		from = end
	}
}
