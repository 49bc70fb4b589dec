package extract

import (
	"bytes"
	"mime"
	"strings"
)

// mediaType returns the type of a page: by its first bytes where they are
// plain, else as declared, else by looking for markup. Names are those of IANA;
// "application/octet-stream" is binary of no known kind.
func mediaType(body []byte, declared string) string {
	for _, m := range magic {
		if hasPrefix(body, m.bytes) {
			return m.name
		}
	}
	declared, _, _ = mime.ParseMediaType(declared)
	head := bytes.TrimLeft(body[:min(len(body), 1024)], "\xef\xbb\xbf \t\r\n")
	markup := len(head) > 0 && head[0] == '<'
	switch {
	case binary(head):
		return "application/octet-stream"
	case strings.HasSuffix(declared, "html") || strings.HasSuffix(declared, "html+xml"):
		return "text/html"
	case markup && looksHTML(body):
		return "text/html"
	case markup && (hasPrefix(head, "<?xml") || hasPrefix(head, "<rss") || hasPrefix(head, "<feed") || hasPrefix(head, "<svg")):
		return "text/xml"
	case declared == "" && (hasPrefix(head, "{\"") || hasPrefix(head, "[{")):
		return "application/json"
	case declared == "" || declared == "application/octet-stream" || declared == "unknown/unknown":
		if looksHTML(body) {
			return "text/html"
		}
		return "text/plain"
	}
	return declared
}

var magic = [...]struct{ bytes, name string }{
	{"%PDF-", "application/pdf"}, {"\x89PNG", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF8", "image/gif"},
	{"PK\x03\x04", "application/zip"}, {"\x1f\x8b\x08", "application/gzip"}, {"%!PS", "application/postscript"},
	{"\x00\x00\x01\x00", "image/x-icon"}, {"RIFF", "application/x-riff"}, {"OggS", "application/ogg"}, {"ID3", "audio/mpeg"},
	{"wOFF", "font/woff"}, {"wOF2", "font/woff2"}, {"\x7fELF", "application/x-elf"}, {"\xd0\xcf\x11\xe0", "application/x-ole"},
	{"7z\xbc\xaf", "application/x-7z-compressed"}, {"Rar!", "application/vnd.rar"}, {"BM\x00", "image/bmp"},
}

// binary reports control characters that no text holds. UTF-16 and UTF-32 text
// has zero bytes at regular places and passes.
func binary(head []byte) bool {
	if len(head) >= 2 && (head[0] == 0xfe && head[1] == 0xff || head[0] == 0xff && head[1] == 0xfe) {
		return false
	}
	bad, zero := 0, 0
	for _, c := range head {
		switch {
		case c == 0:
			zero++
		case c < 9 || c > 13 && c < 32 && c != 0x1b:
			bad++
		}
	}
	return bad*20 > len(head) || zero*8 > len(head) && zero*5 < len(head)*2
}

// looksHTML reports whether the first bytes hold a tag of HTML.
func looksHTML(body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 2048)])
	for _, tag := range [...]string{"<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<div", "<p>", "<p ", "<table", "<script", "<!--", "<br", "<a ", "<h1"} {
		if index(head, tag) >= 0 {
			return true
		}
	}
	return false
}
