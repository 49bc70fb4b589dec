package shard

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"feilun"
)

// parseDoc reads one line into d. Lines as AppendDoc writes them take the fast
// way; anything else goes through encoding/json.
func parseDoc(line []byte, d *feilun.Doc) error {
	s := scanner{b: line}
	*d = feilun.Doc{}
	if s.object(d) {
		return nil
	}
	return parseSlow(line, d)
}

// Scan reads a line as AppendDoc writes it, without its line feed, into d, and
// reports whether it was one.
func Scan(line []byte, d *feilun.Doc) bool {
	*d = feilun.Doc{}
	s := scanner{b: line}
	return s.object(d)
}

// A scanner reads the JSON that AppendDoc writes: no spaces, known keys. Each
// method returns false at anything else.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) take(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) object(d *feilun.Doc) bool {
	if !s.take('{') {
		return false
	}
	for {
		key, ok := s.plain()
		if !ok || !s.take(':') || !s.field(string(key), d) {
			return false
		}
		if s.take('}') {
			return s.i == len(s.b)
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) field(key string, d *feilun.Doc) (ok bool) {
	var to *string
	switch key {
	case "id":
		to = &d.ID
	case "url":
		to = &d.URL
	case "text":
		to = &d.Text
	case "title":
		to = &d.Title
	case "date":
		to = &d.Date
	case "language":
		to = &d.Language
	case "script":
		to = &d.Script
	case "source":
		to = &d.Source
	case "canonical":
		to = &d.Canonical
	case "robots":
		to = &d.Robots
	default:
		return s.other(key, d)
	}
	*to, ok = s.text()
	return ok
}

func (s *scanner) other(key string, d *feilun.Doc) (ok bool) {
	switch key {
	case "confidence":
		d.Confidence, ok = s.number()
	case "score":
		var x float64
		x, ok = s.number()
		d.Score = &x
	case "status":
		var x float64
		x, ok = s.number()
		if d.Page = nil; x != 0 {
			d.Page = &feilun.Page{Status: int(x)}
		}
		ok = ok && x == float64(int(x))
	case "record":
		ok = s.record(&d.Record)
	case "links":
		d.Links, ok = s.texts()
	}
	return ok
}

// plain reads a string without escapes and returns its bytes.
func (s *scanner) plain() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.b[s.i:], '"')
	if n < 0 || bytes.IndexByte(s.b[s.i:s.i+n], '\\') >= 0 {
		return nil, false
	}
	s.i += n + 1
	return s.b[s.i-n-1 : s.i-1], true
}

// text reads a string with the escapes that AppendString writes.
func (s *scanner) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	var out []byte
	from, quote := s.i, -1
	for {
		if quote < s.i { // the last one found was escaped
			n := bytes.IndexByte(s.b[s.i:], '"')
			if n < 0 {
				return "", false
			}
			quote = s.i + n
		}
		e := bytes.IndexByte(s.b[s.i:quote], '\\')
		if e < 0 {
			piece := s.b[s.i:quote]
			s.i = quote + 1
			if out == nil {
				return validString(s.b[from:quote])
			}
			return validString(append(out, piece...))
		}
		if out == nil {
			out = make([]byte, 0, quote-from+64)
		}
		out = append(out, s.b[s.i:s.i+e]...)
		s.i += e + 1
		var ok bool
		if out, ok = s.escape(out); !ok {
			return "", false
		}
	}
}

// validString leaves bytes that are not UTF-8 to the slow way, which replaces them.
func validString(b []byte) (string, bool) { return string(b), utf8.Valid(b) }

func (s *scanner) escape(out []byte) ([]byte, bool) {
	if s.i >= len(s.b) {
		return out, false
	}
	c := s.b[s.i]
	s.i++
	switch c {
	case 'n':
		return append(out, '\n'), true
	case 't':
		return append(out, '\t'), true
	case 'r':
		return append(out, '\r'), true
	case '"', '\\':
		return append(out, c), true
	case 'u':
		if s.i+4 > len(s.b) {
			return out, false
		}
		x, err := strconv.ParseUint(string(s.b[s.i:s.i+4]), 16, 16)
		if err != nil || x >= 0xd800 && x < 0xe000 {
			return out, false
		}
		s.i += 4
		return utf8.AppendRune(out, rune(x)), true
	}
	return out, false
}

func (s *scanner) number() (float64, bool) {
	from := s.i
	for s.i < len(s.b) && (s.b[s.i]-'0' < 10 || bytes.IndexByte([]byte("+-.eE"), s.b[s.i]) >= 0) {
		s.i++
	}
	x, err := strconv.ParseFloat(string(s.b[from:s.i]), 64)
	return x, err == nil
}

func (s *scanner) record(r *feilun.Record) (ok bool) {
	rest, found := bytes.CutPrefix(s.b[s.i:], []byte(`{"file":`))
	if !found {
		return false
	}
	s.i = len(s.b) - len(rest)
	if r.File, ok = s.text(); !ok {
		return false
	}
	rest, found = bytes.CutPrefix(s.b[s.i:], []byte(`,"offset":`))
	if !found {
		return false
	}
	s.i = len(s.b) - len(rest)
	n := bytes.IndexByte(rest, '}')
	if n < 0 {
		return false
	}
	x, err := strconv.ParseInt(string(rest[:n]), 10, 64)
	r.Offset = x
	s.i += n + 1
	return err == nil
}

func (s *scanner) texts() ([]string, bool) {
	if !s.take('[') {
		return nil, false
	}
	var out []string
	for {
		t, ok := s.text()
		if !ok {
			return nil, false
		}
		out = append(out, t)
		if s.take(']') {
			return out, true
		}
		if !s.take(',') {
			return nil, false
		}
	}
}
