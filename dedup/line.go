package dedup

import (
	"crypto/sha1"
	"encoding/binary"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// deleted reports the characters that CCNet's line normalisation deletes: its
// table of foreign punctuation, and control characters. ASCII punctuation
// stays. (The table holds the full-width digit 1, which is a 0 by then.)
func deleted(r rune) bool {
	switch r {
	case '，', '。', '、', '„', '”', '“', '«', '»', '」', '「', '《', '》', '´', '’', '∶', '：', '？', '！', '（', '）',
		'；', '–', '—', '．', '～', '…', '━', '〈', '〉', '【', '】', '％', '►':
		return true
	}
	return r < 0x20 || r >= 0x7f && r <= 0x9f
}

// space reports what Python's str.strip takes off.
func space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// NormalizeLine appends to b the form in which CCNet compares lines: without
// white space at the ends, in lower case, every decimal digit as 0, without
// foreign punctuation and control characters.
func NormalizeLine(b []byte, line string) []byte {
	line = strings.TrimFunc(line, space)
	for i, r := range line {
		if r < utf8.RuneSelf {
			switch {
			case 'A' <= r && r <= 'Z':
				r += 'a' - 'A'
			case '0' <= r && r <= '9':
				r = '0'
			case r < 0x20 || r == 0x7f:
				continue
			}
			b = append(b, byte(r))
			continue
		}
		switch {
		case deleted(r):
		case unicode.Is(unicode.Nd, r):
			b = append(b, '0')
		case r == 'İ': // its lower case has two characters
			b = append(b, "i\u0307"...)
		case r == 'Σ' && finalSigma(line, i):
			b = append(b, "ς"...)
		default:
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return b
}

// finalSigma reports whether the capital sigma at i ends a word: a cased
// letter stands before it, none after it, marks between them aside.
func finalSigma(s string, i int) bool {
	cased := func(r rune) bool {
		return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
	}
	ignored := func(r rune) bool {
		return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’‘․﹒＇．：", r)
	}
	before := strings.TrimRightFunc(s[:i], ignored)
	r, _ := utf8.DecodeLastRuneInString(before)
	if before == "" || !cased(r) {
		return false
	}
	after := strings.TrimLeftFunc(s[i+len("Σ"):], ignored)
	r, _ = utf8.DecodeRuneInString(after)
	return after == "" || !cased(r)
}

// LineHash returns CCNet's hash of a normalised line: the first 8 bytes of its
// SHA-1, little-endian.
func LineHash(normal []byte) uint64 {
	sum := sha1.Sum(normal)
	return binary.LittleEndian.Uint64(sum[:])
}

// A unit is a line or paragraph of a text: its span without the line feed
// after it.
type unit struct {
	start, end int
	hash       uint64
	long       bool // has MinChars
}

// A lineScanner cuts texts into units.
type lineScanner struct {
	normal []byte
	units  []unit
	seen   map[uint64]bool
	raw    []byte
}

// scan returns the units of text. It reuses its memory.
func (l *lineScanner) scan(p *LineParams, text string) []unit {
	l.units = l.units[:0]
	for start, end := range spans(p.Unit, text) {
		l.normal = NormalizeLine(l.normal[:0], text[start:end])
		u := unit{start: start, end: end, hash: LineHash(l.normal), long: true}
		if p.MinChars > 0 {
			u.long = utf8.RuneCount(l.normal) >= p.MinChars
		}
		l.units = append(l.units, u)
	}
	return l.units
}

// write appends the records (hash, index) of the different units of a text.
func (l *lineScanner) write(w io.Writer, p *LineParams, text string, index uint64) error {
	if l.seen == nil {
		l.seen = map[uint64]bool{}
	}
	clear(l.seen)
	l.raw = l.raw[:0]
	for _, u := range l.scan(p, text) {
		if u.long && !l.seen[u.hash] {
			l.seen[u.hash] = true
			l.raw = appendWords(l.raw, u.hash, index)
		}
	}
	_, err := w.Write(l.raw)
	return err
}

// spans yields the spans of the lines of text, or of its paragraphs: lines
// up to a blank one, which is a unit of its own.
func spans(by, text string) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		start := 0 // of the paragraph
		for at := 0; at <= len(text); {
			end := strings.IndexByte(text[at:], '\n')
			if end < 0 {
				end = len(text)
			} else {
				end += at
			}
			blank := strings.TrimFunc(text[at:end], space) == ""
			if by == "line" {
				if !yield(at, end) {
					return
				}
			} else {
				if blank && at > start && !yield(start, at-1) {
					return
				}
				if blank && !yield(at, end) || !blank && end == len(text) && !yield(start, end) {
					return
				}
				if blank {
					start = end + 1
				}
			}
			at = end + 1
		}
	}
}
