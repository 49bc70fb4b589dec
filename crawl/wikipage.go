package crawl

import (
	"bytes"
	"strconv"
	"strings"

	"feilun/internal/html"
	"feilun/internal/ledger"
)

const modelWikitext = "wikitext"

// A site is what the head of a dump says of its wiki.
type site struct {
	name       string // dbname, such as zhwiki
	language   string
	base       string         // address of a page without its title
	namespaces map[string]int // numbers by name in lower case
}

// siteOf reads the siteinfo.
func siteOf(head []byte) site {
	s := site{namespaces: map[string]int{}}
	if i := bytes.Index(head, []byte("<page>")); i >= 0 {
		head = head[:i]
	}
	if i := bytes.Index(head, []byte("<mediawiki")); i >= 0 {
		tag := head[i:]
		tag = tag[:max(0, bytes.IndexByte(tag, '>'))]
		s.language = strings.ToLower(attribute(tag, "xml:lang"))
	}
	s.name = element(head, "dbname")
	if base := element(head, "base"); base != "" {
		if i := strings.LastIndexByte(base, '/'); i > 8 {
			s.base = base[:i+1]
		}
	}
	for rest := head; ; {
		i := bytes.Index(rest, []byte("<namespace "))
		if i < 0 {
			return s
		}
		rest = rest[i:]
		end := bytes.IndexByte(rest, '>')
		if end < 0 {
			return s
		}
		n, err := strconv.Atoi(attribute(rest[:end], "key"))
		name := rest[end+1:]
		stop := bytes.Index(name, []byte("</namespace>"))
		if err == nil && stop > 0 && stop < 200 && rest[end-1] != '/' {
			s.namespaces[strings.ToLower(string(unescape(nil, name[:stop])))] = n
		}
		rest = rest[end:]
	}
}

// attribute returns an attribute of a start tag.
func attribute(tag []byte, name string) string {
	i := bytes.Index(tag, []byte(" "+name+`="`))
	if i < 0 {
		return ""
	}
	v := tag[i+len(name)+3:]
	return text(unescape(nil, v[:max(0, bytes.IndexByte(v, '"'))]))
}

// element returns the text of the first element of a name.
func element(b []byte, name string) string {
	i := bytes.Index(b, []byte("<"+name+">"))
	if i < 0 {
		return ""
	}
	b = b[i+len(name)+2:]
	if i = bytes.Index(b, []byte("</"+name+">")); i < 0 || i > 1000 {
		return ""
	}
	return text(unescape(nil, b[:i]))
}

// namespace returns the number of a title's namespace, for dumps that do not
// say it.
func (s *site) namespace(title string) int {
	if i := strings.IndexByte(title, ':'); i > 0 {
		return s.namespaces[strings.ToLower(title[:i])]
	}
	return 0
}

// url returns the address of a page, escaped as MediaWiki does.
func (s *site) url(title string) string {
	if s.base == "" || title == "" {
		return ""
	}
	const hex = "0123456789ABCDEF"
	b := append(make([]byte, 0, len(s.base)+3*len(title)), s.base...)
	for i := range len(title) {
		switch c := title[i]; {
		case c == ' ':
			b = append(b, '_')
		case 'a' <= c|0x20 && c|0x20 <= 'z' || digit(c) || strings.IndexByte("-_.~;:@$!*(),/", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

// A wikiPage is a page of a dump; of several revisions, the last.
type wikiPage struct {
	title, id, model, timestamp string
	ns                          int // -1: not said
	redirect, hasText           bool
	text                        []byte // escaped
	row                         ledger.Row
}

// read takes the fields of a page out of its XML.
func (p *wikiPage) read(b []byte) {
	*p = wikiPage{ns: -1, model: modelWikitext}
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return
		}
		b = b[i+1:]
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			return
		}
		tag := b[:end]
		name := tag
		if k := bytes.IndexAny(tag, " \t\r\n/"); k > 0 {
			name = tag[:k]
		}
		if b = b[end+1:]; len(name) == 0 || name[0] == '/' {
			continue
		}
		if end > 0 && tag[end-1] == '/' {
			p.empty(string(name))
			continue
		}
		b = p.field(string(name), b)
	}
}

// empty takes an element without content.
func (p *wikiPage) empty(name string) {
	switch name {
	case "redirect":
		p.redirect = true
	case "text":
		p.text, p.hasText = nil, true
	}
}

// field takes an element's content and returns what follows.
func (p *wikiPage) field(name string, b []byte) []byte {
	switch name {
	case "title", "ns", "id", "timestamp", "model", "text", "contributor", "comment":
	case "revision":
		p.text, p.hasText, p.timestamp, p.model = nil, false, "", modelWikitext
		return b
	default:
		return b
	}
	n := bytes.Index(b, []byte("</"+name+">"))
	if n < 0 {
		return nil
	}
	v := b[:n]
	b = b[n:]
	switch name {
	case "title":
		p.title = text(unescape(nil, v))
	case "ns":
		p.ns, _ = strconv.Atoi(string(v))
	case "id":
		if p.id == "" && len(v) < 20 {
			p.id = text(v)
		}
	case "timestamp":
		p.timestamp = text(v[:min(len(v), 40)])
	case "model":
		p.model = text(v[:min(len(v), 40)])
	case "text":
		p.text, p.hasText = v, true
	}
	return b
}

// unescape appends b with XML's references replaced.
func unescape(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		n := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if n < 0 {
			dst, b = append(dst, '&'), b[1:]
			continue
		}
		switch string(b[:n+1]) {
		case "&lt;":
			dst = append(dst, '<')
		case "&gt;":
			dst = append(dst, '>')
		case "&amp;":
			dst = append(dst, '&')
		case "&quot;":
			dst = append(dst, '"')
		default:
			dst = html.AppendDecoded(dst, b[:n+1])
		}
		b = b[n+1:]
	}
}

// redirects reports a text that says #REDIRECT, in the languages of large
// wikis; newer dumps have an element for it.
func redirects(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	if !strings.HasPrefix(s, "#") || !strings.Contains(s[:min(len(s), 200)], "[[") {
		return false
	}
	word := strings.ToLower(s[1:min(len(s), 40)])
	for _, w := range []string{"redirect", "重定向", "转向", "轉向", "転送", "リダイレクト", "넘겨주기", "weiterleitung", "redirection", "redirección", "перенаправление", "rinvia", "doorverwijzing"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}
