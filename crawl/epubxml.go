package crawl

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"
)

// A bookPackage is what a package document (OPF) says of a book.
type bookPackage struct {
	title, date, language string
	authors               []string
	spine                 []string // names in the zip, in reading order
}

// name is the title with the authors.
func (p *bookPackage) name() string {
	if len(p.authors) == 0 {
		return p.title
	}
	return strings.TrimSpace(p.title + " — " + strings.Join(p.authors, ", "))
}

// elements calls yield for each start tag of an XML document with what text
// follows it directly. Damage ends the document.
func elements(b []byte, yield func(e xml.StartElement, text func() string)) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, bom)))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var next xml.Token
	for {
		t := next
		if next = nil; t == nil {
			var err error
			if t, err = d.RawToken(); err != nil {
				return
			}
		}
		if e, ok := t.(xml.StartElement); ok {
			yield(e, func() string {
				t, err := d.RawToken()
				if c, ok := t.(xml.CharData); ok && err == nil {
					return strings.Join(strings.Fields(strings.ToValidUTF8(string(c), "\uFFFD")), " ")
				}
				next = t
				return ""
			})
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// rootFile returns the name of the first package document in container.xml.
func rootFile(b []byte) (root string, err error) {
	elements(b, func(e xml.StartElement, _ func() string) {
		if e.Name.Local == "rootfile" && root == "" {
			root = attr(e, "full-path")
		}
	})
	if root == "" {
		return "", errors.New("container.xml names no package document")
	}
	return root, nil
}

// read parses a package document that lies in a folder of the zip.
func (p *bookPackage) read(b []byte, dir string) error {
	*p = bookPackage{}
	files := map[string]string{}
	var order []string
	elements(b, func(e xml.StartElement, text func() string) {
		switch e.Name.Local {
		case "title":
			if v := text(); p.title == "" {
				p.title = v
			}
		case "creator":
			if v := text(); v != "" && len(p.authors) < 10 && (attr(e, "role") == "" || attr(e, "role") == "aut") {
				p.authors = append(p.authors, v)
			}
		case "date":
			if v := day(text()); v != "" && (p.date == "" || attr(e, "event") == "publication") {
				p.date = v
			}
		case "language":
			if v := text(); p.language == "" {
				p.language, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(v, "_", "-")), "-")
			}
		case "item":
			kind, props := attr(e, "media-type"), " "+attr(e, "properties")+" "
			if (strings.Contains(kind, "html") || kind == "text/x-oeb1-document") && !strings.Contains(props, " nav ") {
				files[attr(e, "id")] = attr(e, "href")
			}
		case "itemref":
			if attr(e, "linear") != "no" {
				order = append(order, attr(e, "idref"))
			}
		}
	})
	seen := map[string]bool{}
	for _, id := range order {
		href, ok := files[id]
		if !ok || seen[id] {
			continue
		}
		seen[id] = true
		p.spine = append(p.spine, inside(dir, href))
	}
	if len(p.spine) == 0 {
		return errors.New("package document lists no chapters")
	}
	return nil
}

// inside returns the name in the zip of an address relative to a folder there.
func inside(dir, href string) string {
	href, _, _ = strings.Cut(href, "#")
	if plain, err := url.PathUnescape(href); err == nil {
		href = plain
	}
	return strings.TrimPrefix(path.Join("/", dir, href), "/")
}

// encrypted lists the files that encryption.xml names, in lower case, fonts
// that are only obfuscated left away.
func encrypted(b []byte) map[string]bool {
	names := map[string]bool{}
	algorithm := ""
	elements(b, func(e xml.StartElement, _ func() string) {
		switch e.Name.Local {
		case "EncryptedData":
			algorithm = ""
		case "EncryptionMethod":
			if algorithm == "" {
				algorithm = attr(e, "Algorithm")
			}
		case "CipherReference":
			if !strings.HasPrefix(algorithm, "http://www.idpf.org/2008/embedding") && !strings.HasPrefix(algorithm, "http://ns.adobe.com/pdf/enc") {
				names[strings.ToLower(inside("", attr(e, "URI")))] = true
			}
		}
	})
	return names
}

// openTags rewrites XHTML so that an HTML parser reads it alike: elements that
// end themselves get an end tag, and CDATA sections become text.
func openTags(b []byte) []byte {
	if !bytes.Contains(b, []byte("/>")) && !bytes.Contains(b, []byte("<![CDATA[")) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/16)
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return append(out, b...)
		}
		out, b = append(out, b[:i]...), b[i:]
		if rest, ok := bytes.CutPrefix(b, []byte("<![CDATA[")); ok {
			end := bytes.Index(rest, []byte("]]>"))
			if end < 0 {
				return append(out, rest...)
			}
			out = append(out, bytes.ReplaceAll(bytes.ReplaceAll(rest[:end], []byte("&"), []byte("&amp;")), []byte("<"), []byte("&lt;"))...)
			b = rest[end+3:]
			continue
		}
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			return append(out, b...)
		}
		tag := b[:end+1]
		b = b[end+1:]
		n := 1
		for n < len(tag) && (digit(tag[n]) || 'a' <= tag[n]|0x20 && tag[n]|0x20 <= 'z' || tag[n] == ':' || tag[n] == '-') {
			n++
		}
		if n == 1 || tag[end-1] != '/' || end < 2 || void(string(bytes.ToLower(tag[1:n]))) {
			out = append(out, tag...)
			continue
		}
		out = append(append(out, tag[:end-1]...), "></"...)
		out = append(append(out, tag[1:n]...), '>')
	}
}

// void reports elements that never have content.
func void(name string) bool {
	switch name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return true
	}
	return false
}
