package crawl

import (
	"bytes"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"feilun"
	"feilun/internal/ledger"
)

// A filler turns records into documents. It returns the same document each
// time, refilled.
type filler struct {
	file   string
	source string // base name of file
	verify bool
	titled bool // the first line of a WET record is its title
	d      feilun.Doc
	page   feilun.Page
	http   response
	dec    *decoder
	words  map[string]string // repeated short header values
}

func newFiller(p Params, file string, dec *decoder) *filler {
	return &filler{file: file, source: path.Base(file), verify: p.Verify, titled: p.WetTitle, dec: dec, words: map[string]string{}}
}

// doc returns the record's document, or nil and the row that says why there is
// none. offset is where the record, or the member it lies in, is stored; inner
// its offset inside the member.
func (f *filler) doc(rec *record, offset, inner int64) (*feilun.Doc, ledger.Row) {
	if f.verify {
		if bad := badDigest(rec); bad != "" {
			return nil, f.drop(rec, offset, inner, RuleDamaged, bad)
		}
	}
	switch {
	case is(rec.typ, "response") && rec.isHTTP():
		f.start(rec, offset, inner)
		f.response(rec)
	case is(rec.typ, "resource") && (hasPrefix(rec.url, "http://") || hasPrefix(rec.url, "https://")):
		f.start(rec, offset, inner)
		f.http.body = rec.block
		f.paged(rec, rec.block)
		f.page.ContentType = f.word(rec.ctype)
	case is(rec.typ, "conversion") && (len(rec.ctype) == 0 || hasPrefix(rec.ctype, "text/plain")):
		f.start(rec, offset, inner)
		f.d.Text = strings.ToValidUTF8(string(bytes.TrimSuffix(rec.block, []byte("\n"))), "\uFFFD")
		if f.titled {
			f.d.Title, f.d.Text, _ = strings.Cut(f.d.Text, "\n")
			f.d.Title = strings.Clone(f.d.Title)
		}
	default:
		return nil, f.drop(rec, offset, inner, RuleRecordType, recordType(rec))
	}
	return &f.d, ledger.Row{}
}

// isHTTP reports whether a response record holds HTTP: others hold DNS, FTP or
// WHOIS answers.
func (rec *record) isHTTP() bool {
	return len(rec.ctype) == 0 || hasPrefix(rec.ctype, "application/http") || hasPrefix(rec.block, "http/") ||
		(hasPrefix(rec.url, "http:") || hasPrefix(rec.url, "https:")) && !hasPrefix(rec.ctype, "text/dns")
}

func recordType(rec *record) string {
	switch {
	case len(rec.typ) == 0:
		return "none"
	case is(rec.typ, "response") || is(rec.typ, "resource") || is(rec.typ, "conversion"):
		return text(bytes.ToLower(rec.typ)) + " (" + text(bytes.ToLower(rec.ctype)) + ")"
	}
	return text(bytes.ToLower(rec.typ))
}

func (f *filler) drop(rec *record, offset, inner int64, rule, note string) ledger.Row {
	return ledger.Row{
		ID: f.id(rec, offset, inner), URL: text(target(rec.url)),
		Record: feilun.Record{File: f.file, Offset: offset},
		Stage:  Stage, Rule: rule, Note: note, Bytes: rec.length,
	}
}

// start empties the document and fills what all kinds share.
func (f *filler) start(rec *record, offset, inner int64) {
	f.empty(offset, rec.length)
	f.d.ID, f.d.URL = f.id(rec, offset, inner), text(target(rec.url))
	f.page = feilun.Page{}
}

// empty readies the document for another record of stored bytes.
func (f *filler) empty(offset, stored int64) {
	f.d = feilun.Doc{Source: f.source, Record: feilun.Record{File: f.file, Offset: offset}, Stored: stored}
}

// id returns the record's own id, else the file's name and the offset.
func (f *filler) id(rec *record, offset, inner int64) string {
	id := bytes.Trim(rec.id, "<> \t")
	if hasPrefix(id, "urn:uuid:") {
		id = id[len("urn:uuid:"):]
	}
	if len(id) > 0 {
		return text(id)
	}
	name := f.source + ":" + strconv.FormatInt(offset, 10)
	if inner > 0 {
		name += "+" + strconv.FormatInt(inner, 10)
	}
	return name
}

func (f *filler) response(rec *record) {
	f.http.parse(rec.block)
	body, cut := f.dec.body(&f.http)
	f.paged(rec, body)
	f.page.Status, f.page.ContentType = f.http.status, f.word(f.http.ctype)
	f.d.Robots = text(f.http.robots)
	if f.page.Truncated == "" {
		f.page.Truncated = cut
	}
}

// paged fills the page of a document.
func (f *filler) paged(rec *record, body []byte) {
	f.page.Body, f.page.Fetched, f.page.Truncated = body, fetched(rec.date), f.word(rec.cut)
	f.d.Page = &f.page
}

// word returns b as a string, the same one for equal short values.
func (f *filler) word(b []byte) string {
	if s, ok := f.words[string(b)]; ok {
		return s
	}
	s := text(b)
	if len(s) < 64 && len(f.words) < 1<<10 {
		f.words[s] = s
	}
	return s
}

// text returns b as a valid string.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// target strips the angle brackets that Wget 1.14 to 1.20 put around URLs.
func target(b []byte) []byte {
	if len(b) > 1 && b[0] == '<' && b[len(b)-1] == '>' {
		return b[1 : len(b)-1]
	}
	return b
}

// fetched returns a date as RFC 3339, or "" when it is none. ARC dates have 14
// digits, often fewer or more.
func fetched(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if _, ok := asciiDigits(b); ok && len(b) >= 14 {
		t, err := time.Parse("20060102150405", string(b[:14]))
		if err != nil {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	if _, err := time.Parse(time.RFC3339, string(b)); err != nil {
		return ""
	}
	return string(b)
}

// wholeRunes returns b as a string if it is UTF-8; of text that was cut, a last
// rune that is not whole is left away.
func wholeRunes(b []byte, cut bool) (string, bool) {
	if cut {
		for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
			if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRune(tail) {
					b = b[:len(b)-i]
				}
				break
			}
		}
	}
	return string(b), utf8.Valid(b)
}
