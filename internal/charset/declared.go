package charset

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// prescan is how much of a page is searched for a declaration. The standard
// says 1,024 bytes; pages put scripts before it.
const prescan = 4096

// fromHeader returns the canonical name of the charset parameter of a
// Content-Type value, "" when there is none that we know.
func fromHeader(contentType string) string {
	_, rest, ok := cutFold(contentType, "charset")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, "=") {
		return ""
	}
	return canonical(value(rest[1:]))
}

// fromMeta returns the canonical name that the page itself declares: in an XML
// declaration, <meta charset> or <meta http-equiv>.
func fromMeta(body []byte) string {
	head := body[:min(len(body), prescan)]
	for i := 0; i < len(head); {
		n := bytes.IndexByte(head[i:], '<')
		if n < 0 {
			return ""
		}
		i += n
		if bytes.HasPrefix(head[i:], []byte("<!--")) {
			n := bytes.Index(head[i+4:], []byte("-->"))
			if n < 0 {
				return ""
			}
			i += n + 7
			continue
		}
		tag := head[i:]
		if n := bytes.IndexByte(tag, '>'); n >= 0 {
			tag = tag[:n]
		}
		i++
		key := ""
		switch {
		case len(tag) > 6 && tag[1]|0x20 == 'm' && (tag[5] <= ' ' || tag[5] == '/') && bytes.EqualFold(tag[:5], []byte("<meta")):
			key = "charset"
		case bytes.HasPrefix(tag, []byte("<?xml")):
			key = "encoding"
		}
		if key == "" {
			continue
		}
		if name := declaredIn(string(tag), key); name != "" {
			return name
		}
	}
	return ""
}

// declaredIn returns the encoding that stands behind key in a tag.
func declaredIn(tag, key string) string {
	for {
		_, rest, ok := cutFold(tag, key)
		if !ok {
			return ""
		}
		tag = rest
		rest = strings.TrimLeft(rest, " \t\r\n")
		if !strings.HasPrefix(rest, "=") {
			continue
		}
		name := canonical(value(rest[1:]))
		if strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") {
			name = "utf-8" // the declaration was readable as ASCII
		}
		return name
	}
}

// value reads a name up to white space, a quote or a separator.
func value(s string) string {
	s = strings.TrimLeft(s, " \t\r\n\"'\\")
	if i := strings.IndexAny(s, " \t\r\n\"'\\;,/>"); i >= 0 {
		s = s[:i]
	}
	return s
}

// cutFold is strings.Cut for a lower-case separator, whatever the case of s.
func cutFold(s, sep string) (before, after string, ok bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if s[i]|0x20 == sep[0] && strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// canonical returns the WHATWG name of a label, "" for one that says nothing.
// Chinese national labels all mean gb18030, their superset. "unicode", which the
// standard reads as utf-16, is never right.
func canonical(label string) string {
	label = strings.ToLower(strings.TrimSpace(label))
	switch label {
	case "", "unicode", "none", "auto", "x-user-defined":
		return ""
	case "utf8mb4", "utf-8n", "utf_8":
		return "utf-8"
	case "gb-2312", "gb2312-80", "cp936", "ms936", "gbk2312", "gb18030-2000", "gb18030-2022":
		return "gb18030"
	case "big5hkscs", "cp950", "ms950":
		return "big5"
	case "cp949", "ms949", "uhc":
		return "euc-kr"
	case "cp932", "ms932":
		return "shift_jis"
	case "hz-gb-2312":
		return "hz-gb-2312"
	case "utf-32", "utf-32le":
		return "utf-32le"
	case "utf-32be":
		return "utf-32be"
	case "ibm855", "cp855":
		return "ibm855"
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return ""
	}
	name, err := htmlindex.Name(enc)
	switch {
	case err != nil, name == "replacement":
		return ""
	case name == "gbk":
		return "gb18030"
	}
	return name
}
