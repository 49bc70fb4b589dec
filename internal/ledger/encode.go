package ledger

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// appendRow appends r as encoding/json writes it, byte for byte.
func appendRow(b []byte, r *Row) ([]byte, error) {
	if infinite(r.Value) || infinite(r.Limit) {
		_, err := json.Marshal(r)
		return b, err
	}
	b = append(b, '{')
	b = appendField(b, `"id":`, r.ID)
	b = appendField(b, `"url":`, r.URL)
	b = appendString(append(b, `"record":{"file":`...), r.Record.File)
	b = strconv.AppendInt(append(b, `,"offset":`...), r.Record.Offset, 10)
	b = appendString(append(b, `},"stage":`...), r.Stage)
	b = append(b, ',')
	b = appendField(b, `"filter":`, r.Filter)
	b = appendString(append(b, `"rule":`...), r.Rule)
	b = appendFloat(append(b, `,"value":`...), r.Value)
	b = appendFloat(append(b, `,"limit":`...), r.Limit)
	b = append(b, ',')
	b = appendField(b, `"note":`, r.Note)
	b = appendField(b, `"survivor":`, r.Survivor)
	b = appendField(b, `"language":`, r.Language)
	if r.Cut {
		b = append(b, `"cut":true,`...)
	}
	b = appendCount(b, `"start":`, int64(r.Start))
	b = appendCount(b, `"end":`, int64(r.End))
	b = appendCount(b, `"bytes":`, r.Bytes)
	b = appendField(b, `"sample":`, r.Sample)
	b[len(b)-1] = '}' // in place of the last comma
	return b, nil
}

func infinite(f float64) bool { return math.IsInf(f, 0) || math.IsNaN(f) }

// appendField appends a field that is left out when empty, and a comma.
func appendField(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return append(appendString(append(b, key...), s), ',')
}

func appendCount(b []byte, key string, n int64) []byte {
	if n == 0 {
		return b
	}
	return append(strconv.AppendInt(append(b, key...), n, 10), ',')
}

// appendFloat writes f in the shortest form, with an exponent only where
// encoding/json has one, of one digit if that is enough.
func appendFloat(b []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs == 0 || 1e-6 <= abs && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendString writes s as encoding/json does, which it asks for the strings
// that are seldom: with control characters, line separators, bad UTF-8.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	start, n := 0, len(b)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if size == 1 || r == '\u2028' || r == '\u2029' {
				return appendRare(b[:n], s)
			}
			i += size - 1
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '<', '>', '&':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			return appendRare(b[:n], s)
		}
	}
	return append(append(b, s[start:]...), '"')
}

func appendRare(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return append(b, q...)
}
