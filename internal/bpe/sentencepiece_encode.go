package bpe

import (
	"bytes"
	"unicode/utf8"
)

// characters appends the tokens of a text between special tokens in SentencePiece's form.
func (e *Encoder) characters(dst []uint32, text []byte, begins bool) []uint32 {
	sp := e.t.sp
	e.norm = sp.normal(e.norm[:0], text, begins)
	text = e.norm
	for i := 0; i < len(text); {
		j := sp.next(text, i)
		dst = e.piece(dst, text[i:j])
		i = j
	}
	return dst
}

// normal appends text, with spaces for ▁ and a space before it where one belongs.
func (sp *sentencePiece) normal(dst, text []byte, begins bool) []byte {
	if len(text) == 0 {
		return dst
	}
	spaced := text[0] == ' ' || bytes.HasPrefix(text, []byte(space))
	if sp.prefix == prefixEach || !spaced && (sp.prefix == prefixAlways || sp.prefix == prefixFirst && begins) {
		dst = append(dst, ' ')
	}
	for {
		before, after, found := bytes.Cut(text, []byte(space))
		dst = append(dst, before...)
		if !found {
			return dst
		}
		dst, text = append(dst, ' '), after
	}
}

// next returns the end of the piece that starts at byte i: at a space, where the tokenizer cuts
// there or no merge crosses the place.
func (sp *sentencePiece) next(text []byte, i int) int {
	if !sp.cut && !sp.parts {
		return len(text)
	}
	for j := i + 1; j < len(text); j++ {
		if text[j] == ' ' && (sp.cut || text[j-1] != ' ') {
			return j
		}
	}
	return len(text)
}

// symbols appends the tokens of characters, or of the bytes of those that are none.
func (sp *sentencePiece) symbols(dst []uint32, text []byte) []uint32 {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if id, ok := sp.runes[r]; ok && !(r == utf8.RuneError && n == 1) {
			dst = append(dst, id)
		} else {
			for _, b := range text[:n] {
				dst = append(dst, sp.bytes[b])
			}
		}
		text = text[n:]
	}
	return dst
}
