package crawl

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
)

func TestHTTPHeader(t *testing.T) {
	type want struct {
		Status             int
		Type, Robots, Body string
	}
	for _, tt := range []struct {
		name, block string
		want        want
	}{
		{"plain", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nbody", want{200, "text/html", "", "body"}},
		{"no reason", "HTTP/2 404\r\n\r\n", want{Status: 404}},
		{"lf only", "HTTP/1.0 200 OK\nContent-type:text/html\n\n<p>", want{200, "text/html", "", "<p>"}},
		{"folded", "HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n\tcharset=gbk\r\n\r\nx", want{200, "text/html; charset=gbk", "", "x"}},
		{"folded from empty", "HTTP/1.1 200 OK\r\nContent-Type:\r\n text/html\r\n\r\nx", want{200, "text/html", "", "x"}},
		{"odd lines", "HTTP/1.1 200 OK\r\nno colon\r\n: no name\r\nContent-Type : text/html\r\n\r\nx", want{200, "text/html", "", "x"}},
		{"status without number", "HTTP/1.1 OK\r\n\r\nx", want{Body: "x"}},
		{"four digits", "HTTP/1.1 2000 OK\r\n\r\nx", want{Body: "x"}},
		{"no status line", "Content-Type: text/html\r\nX: y\r\n\r\nx", want{0, "text/html", "", "x"}},
		{"no header", "<html>\r\n\r\n<p>x: y", want{Body: "<html>\r\n\r\n<p>x: y"}},
		{"text, no header", "Dear all\n\nthis: that", want{Body: "Dear all\n\nthis: that"}},
		{"header only", "HTTP/1.1 301 Moved\r\nLocation: /x\r\n", want{Status: 301}},
		{"markup follows at once", "HTTP/1.1 200 OK\r\nServer: s\r\n<html>", want{200, "", "", "<html>"}},
		{"robots", "HTTP/1.1 200 OK\r\nX-Robots-Tag: NoIndex, noai\r\nTDM-Reservation: 1\r\nx-robots-tag: otherbot: nofollow\r\n\r\n",
			want{200, "", "noindex,noai,tdm-reservation=1,otherbot: nofollow", ""}},
		{"empty", "", want{}},
	} {
		var r response
		r.parse([]byte(tt.block))
		if got := (want{r.status, string(r.ctype), string(r.robots), string(r.body)}); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func deflated(s string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 6)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func zlibbed(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func brotlied(s string) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func TestBody(t *testing.T) {
	page := strings.Repeat("<p>Hello, 世界</p>\n", 300)
	limit := len(page) + 1000
	chunks := "5;ext=1\r\n<p>He\r\n0A \r\nllo</p>abc\r\n0\r\nTrailer: x\r\n\r\n"
	for _, tt := range []struct {
		name, header, body string
		want, cut          string
	}{
		{"identity", "Content-Encoding: identity", page, page, ""},
		{"gzip", "Content-Encoding: gzip", gz(page), page, ""},
		{"x-gzip, upper case", "Content-Encoding: X-GZIP", gz(page), page, ""},
		{"gzip of two members", "Content-Encoding: gzip", gz(page[:1000]) + gz(page[1000:]), page, ""},
		{"gzip, not so encoded", "Content-Encoding: gzip", page, page, ""},
		{"gzip, cut", "Content-Encoding: gzip", gz(page)[:60], page, "encoding"},
		{"gzip, undeclared", "Content-Type: text/html", gz(page), page, ""},
		{"gzip file", "Content-Type: application/gzip", gz(page), gz(page), ""},
		{"deflate is zlib", "Content-Encoding: deflate", zlibbed(page), page, ""},
		{"deflate is raw", "Content-Encoding: deflate", deflated(page), page, ""},
		{"deflate, not so encoded", "Content-Encoding: deflate", page, page, ""},
		{"brotli", "Content-Encoding: br", brotlied(page), page, ""},
		{"brotli, not so encoded", "Content-Encoding: br", page, page, ""},
		{"zstd", "Content-Encoding: zstd", zst(page), page, ""},
		{"zstd, not so encoded", "Content-Encoding: zstd", page, page, ""},
		{"two codings", "Content-Encoding: br, gzip", gz(brotlied(page)), page, ""},
		{"one of two was done", "Content-Encoding: br, gzip", brotlied(page), page, ""},
		{"unknown coding", "Content-Encoding: utf-8", page, page, ""},
		{"gzip bomb", "Content-Encoding: gzip", gz(strings.Repeat("<p>", limit)), strings.Repeat("<p>", limit)[:limit], "length"},
		{"brotli bomb", "Content-Encoding: br", brotlied(strings.Repeat("<p>", limit)), strings.Repeat("<p>", limit)[:limit], "length"},
		{"too long", "Server: s", strings.Repeat("x", limit+1), strings.Repeat("x", limit), "length"},
		{"chunked", "Transfer-Encoding: chunked", chunks, "<p>Hello</p>abc", ""},
		{"chunked, lf only", "Transfer-Encoding: chunked", strings.ReplaceAll(chunks, "\r", ""), "<p>Hello</p>abc", ""},
		{"chunked, already undone", "Transfer-Encoding: chunked", page, page, ""},
		{"chunked, cut in a chunk", "Transfer-Encoding: chunked", chunks[:12], "<p>", "chunks"},
		{"chunked, no last chunk", "Transfer-Encoding: chunked", "5\r\n<p>He\r\n", "<p>He", "chunks"},
		{"chunked, bad size", "Transfer-Encoding: chunked", "5\r\n<p>He\r\nzz\r\nrest", "<p>Hezz\r\nrest", "chunks"},
		{"chunked and gzip", "Transfer-Encoding: chunked\r\nContent-Encoding: gzip", "5\r\n" + gz("<b>")[:5] + "\r\n400\r\n" + gz("<b>")[5:], "<b>", "chunks"},
		{"empty gzip", "Content-Encoding: gzip", "", "", ""},
	} {
		var r response
		r.parse([]byte("HTTP/1.1 200 OK\r\n" + tt.header + "\r\n\r\n" + tt.body))
		d := decoder{limit: limit}
		got, cut := d.body(&r)
		if tt.name == "gzip, cut" {
			if !strings.HasPrefix(page, string(got)) || len(got) == 0 || cut != "encoding" {
				t.Errorf("%s: %d bytes, %q", tt.name, len(got), cut)
			}
			continue
		}
		if string(got) != tt.want || cut != tt.cut {
			t.Errorf("%s: %d bytes %.60q, cut %q; want %d bytes %.60q, %q", tt.name, len(got), got, cut, len(tt.want), tt.want, tt.cut)
		}
	}
}

// TestDocument checks every field of the documents of a small WARC.
func TestDocument(t *testing.T) {
	file := "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:11111111-2222>\r\nWARC-Date: 2021-01-02T03:04:05.123456Z\r\nWARC-Truncated: time\r\n" +
		"WARC-Target-URI: <http://a.example/b>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: 60\r\n\r\n" +
		"HTTP/1.1 410 Gone\r\nContent-Type: text/html\r\n\r\n<p>x</p>012345\r\n\r\n" +
		"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://a.example/wet\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n世界\n\n\r\n\r\n" +
		"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: dns:a.example\r\nContent-Type: text/dns\r\nContent-Length: 3\r\n\r\n1.2\r\n\r\n" +
		"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: https://a.example/r\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>\r\n\r\n"
	p := Defaults()
	p.Path = Paths(write(t, "d/x.warc", file))
	s, tasks := source(t, string(p.Path))
	var got []string
	for d, err := range s.Docs(t.Context(), tasks[0], func(r ledgerRow) {
		got = append(got, strings.Join([]string{"drop", r.ID, r.URL, r.Rule, r.Note}, "|"))
	}) {
		if err != nil {
			t.Fatal(err)
		}
		line := []string{d.ID, d.URL, d.Source, d.Record.File, d.Text}
		if d.Page != nil {
			line = append(line, d.Page.ContentType, d.Page.Fetched, d.Page.Truncated, string(d.Page.Body))
		}
		got = append(got, strings.Join(line, "|"))
	}
	at := func(n int) string { // the id of the nth record, when it has none
		parts := strings.SplitAfterN(file, "\r\n\r\nWARC/", n)
		return fmt.Sprintf("x.warc:%d", len(file)-len(parts[n-1])-len("WARC/"))
	}
	want := []string{
		"11111111-2222|http://a.example/b|x.warc|x.warc||text/html|2021-01-02T03:04:05.123456Z|time|<p>x</p>012345",
		at(2) + "|http://a.example/wet|x.warc|x.warc|世界\n",
		"drop|" + at(3) + "|dns:a.example|record_type|response (text/dns)",
		at(4) + "|https://a.example/r|x.warc|x.warc||text/html|||<p>",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
