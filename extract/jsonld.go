package extract

import (
	"bytes"
	"encoding/json"
)

// jsonLD notes types, dates, headline and article body of a JSON-LD script. It
// reads keys and strings without building values; malformed JSON, which is
// common in pages, gives what can be read.
func (x *Extractor) jsonLD(s []byte) {
	if len(s) > 1<<20 {
		s = s[:1<<20]
	}
	for {
		key, rest, ok := jsonString(s)
		if !ok {
			return
		}
		s = rest
		v := bytes.TrimLeft(s, " \t\r\n")
		if len(v) == 0 || v[0] != ':' {
			continue
		}
		switch string(key) {
		case "@type":
			x.ldTypes(v[1:])
		case "datePublished", "dateCreated", "uploadDate", "pubDate":
			x.ldValue(v[1:], &x.meta.dates[dateLD])
		case "headline":
			x.ldValue(v[1:], &x.meta.headline)
		case "articleBody":
			var body []byte
			x.ldValue(v[1:], &body)
			if len(body) > len(x.meta.body) {
				x.meta.body = body
			}
		}
	}
}

// jsonString returns the next quoted string of s, still escaped.
func jsonString(s []byte) (str, rest []byte, ok bool) {
	at := bytes.IndexByte(s, '"')
	if at < 0 {
		return nil, nil, false
	}
	s = s[at+1:]
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[:i], s[i+1:], true
		}
	}
	return nil, nil, false
}

func (x *Extractor) ldValue(v []byte, dst *[]byte) {
	v = bytes.TrimLeft(v, " \t\r\n")
	if *dst == nil && len(v) > 0 && v[0] == '"' {
		if str, _, ok := jsonString(v); ok {
			*dst = str
		}
	}
}

func (x *Extractor) ldTypes(v []byte) {
	v = bytes.TrimLeft(v, " \t\r\n")
	if len(v) == 0 || v[0] != '[' && v[0] != '"' {
		return
	}
	v = v[:min(len(v), 512)]
	list := v[0] == '['
	if list {
		if end := bytes.IndexByte(v, ']'); end >= 0 {
			v = v[:end]
		}
	}
	for range 8 {
		str, rest, ok := jsonString(v)
		if !ok {
			return
		}
		x.meta.types |= ldTypes[string(str)]
		if v = rest; !list {
			return
		}
	}
}

// ldTypes gives the bits of schema.org's types.
var ldTypes = map[string]uint16{
	"Article": typeArticle, "NewsArticle": typeArticle, "BlogPosting": typeArticle, "ReportageNewsArticle": typeArticle,
	"OpinionNewsArticle": typeArticle, "Recipe": typeArticle, "TechArticle": madeDocs, "APIReference": madeDocs, "HowTo": madeDocs,
	"Product": typeProduct, "ProductGroup": typeProduct,
	"DiscussionForumPosting": typeForum, "QAPage": typeForum, "Question": typeForum, "SocialMediaPosting": typeForum,
	"ItemList": typeList, "CollectionPage": typeList, "SearchResultsPage": typeList, "OfferCatalog": typeList, "Blog": typeList,
	"Service": typeService, "LocalBusiness": typeService, "ProfessionalService": typeService, "SoftwareApplication": typeService,
	"FAQPage": typeFAQ,
}

// minDeclared is how many words an articleBody needs to be preferred.
const minDeclared = 100

// declared takes the articleBody of the page's JSON-LD for the text when it
// has over twice the words of what was found in the page: the page is then a
// shell that scripts fill.
func (x *Extractor) declared() {
	if len(x.meta.body) < 2*len(x.out) || len(x.meta.body) < 4*minDeclared {
		return
	}
	var body string
	quoted := append(append([]byte{'"'}, x.meta.body...), '"')
	if json.Unmarshal(quoted, &body) != nil || index([]byte(body), "<") >= 0 {
		return
	}
	if n := wordsOf([]byte(body)); n < minDeclared || n < 2*wordsOf(x.out) {
		return
	}
	x.out = x.out[:0]
	for _, line := range bytes.Split([]byte(body), []byte{'\n'}) {
		if line = bytes.Join(bytes.Fields(line), []byte{' '}); len(line) > 0 {
			if len(x.out) > 0 {
				x.out = append(x.out, "\n\n"...)
			}
			x.out = append(x.out, line...)
		}
	}
}

// wordsOf counts the words of text as blocks count theirs.
func wordsOf(text []byte) int32 {
	var x Extractor
	var c counts
	x.append(&c, text, false)
	return c.words
}
