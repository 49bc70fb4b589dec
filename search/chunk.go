package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A span is a range of bytes of a text.
type span struct{ start, end int }

// chunks cuts a text into pieces of about size bytes, at the end of a paragraph
// where one ends in reach, else of a sentence, else at a space, else between
// two characters. White space around pieces belongs to none.
func chunks(text string, size int) []span {
	var out []span
	at := 0
	for at < len(text) {
		end := len(text)
		if end-at > size+size/2 {
			end = breakNear(text, at, size)
		}
		if s := trim(text, span{at, end}); s.start < s.end {
			out = append(out, s)
		}
		at = end
	}
	return out
}

// breakNear returns the best place to end a piece that starts at at: between
// half of size and a quarter more than it.
func breakNear(text string, at, size int) int {
	low, high := at+size/2, at+size+size/4
	paragraph, sentence, space := 0, 0, 0
	for i := low; i < high; {
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		switch {
		case r == '\n':
			paragraph = nearer(paragraph, i, at+size)
		case endsSentence(r, text[i:]):
			sentence = nearer(sentence, i, at+size)
		case unicode.IsSpace(r) || r == '，' || r == '、' || r == ',':
			space = nearer(space, i, at+size)
		}
	}
	for _, best := range []int{paragraph, sentence, space} {
		if best > 0 {
			return best
		}
	}
	for high = at + size; !utf8.RuneStart(text[high]); high-- {
	}
	if high <= at { // no characters at all: bytes that are not UTF-8
		return at + size
	}
	return high
}

func nearer(old, at, want int) int {
	if old == 0 || abs(at-want) < abs(old-want) {
		return at
	}
	return old
}

func abs(n int) int { return max(n, -n) }

// endsSentence reports whether r, followed by rest, ends a sentence.
func endsSentence(r rune, rest string) bool {
	switch r {
	case '。', '！', '？', '；', '…':
		next, _ := utf8.DecodeRuneInString(rest)
		return !strings.ContainsRune("”’」』）…。！？", next) || next == utf8.RuneError
	case '”', '」', '』':
		return false
	case '.', '!', '?', ';':
		return rest == "" || rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t' || rest[0] == '\r'
	}
	return false
}

// trim leaves out white space at both ends.
func trim(text string, s span) span {
	piece := text[s.start:s.end]
	s.start += len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
	s.end -= len(piece) - len(strings.TrimRightFunc(piece, unicode.IsSpace))
	return span{min(s.start, s.end), s.end}
}

// sentences cuts a chunk into sentences; line breaks end one too.
func sentences(dst []span, text string) []span {
	at := 0
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		closes := (r == '”' || r == '」' || r == '』' || r == '）') && endedBefore(text[:i-n])
		if i == len(text) || r == '\n' || closes || endsSentence(r, text[i:]) {
			if s := trim(text, span{at, i}); s.start < s.end {
				dst = append(dst, s)
			}
			at = i
		}
	}
	return dst
}

// endedBefore reports whether text ends with the end of a sentence, so that a
// closing quotation mark belongs to it.
func endedBefore(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r == '。' || r == '！' || r == '？' || r == '…'
}
