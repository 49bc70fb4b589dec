package crawl

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// page returns a block of an HTTP response, different for each i, that does not
// compress away.
func page(i int) string {
	var body strings.Builder
	x := uint32(i + 1)
	for range 150 {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&body, "<p>%x page %d, 第%d段</p>\n", x, i, x%97)
	}
	return "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body.String()
}

// warcRecord returns a response record. edit may change its parts.
func warcRecord(i int, edit func(header, block *string)) string {
	block := page(i)
	header := fmt.Sprintf("WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%08d>\r\nWARC-Date: 2021-01-02T03:04:05Z\r\n"+
		"WARC-Target-URI: http://a.example/%d\r\nContent-Type: application/http;msgtype=response\r\nContent-Length: %d\r\n\r\n", i, i, len(block))
	if edit != nil {
		edit(&header, &block)
	}
	return header + block + "\r\n\r\n"
}

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func zst(s string) string {
	w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return string(w.EncodeAll([]byte(s), nil))
}

// A malformed case damages record 5 of 10.
type malformed struct {
	name   string
	header func(header, block *string)   // changes record 5 before it is stored
	member func(m string) string         // changes the stored member of record 5
	file   func(members []string) string // joins the members, instead of plainly
	want   int                           // documents
	damage int                           // rows
}

func length(v string) func(h, b *string) {
	return func(h, b *string) {
		i := strings.Index(*h, "Content-Length: ")
		if v == "" {
			*h = (*h)[:i] + "\r\n"
		} else {
			*h = (*h)[:i] + "Content-Length: " + v + "\r\n\r\n"
		}
	}
}

var malformedCases = []malformed{
	{name: "content-length too short", header: length("100"), want: 10, damage: 1},
	{name: "content-length too long", header: length("20000"), want: 10, damage: 1},
	{name: "content-length absurd", header: length("99999999999999999"), want: 10, damage: 1},
	{name: "content-length missing", header: length(""), want: 10, damage: 1},
	{name: "content-length not a number", header: length("many"), want: 10, damage: 1},
	{name: "bit flip in deflate data", member: func(m string) string { return flip(m, 40) }, want: 9, damage: 1},
	{name: "bit flip in the middle", member: func(m string) string { return flip(m, len(m)/2) }, want: 9, damage: 1},
	{name: "bad crc", member: func(m string) string { return flip(m, len(m)-6) }, want: 9, damage: 1},
	{name: "garbage between members", member: func(m string) string { return m + "garbage, not gzip \x1f\x8b\x08 at all" }, want: 10, damage: 1},
	{name: "zero padding between members", member: func(m string) string { return m + strings.Repeat("\x00", 1000) }, want: 10},
	{name: "lf-only headers", header: func(h, b *string) { *h = strings.ReplaceAll(*h, "\r\n", "\n") }, want: 10},
	{name: "not a warc record", header: func(h, b *string) { *h, *b = "GARBAGE", "\r\nnothing: here\r\n" }, want: 9, damage: 1},
	{name: "lower-case names", header: func(h, b *string) { *h = "WARC/1.0" + strings.ToLower((*h)[8:]) }, want: 10},
	{name: "bad date", header: func(h, b *string) { *h = strings.Replace(*h, "2021-01-02T03:04:05Z", "yesterday", 1) }, want: 10},
	{name: "bad uri", header: func(h, b *string) { *h = strings.Replace(*h, "http://a.example/5", "http:// bad \xff uri[", 1) }, want: 10},
	{name: "bad http header", header: func(h, b *string) {
		*b = strings.Replace(*b, "Content-Type", "no colon here\r\n: no name\r\n\x00\xff\r\nContent-Type", 1)
	}, want: 10, damage: 1}, // it also makes the length wrong
	{name: "no header end", header: func(h, b *string) { *h, *b = strings.TrimSuffix(*h, "\r\n"), "" }, want: 10, damage: 1},
	{name: "member is cut and the next follows", member: func(m string) string { return m[:len(m)/2] }, want: 9, damage: 1},
	{name: "member lost its magic", member: func(m string) string { return "xx" + m[2:] }, want: 9, damage: 1},
	{name: "member of no record", member: func(m string) string { return m + gz("") + gz("\r\n") }, want: 10},
	{name: "header over two members", file: func(ms []string) string {
		return strings.Join(ms[:4], "") + gz(warcRecord(5, nil)[:100]) + gz(warcRecord(5, nil)[100:]) + strings.Join(ms[5:], "")
	}, want: 10},
	{name: "truncated last member", file: func(ms []string) string { s := strings.Join(ms, ""); return s[:len(s)-300] }, want: 9, damage: 1},
	{name: "trailing garbage", file: func(ms []string) string { return strings.Join(ms, "") + "the end" }, want: 10, damage: 1},
}

func flip(m string, at int) string {
	b := []byte(m)
	b[at] ^= 0x10
	return string(b)
}

// TestMalformed reads ten records of which the fifth is damaged, stored in
// every way for which the damage makes sense, whole and in ranges.
func TestMalformed(t *testing.T) {
	for _, c := range malformedCases {
		for _, store := range []string{"gzip", "plain", "one member", "zstd"} {
			file, ok := c.store(store)
			if !ok {
				continue
			}
			t.Run(c.name+"/"+store, func(t *testing.T) {
				got := readBytes(t, "x.warc", file)
				if got.docs != c.want || got.damaged != c.damage || got.records() != got.docs {
					t.Errorf("%d documents, %d damaged (%+v), want %d, %d", got.docs, got.damaged, got.rows, c.want, c.damage)
				}
			})
		}
	}
}

// store returns the file of a case; ok is false if a way of storing makes no
// difference or has no such place.
func (c malformed) store(store string) (string, bool) {
	var members []string
	for i := 1; i <= 10; i++ {
		edit := c.header
		if i != 5 {
			edit = nil
		}
		m := warcRecord(i, edit)
		switch store {
		case "gzip":
			m = gz(m)
		case "zstd":
			m = zst(m)
		}
		if i == 5 && c.member != nil {
			m = c.member(m)
		}
		members = append(members, m)
	}
	switch {
	case store == "gzip" && c.file != nil:
		return c.file(members), true
	case store != "gzip" && (c.file != nil || c.member != nil):
		return "", false
	case store == "one member":
		return gz(strings.Join(members, "")), true
	}
	return strings.Join(members, ""), true
}

// readBytes writes a file, reads it as one task and in many ranges, and checks
// that all agree.
func readBytes(t *testing.T, name, file string) result {
	t.Helper()
	p := Defaults()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(file), 0o666); err != nil {
		t.Fatal(err)
	}
	p.Path = Paths(path)
	return sameInRanges(t, p, len(file), 997, 4096)
}

// sameInRanges reads p in one task and then in ranges of the given sizes,
// once by one source that remembers where tasks ended and once by sources that
// do not. All must give the same documents and rows.
func sameInRanges(t *testing.T, p Params, size int, ranges ...int) result {
	t.Helper()
	p.Range = 1 << 40
	whole := readAll(t, p)
	for _, r := range ranges {
		if r >= size {
			continue
		}
		p.Range = int64(r)
		compare(t, fmt.Sprintf("range %d", r), readAll(t, p), whole)
		compare(t, fmt.Sprintf("range %d, new source per task", r), readApart(t, p), whole)
	}
	return whole
}

func compare(t *testing.T, what string, got, want result) {
	t.Helper()
	if d := cmp.Diff(want.lines, got.lines); d != "" {
		t.Errorf("%s: other documents:\n%.2000s", what, d)
	}
	if d := cmp.Diff(want.rows, got.rows); d != "" {
		t.Errorf("%s: other rows:\n%.2000s", what, d)
	}
}

// readApart reads every task with a source of its own, last task first.
func readApart(t *testing.T, p Params) result {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := s.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]result, len(tasks))
	for i := range slices.Backward(tasks) {
		if s, err = New(p); err != nil {
			t.Fatal(err)
		}
		parts[i].types = map[string]int{}
		parts[i].read(t, s, tasks[i])
	}
	var all result
	for _, r := range parts {
		all.lines = append(all.lines, r.lines...)
		all.rows = append(all.rows, r.rows...)
	}
	return all
}
