package crawl

import (
	"bytes"
)

// arcFormat reads ARC files, versions 1 and 2 of the Internet Archive: a line
// with URL, address, date, type and length (version 2 adds five fields before
// the length), then the block.
type arcFormat struct{}

func (arcFormat) separator() []byte { return nil }

func (arcFormat) starts(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		_, ok := arcLine(b[:i])
		return ok
	}
	return len(b) >= lookahead/2 && scheme(b) > 0 && bytes.IndexByte(b, 0) < 0
}

// scheme returns the length of the URL scheme and colon at the start of b, or
// 0.
func scheme(b []byte) int {
	for i, c := range b {
		switch {
		case c == ':':
			return i + 1
		case !('a' <= c && c <= 'z') && i == 0 || i > 16:
			return 0
		case !('a' <= c && c <= 'z') && !digit(c) && c != '+' && c != '-' && c != '.':
			return 0
		}
	}
	return 0
}

// An arcHeader is what an ARC record's first line says.
type arcHeader struct {
	url, date, ctype, length []byte
}

// arcLine parses a record's first line. URLs may hold spaces, so the fields are
// counted from the end; the date tells the version.
func arcLine(line []byte) (h arcHeader, ok bool) {
	line = trim(line)
	if scheme(line) == 0 {
		return h, false
	}
	var f [10][]byte // f[0] is the last field
	n, rest := 0, line
	for n < len(f) {
		i := bytes.LastIndexByte(rest, ' ')
		if i < 0 {
			break
		}
		f[n], rest = rest[i+1:], rest[:i]
		n++
	}
	desc := hasPrefix(line, "filedesc:")
	switch {
	case n >= 4 && (arcDate(f[2], desc) || string(f[2]) == "null" && address(f[3])):
		h = arcHeader{date: f[2], ctype: f[1], length: f[0]}
		h.url = line[:len(line)-fieldLen(f[:4])]
	case n >= 9 && arcDate(f[7], desc):
		h = arcHeader{date: f[7], ctype: f[6], length: f[0]}
		h.url = line[:len(line)-fieldLen(f[:9])]
	default:
		return h, false
	}
	return h, true
}

// address reports whether b has the form of an IPv4 address.
func address(b []byte) bool {
	for _, c := range b {
		if !digit(c) && c != '.' {
			return false
		}
	}
	return bytes.Count(b, []byte(".")) == 3
}

// fieldLen is the length of fields with a space before each.
func fieldLen(f [][]byte) int {
	n := 0
	for _, b := range f {
		n += len(b) + 1
	}
	return n
}

// arcDate reports whether b can be a record's date: digits, mostly 14. A
// file's first line may leave it out.
func arcDate(b []byte, desc bool) bool {
	if desc && (len(b) == 1 && (b[0] == '-' || b[0] == '0')) {
		return true
	}
	_, ok := asciiDigits(b)
	return ok && len(b) >= 12
}

func (arcFormat) header(b []byte, rec *record) (int, int64) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return -1, -1
	}
	h, _ := arcLine(b[:i])
	rec.url, rec.date = h.url, h.date
	rec.typ = []byte("response")
	if hasPrefix(h.url, "filedesc:") {
		rec.typ = []byte("filedesc")
	}
	if hasPrefix(h.url, "dns:") {
		rec.ctype = h.ctype
	}
	length, ok := asciiDigits(h.length)
	if !ok {
		length = -1
	}
	return i + 1, length
}

func (arcFormat) find(b []byte, from int) int {
	for i := from; i < len(b); {
		if i == 0 || b[i-1] == '\n' {
			line := b[i:]
			end := bytes.IndexByte(line, '\n')
			if end >= 0 {
				line = line[:end]
			}
			if h, ok := arcLine(line); ok && len(h.length) < 12 {
				return i
			}
			if end < 0 && len(line) < lookahead && scheme(line) > 0 {
				return i // more bytes may show that it is one
			}
		}
		k := bytes.IndexByte(b[i:], '\n')
		if k < 0 {
			break
		}
		i += k + 1
	}
	return -1
}
