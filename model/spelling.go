package model

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/bpe"
)

// A spelling turns tokens into text that never splits a character and never shows what
// may become a stop string.
type spelling struct {
	tok  *bpe.Tokenizer
	stop []string

	strip bool // the text begins here: the space that belongs to the first token is left out

	text strings.Builder // all that is certain
	raw  []byte          // behind it: half characters, and what may become a stop string
	met  string          // the stop string that was met
}

// Text returns all that is certain of the text so far: it only ever grows.
func (s *spelling) Text() string { return s.text.String() }

// spell adds a token and reports whether a stop string was met. Special tokens have no
// text, but for those that texts show.
func (s *spelling) spell(t uint32) (stopped bool) {
	if s.tok == nil || special(s.tok, t) {
		return false
	}
	b := s.tok.Token(t)
	if s.strip {
		b, s.strip = bytes.TrimPrefix(b, []byte(" ")), false
	}
	s.raw = append(s.raw, b...)
	return s.settle()
}

// begins reports whether a text begins behind a prompt, so that the space that belongs to its
// first token is left out: there is no prompt, or it ends in a special token. With a grammar the
// text is what that allows.
func begins(t *bpe.Tokenizer, r *Request) bool {
	n := len(r.Prompt)
	return t != nil && t.LeadingSpace() && r.Grammar == nil && (n == 0 || special(t, r.Prompt[n-1]))
}

func special(t *bpe.Tokenizer, id uint32) bool {
	return !t.Shown[id] && slices.ContainsFunc(t.Special, func(s bpe.Special) bool { return s.ID == id })
}

// settle moves to the text what no later token can change: whole characters that are
// not the beginning of a stop string.
func (s *spelling) settle() (stopped bool) {
	at := -1
	for _, stop := range s.stop {
		if i := bytes.Index(s.raw, []byte(stop)); i >= 0 && (at < 0 || i < at) {
			at, s.met = i, stop
		}
	}
	if at >= 0 {
		s.raw = s.raw[:at]
		return true
	}
	n := whole(s.raw)
	for _, stop := range s.stop {
		for k := min(len(stop)-1, len(s.raw)); k > 0; k-- {
			if bytes.HasSuffix(s.raw, []byte(stop[:k])) {
				n = min(n, len(s.raw)-k)
				break
			}
		}
	}
	s.text.WriteString(valid(s.raw[:n]))
	s.raw = append(s.raw[:0], s.raw[n:]...)
	return false
}

// end moves the rest to the text, where bytes that make no character are marked as
// such, and returns the stop string that was met.
func (s *spelling) end() string {
	s.text.WriteString(valid(s.raw))
	s.raw = nil
	return s.met
}

// whole returns how many bytes of b are followed by no half character.
func whole(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// valid returns b as text, with U+FFFD for each piece that is no character: the longest
// beginning of one, or a byte, as Unicode recommends and transformers has it.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out.WriteRune(r)
		if r == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n]) && !utf8.FullRune(b[:n+1]) {
				n++
			}
		}
		b = b[n:]
	}
	return out.String()
}
