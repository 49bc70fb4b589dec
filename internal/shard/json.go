package shard

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"feilun"
)

// stored is a line of a shard: the document's fields under their JSON names.
type stored struct {
	ID         string        `json:"id"`
	URL        string        `json:"url"`
	Title      string        `json:"title"`
	Date       string        `json:"date"`
	Language   string        `json:"language"`
	Script     string        `json:"script"`
	Confidence float64       `json:"confidence"`
	Score      *float64      `json:"score"`
	Source     string        `json:"source"`
	Canonical  string        `json:"canonical"`
	Robots     string        `json:"robots"`
	Status     int           `json:"status"`
	Record     feilun.Record `json:"record"`
	Links      []string      `json:"links"`
	Text       string        `json:"text"`
}

// AppendDoc appends the document as one JSON object. Empty fields are left
// out, but for id, url and text.
func AppendDoc(b []byte, d *feilun.Doc) []byte {
	b = AppendString(append(b, `{"id":`...), d.ID)
	b = AppendString(append(b, `,"url":`...), d.URL)
	for _, f := range []struct{ name, value string }{
		{"title", d.Title}, {"date", d.Date}, {"language", d.Language}, {"script", d.Script},
		{"source", d.Source}, {"canonical", d.Canonical}, {"robots", d.Robots},
	} {
		if f.value != "" {
			b = append(append(append(b, `,"`...), f.name...), `":`...)
			b = AppendString(b, f.value)
		}
	}
	if d.Confidence != 0 {
		b = strconv.AppendFloat(append(b, `,"confidence":`...), d.Confidence, 'g', -1, 64)
	}
	if d.Score != nil {
		b = strconv.AppendFloat(append(b, `,"score":`...), *d.Score, 'g', -1, 64)
	}
	if d.Page != nil && d.Page.Status != 0 {
		b = strconv.AppendInt(append(b, `,"status":`...), int64(d.Page.Status), 10)
	}
	if d.Record != (feilun.Record{}) {
		b = AppendString(append(b, `,"record":{"file":`...), d.Record.File)
		b = strconv.AppendInt(append(b, `,"offset":`...), d.Record.Offset, 10)
		b = append(b, '}')
	}
	if len(d.Links) > 0 {
		b = append(b, `,"links":[`...)
		for i, l := range d.Links {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, l)
		}
		b = append(b, ']')
	}
	b = AppendString(append(b, `,"text":`...), d.Text)
	return append(b, '}')
}

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD; only what JSON demands is escaped.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// parseSlow reads one line of any field order into d.
func parseSlow(line []byte, d *feilun.Doc) error {
	var s stored
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	*d = feilun.Doc{
		ID: s.ID, URL: s.URL, Title: s.Title, Text: s.Text, Date: s.Date,
		Language: s.Language, Script: s.Script, Confidence: s.Confidence, Source: s.Source, Score: s.Score,
		Canonical: s.Canonical, Robots: s.Robots, Links: s.Links, Record: s.Record,
	}
	if s.Status != 0 {
		d.Page = &feilun.Page{Status: s.Status}
	}
	return nil
}
