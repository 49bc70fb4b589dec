// Package wikitext turns MediaWiki's markup into clean text: paragraphs,
// headings, list items and table rows as a reader sees them, without
// references, images, navigation and layout. Start with [Parser.Text]. It knows
// the markup, not the wiki: templates are not loaded. The few inline ones that
// carry words (languages, units, dates, line breaks) are in a table; all others
// are dropped. Time and memory are linear in the input, whatever it holds.
package wikitext

import (
	"bytes"
	"strings"
)

// Options say how pages are read. The zero value is ready.
type Options struct {
	// Variant is the form of Chinese (zh-hans, zh-hant, zh-cn, zh-tw, zh-hk, …) or
	// of another language with variants that -{ }- is resolved to; "" takes
	// zh-hans.
	Variant string
	// Language is the code of the wiki's language; dates that templates show are
	// written as in Chinese for zh, else as in English.
	Language string
	// DropTables leaves tables away; otherwise each row is a line.
	DropTables bool
	// KeepAppendices keeps sections such as "See also", "External links" and
	// 参考文献.
	KeepAppendices bool
	// Namespaces maps names of namespaces in lower case to their numbers, as the
	// dump's siteinfo has them, beside those known for every wiki.
	Namespaces map[string]int
}

const (
	maxDepth  = 40 // of templates and links in one another, as in MediaWiki
	maxTables = 20 // of tables in one another
)

// A Parser reads pages one after another and reuses its memory. It is for one
// goroutine. The zero value is ready.
type Parser struct {
	Options
	Page string // title of the page, which {{PAGENAME}} stands for

	src      string
	pairs    []pair // by start
	open     []opener
	opened   [kinds]int        // entries of open by kind
	missing  map[string]bool   // extension tags with no end tag in what follows
	verbatim []literal         // what placeholders stand for
	out      []byte            // expanded markup
	lines    lineReader        // turns out into text
	names    map[string]string // template names that were normalised
	text     []byte
}

// A literal is text that markup rules no longer touch.
type literal struct {
	text  string
	block bool // a paragraph of its own
}

// Control characters in expanded markup. The input has none.
const (
	markLiteral = '\x7f' // followed by the index in p.verbatim and another one
	markBreak   = '\x01' // a line break that stays
	markGone    = '\x02' // a template or reference was dropped here
)

// Text returns the text of a page. Paragraphs are separated by an empty line,
// list items and table rows by a line feed.
func (p *Parser) Text(src string) string {
	if p.Variant == "" {
		p.Variant = "zh-hans"
	}
	p.src = plainBytes(src)
	p.verbatim, p.out = p.verbatim[:0], p.out[:0]
	p.match()
	p.expand(0, len(p.src), 0)
	p.lines.reset(p)
	p.text = p.lines.read(p.out)
	return string(bytes.TrimSpace(p.text))
}

// plainBytes returns s without the control characters that this package uses,
// and with line feeds as line ends.
func plainBytes(s string) string {
	if !strings.ContainsAny(s, "\x00\x01\x02\x7f\r") {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch r {
		case '\x00', markBreak, markGone, markLiteral:
			return -1
		case '\r':
			return '\n'
		}
		return r
	}, s)
}

// Disambiguation reports whether a page only tells meanings of a word apart,
// by its templates or its title.
func Disambiguation(title, src string) bool {
	for _, end := range []string{"(disambiguation)", "(消歧义)", "(消歧義)", "（消歧义）", "（消歧義）"} {
		if strings.HasSuffix(title, end) {
			return true
		}
	}
	if strings.Contains(src, "__DISAMBIG__") {
		return true
	}
	const head, tail = 400, 1000 // bytes in which such templates stand
	if len(src) > head+tail {
		return meanings(src[:head]) || meanings(src[len(src)-tail:])
	}
	return meanings(src)
}

// meanings reports whether a template of disambiguation pages stands in src.
func meanings(src string) bool {
	for {
		i := strings.Index(src, "{{")
		if i < 0 {
			return false
		}
		src = src[i+2:]
		n := strings.IndexAny(src[:min(len(src), 60)], "|}\n{")
		if n > 0 && disambiguations[normal(src[:n])] {
			return true
		}
	}
}
