package html

import (
	"bytes"
	"unicode/utf8"
)

// entity is a named character reference, its name without the ampersand but
// with the semicolon, if it has one, and the text it stands for.
type entity struct{ name, text string }

// appendDecoded appends s with character references replaced. In attribute
// values a name without semicolon counts only before a byte that cannot go on.
func appendDecoded(dst, s []byte, inAttr bool) []byte {
	for {
		n := bytes.IndexByte(s, '&')
		if n < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:n]...)
		s = s[n:]
		var used int
		dst, used = appendReference(dst, s, inAttr)
		s = s[used:]
	}
}

// appendReference appends what the reference at s[0] == '&' stands for, and
// returns how many bytes it takes; a bare ampersand stands for itself.
func appendReference(dst, s []byte, inAttr bool) ([]byte, int) {
	if len(s) < 2 {
		return append(dst, '&'), 1
	}
	if s[1] == '#' {
		return appendNumeric(dst, s)
	}
	e := 1
	for e < len(s) && alnum(s[e]) {
		e++
	}
	if e == 1 {
		return append(dst, '&'), 1
	}
	if e < len(s) && s[e] == ';' {
		if text, ok := findEntity(s[1 : e+1]); ok {
			return append(dst, text...), e + 1
		}
	}
	for n := min(e-1, maxBareName); n >= 2; n-- {
		text, ok := findEntity(s[1 : 1+n])
		if !ok {
			continue
		}
		if inAttr && 1+n < len(s) && (s[1+n] == '=' || alnum(s[1+n])) {
			break
		}
		return append(dst, text...), 1 + n
	}
	return append(dst, s[:e]...), e
}

// maxBareName is the length of the longest name that needs no semicolon.
const maxBareName = 6

// findEntity looks a name up, semicolon included.
func findEntity(name []byte) (string, bool) {
	switch string(name) {
	case "nbsp;":
		return "\u00a0", true
	case "amp;":
		return "&", true
	case "lt;":
		return "<", true
	case "gt;":
		return ">", true
	case "quot;":
		return `"`, true
	}
	c := name[0] & 0x7f
	list := entities[entityFrom[c]:entityFrom[c+1]]
	for len(list) > 0 {
		m := len(list) / 2
		switch e := &list[m]; {
		case e.name == string(name):
			return e.text, true
		case e.name < string(name):
			list = list[m+1:]
		default:
			list = list[:m]
		}
	}
	return "", false
}

// entityFrom holds where in entities the names with each first byte start.
var entityFrom = func() (from [129]uint16) {
	for c := range from {
		from[c] = from[max(c-1, 0)]
		for int(from[c]) < len(entities) && int(entities[from[c]].name[0]) < c {
			from[c]++
		}
	}
	return from
}()

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// appendNumeric decodes "&#…": decimal or hexadecimal, semicolon optional.
func appendNumeric(dst, s []byte) ([]byte, int) {
	i, base := 2, uint32(10)
	if i < len(s) && s[i]|0x20 == 'x' {
		i, base = 3, 16
	}
	from, v := i, uint32(0)
	for ; i < len(s); i++ {
		d, ok := digit(s[i])
		if !ok || d >= base {
			break
		}
		v = min(v*base+d, 0x110000)
	}
	if i == from {
		return append(dst, s[:i]...), i
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	return utf8.AppendRune(dst, fixup(v)), i
}

func digit(c byte) (uint32, bool) {
	switch {
	case c >= '0' && c <= '9':
		return uint32(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return uint32(c|0x20-'a') + 10, true
	}
	return 0, false
}

// windows1252 holds what numeric references 0x80 to 0x9F mean: the standard
// reads them as windows-1252; the five unassigned ones stay.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

func fixup(v uint32) rune {
	switch {
	case v == 0 || v > 0x10ffff || v >= 0xd800 && v <= 0xdfff:
		return utf8.RuneError
	case v >= 0x80 && v < 0xa0:
		return windows1252[v-0x80]
	}
	return rune(v)
}

// AppendDecoded appends s to dst with character references replaced as in
// text.
func AppendDecoded(dst, s []byte) []byte { return appendDecoded(dst, s, false) }
