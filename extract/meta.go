package extract

import (
	"bytes"

	"feilun/internal/html"
)

// metadata is what the page says about itself. Byte slices point into the
// page or its scratch space.
type metadata struct {
	title, ogTitle, site []byte // normalised text
	heading              []byte // first h1
	canonical, ogURL     []byte
	base                 []byte
	robots               []byte
	dates                [numDates][]byte // as written, by rank
	kind                 uint8            // og:type
	types                uint16           // schema.org types and generator
	era                  uint16           // what shows when the page was made
	body                 []byte           // JSON-LD articleBody, still escaped
	headline             []byte           // JSON-LD headline, still escaped
}

// Bits of metadata.types.
const (
	typeArticle uint16 = 1 << iota
	typeProduct
	typeForum
	typeList
	typeService
	typeFAQ
	madeDocs
	madeForum
)

// Bits of metadata.era: pages for telephones, social cards, linked data and
// HTML 5 came after 2010, http-equiv before.
const (
	eraViewport uint16 = 1 << iota
	eraCard
	eraLD
	eraHTML5
	eraEquiv
	eraTheme
	eraCharset
)

// Values of metadata.kind.
const (
	kindArticle = 1 + iota
	kindProduct
	kindWebsite
	kindOther
)

// Ranks of dates, most trusted first.
const (
	datePublished = iota // meta article:published_time and its like, JSON-LD datePublished
	dateLD
	dateItem
	dateTime
	dateOther
	numDates
)

// head reads what the skipped element i says about the page.
func (x *Extractor) head(i int) {
	n := &x.tree.Nodes[i]
	if n.Kind != html.Element {
		return
	}
	end := i + 1
	if n.Tag == html.Head || n.Tag == html.Noscript {
		end = int(n.End)
	}
	for j := i; j < end; j++ {
		if x.tree.Nodes[j].Kind != html.Element {
			continue
		}
		switch x.tree.Nodes[j].Tag {
		case html.Title:
			if x.meta.title == nil {
				x.meta.title = x.line(x.tree.AppendText(nil, j))
			}
		case html.Meta:
			x.metaTag(j)
		case html.Link:
			x.linkTag(j)
		case html.Base:
			if v, ok := x.tree.Attr(j, html.AttrHref); ok && x.meta.base == nil {
				x.meta.base = v
			}
		case html.Script:
			if v, ok := x.tree.Attr(j, html.AttrType); ok && hasPrefix(v, "application/ld+json") {
				x.meta.era |= eraLD
				x.jsonLD(x.tree.Raw(j))
			}
		}
	}
}

func (x *Extractor) metaTag(i int) {
	if _, ok := x.tree.Attr(i, html.AttrHTTPEquiv); ok {
		x.meta.era |= eraEquiv
	}
	if _, ok := x.tree.Attr(i, html.AttrCharset); ok {
		x.meta.era |= eraCharset
	}
	content, ok := x.tree.Attr(i, html.AttrContent)
	if !ok {
		return
	}
	name, ok := x.tree.Attr(i, html.AttrProperty)
	if !ok {
		if name, ok = x.tree.Attr(i, html.AttrMetaName); !ok {
			if name, ok = x.tree.Attr(i, html.AttrItemProp); !ok {
				return
			}
		}
	}
	if len(name) > 48 {
		return
	}
	var low [48]byte
	key := low[:copy(low[:], name)]
	for k, c := range key {
		if c >= 'A' && c <= 'Z' {
			key[k] = c | 0x20
		}
	}
	x.metaPair(key, content)
}

func (x *Extractor) metaPair(key, content []byte) {
	m := &x.meta
	first := func(dst *[]byte) {
		if *dst == nil {
			*dst = content
		}
	}
	switch string(key) {
	case "og:title", "twitter:title", "dc.title", "dcterms.title":
		if m.ogTitle == nil {
			m.ogTitle = x.line(content)
		}
	case "viewport":
		m.era |= eraViewport
	case "twitter:card":
		m.era |= eraCard
	case "theme-color", "msapplication-tilecolor":
		m.era |= eraTheme
	case "og:site_name", "application-name":
		if m.site == nil {
			m.site = x.line(content)
		}
	case "og:url":
		first(&m.ogURL)
	case "og:type":
		m.kind = ogKind(content)
	case "robots", "googlebot":
		x.robots("", content)
	case "tdm-reservation", "tdm-policy": // W3C TDMRep, section "TDM metadata in HTML content"
		x.robots(string(key)+"=", content)
	case "generator":
		m.types |= generator(content)
	case "article:published_time", "og:published_time", "article:published", "datepublished", "publishdate", "pubdate",
		"publish-date", "publish_date", "date.published", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
		"dcterms.created", "dc.date.issued", "dcterms.issued", "article_date_original", "weibo:article:create_at", "bytedance:published_time":
		first(&m.dates[datePublished])
	case "dc.date", "dcterms.date", "date", "dc.date.created", "created", "originalpublicationdate", "og:release_date", "release_date", "citation_publication_date", "citation_date":
		first(&m.dates[dateItem])
	}
}

func ogKind(v []byte) uint8 {
	switch {
	case hasPrefix(v, "article"), hasPrefix(v, "blog"):
		return kindArticle
	case hasPrefix(v, "product"), hasPrefix(v, "og:product"):
		return kindProduct
	case hasPrefix(v, "website"):
		return kindWebsite
	}
	return kindOther
}

func generator(v []byte) uint16 {
	for _, g := range [...]string{"phpBB", "vBulletin", "Discourse", "MyBB", "XenForo", "Discuz", "SMF", "Invision", "Flarum", "NodeBB", "Vanilla"} {
		if index(v, g) >= 0 {
			return madeForum
		}
	}
	for _, g := range [...]string{"Docusaurus", "Sphinx", "MkDocs", "mkdocs", "DocBook", "Doxygen", "Docutils", "GitBook", "VitePress", "Antora", "mdBook", "Hugo"} {
		if index(v, g) >= 0 {
			return madeDocs
		}
	}
	return 0
}

func (x *Extractor) linkTag(i int) {
	rel, ok := x.tree.Attr(i, html.AttrRel)
	if !ok || !bytes.EqualFold(rel, []byte("canonical")) || x.meta.canonical != nil {
		return
	}
	if v, ok := x.tree.Attr(i, html.AttrHref); ok {
		x.meta.canonical = v
	}
}

// robots appends directives in lower case behind a prefix, joined by commas, as
// crawl writes those of headers.
func (x *Extractor) robots(prefix string, content []byte) {
	for _, d := range bytes.Split(content, []byte{','}) {
		if d = bytes.TrimSpace(d); len(d) > 0 && len(d) < 100 {
			if len(x.meta.robots) > 0 {
				x.meta.robots = append(x.meta.robots, ',')
			}
			x.meta.robots = append(append(x.meta.robots, prefix...), bytes.ToLower(d)...)
		}
	}
}

// link notes the address of an a element and reports whether it has one.
func (x *Extractor) link(i int) bool {
	href, ok := x.tree.Attr(i, html.AttrHref)
	if !ok {
		return false
	}
	x.links++
	if hasPrefix(href, "https:") {
		x.secure++
	} else if hasPrefix(href, "http:") {
		x.insecure++
	}
	if x.p.Links {
		x.hrefs = append(x.hrefs, href)
	}
	return true
}

// maxLine is the most that is read of a title, in bytes; blocks are compared
// with it, so that it bounds work.
const maxLine = 1024

// line returns text on one line, white space collapsed and cut at maxLine.
func (x *Extractor) line(text []byte) []byte {
	t := bytes.Join(bytes.Fields(text), []byte{' '})
	if len(t) > maxLine {
		t = bytes.ToValidUTF8(t[:maxLine], nil)
	}
	return t
}

func index(b []byte, s string) int      { return bytes.Index(b, []byte(s)) }
func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
func trim(b []byte) []byte              { return bytes.TrimSpace(b) }
