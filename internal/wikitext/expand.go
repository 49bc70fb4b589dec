package wikitext

import (
	"bytes"
	"strconv"
	"strings"

	"feilun/internal/html"
)

// expand appends src[a:b] to p.out with all inline markup resolved but quotes:
// what is left are lines with their marks, and placeholders.
func (p *Parser) expand(a, b, depth int) {
	s := p.src
	for i := a; i < b; {
		k := i
		for k < b && !special[s[k]] {
			k++
		}
		p.out = append(p.out, s[i:k]...)
		if i = k; i < b {
			i = p.markup(i, b, depth)
		}
	}
}

var special = func() (set [256]bool) {
	for _, c := range []byte("{}[]<-_") {
		set[c] = true
	}
	return set
}()

// markup handles the special character at i and returns where to go on.
func (p *Parser) markup(i, b, depth int) int {
	s := p.src
	if s[i] != '_' {
		if pr, ok := p.pairAt(i); ok && pr.end <= b {
			p.pair(pr, depth)
			if pr.kind == kindTag && pr.tag == "!--" {
				return p.wholeLine(pr, b)
			}
			return pr.end
		}
	}
	switch c := s[i]; c {
	case '{':
		if strings.HasPrefix(s[i:b], "{|") {
			if p.lineStart() {
				p.out = append(p.out, "{|"...)
			}
			return i + 2
		}
		return p.stray(i, b)
	case '}', '[', ']':
		return p.stray(i, b)
	case '<':
		return p.tag(i, b)
	case '_':
		return p.magicWord(i, b)
	default:
		p.out = append(p.out, c)
		return i + 1
	}
}

// stray drops brackets without partner; a single one is text.
func (p *Parser) stray(i, b int) int {
	n := min(run(p.src, i), b-i)
	for k := 1; k < n; k++ {
		if _, ok := p.pairAt(i + k); ok {
			n = k
		}
	}
	if p.src[i] == '{' && i+n < b && p.src[i+n] == '|' && p.lineStart() && n > 2 {
		n-- // the last belongs to a table
	}
	if n == 1 {
		p.out = append(p.out, p.src[i])
	}
	return i + n
}

// lineStart reports whether what comes next starts a line, list marks and
// spaces aside.
func (p *Parser) lineStart() bool {
	for i := len(p.out) - 1; i >= 0; i-- {
		switch p.out[i] {
		case '\n':
			return true
		case ' ', '\t', ':', '*', '#', ';', markGone:
		default:
			return false
		}
	}
	return true
}

// wholeLine passes over the line feed behind a comment that has its line for
// itself.
func (p *Parser) wholeLine(pr pair, b int) int {
	n := len(p.out)
	for n > 0 && (p.out[n-1] == ' ' || p.out[n-1] == '\t') {
		n--
	}
	if n > 0 && p.out[n-1] != '\n' {
		return pr.end
	}
	e := pr.end
	for e < b && (p.src[e] == ' ' || p.src[e] == '\t') {
		e++
	}
	if e < b && p.src[e] == '\n' {
		p.out = p.out[:n]
		return e + 1
	}
	return pr.end
}

// pair resolves markup that has an end.
func (p *Parser) pair(pr pair, depth int) {
	if depth > maxDepth {
		p.gone()
		return
	}
	switch pr.kind {
	case kindTemplate:
		if pr.inner-pr.start == 3 {
			p.parameter(pr, depth)
			return
		}
		p.template(pr, depth)
	case kindLink:
		p.link(pr, depth)
	case kindURL:
		p.external(pr, depth)
	case kindVariant:
		p.convert(pr, depth)
	case kindTag:
		p.extension(pr, depth)
	}
}

// gone marks a place where something was dropped.
func (p *Parser) gone() { p.out = append(p.out, markGone) }

// parameter resolves {{{name|default}}} to its default.
func (p *Parser) parameter(pr pair, depth int) {
	if at := p.split(pr.inner, pr.close, '|', 2); len(at) > 0 {
		end := pr.close
		if len(at) > 1 {
			end = at[1]
		}
		p.expand(at[0]+1, end, depth+1)
	}
}

// value returns src[a:b] expanded, without blanks at its ends.
func (p *Parser) value(a, b, depth int) string {
	n := len(p.out)
	p.out = append(p.out, '\n') // a value starts a line
	p.expand(a, b, depth+1)
	v := strings.TrimSpace(string(p.out[n+1:]))
	p.out = p.out[:n]
	return v
}

// literal appends a placeholder for text that no rule shall touch.
func (p *Parser) literal(text string, block bool) {
	if text != "" {
		p.placeholder(text, block)
	}
}

// placeholder is literal that keeps empty text too, which parts what stands
// around it.
func (p *Parser) placeholder(text string, block bool) {
	p.verbatim = append(p.verbatim, literal{text, block})
	if block {
		p.out = append(p.out, '\n')
	}
	p.out = append(p.out, markLiteral)
	p.out = strconv.AppendInt(p.out, int64(len(p.verbatim)-1), 10)
	p.out = append(p.out, markLiteral)
	if block {
		p.out = append(p.out, '\n')
	}
}

// extension resolves a tag whose content is not markup of the page.
func (p *Parser) extension(pr pair, depth int) {
	body := p.src[pr.inner:pr.close]
	head := p.src[pr.start:pr.inner]
	switch pr.tag {
	case "nowiki":
		p.placeholder(decode(body), false)
	case "pre":
		p.literal(decode(trimLines(strings.NewReplacer("<nowiki>", "", "</nowiki>", "").Replace(body))), true)
	case "code", "tt":
		p.literal(decode(strings.NewReplacer("<nowiki>", "", "</nowiki>", "", "<nowiki/>", "").Replace(oneLine(body))), false)
	case "syntaxhighlight", "source":
		if strings.Contains(head, "inline") || !strings.Contains(body, "\n") {
			p.literal(strings.TrimSpace(body), false)
		} else {
			p.literal(trimLines(body), true)
		}
	case "math":
		p.tex(strings.TrimSpace(body), strings.Contains(head, "block"))
	case "chem", "ce":
		if body = strings.TrimSpace(body); body != "" {
			p.tex(`\ce{`+body+`}`, false)
		}
	case "poem":
		p.poem(body, depth)
	case "includeonly", "!--":
	default:
		p.gone()
	}
}

func (p *Parser) tex(body string, block bool) {
	body = oneLine(body)
	switch {
	case body == "":
	case block:
		p.literal("$$"+body+"$$", false)
	default:
		p.literal("$"+body+"$", false)
	}
}

// poem keeps line breaks; its content is markup.
func (p *Parser) poem(body string, depth int) {
	inner := Parser{Options: p.Options, Page: p.Page}
	if depth > 2 {
		return
	}
	inner.src = body
	inner.match()
	inner.expand(0, len(body), depth+1)
	for _, l := range inner.verbatim {
		l.block = false
		p.verbatim = append(p.verbatim, l)
	}
	text := renumber(inner.out, len(p.verbatim)-len(inner.verbatim))
	lines := bytes.Split(bytes.Trim(text, "\n"), []byte("\n"))
	p.out = append(p.out, "\n\n"...)
	for i, l := range lines {
		if l = bytes.TrimLeft(bytes.TrimSpace(l), ":"); len(l) == 0 {
			p.out = append(p.out, "\n\n"...)
			continue
		}
		p.out = append(p.out, l...)
		if i < len(lines)-1 && len(bytes.TrimSpace(lines[i+1])) > 0 {
			p.out = append(p.out, markBreak)
		}
	}
	p.out = append(p.out, "\n\n"...)
}

// renumber adds n to the indices of placeholders.
func renumber(b []byte, n int) []byte {
	if n == 0 || bytes.IndexByte(b, markLiteral) < 0 {
		return b
	}
	parts := bytes.Split(b, []byte{markLiteral})
	for i := 1; i < len(parts); i += 2 {
		k, err := strconv.Atoi(string(parts[i]))
		if err != nil {
			panic("wikitext: a placeholder without index")
		}
		parts[i] = []byte(strconv.Itoa(k + n))
	}
	return bytes.Join(parts, []byte{markLiteral})
}

// tag handles "<" where no pair starts.
func (p *Parser) tag(i, b int) int {
	s := p.src
	at := i + 1
	closing := strings.HasPrefix(s[at:b], "/")
	if closing {
		at++
	}
	name := tagName(s[at:b])
	if !known(name) {
		p.out = append(p.out, '<')
		return i + 1
	}
	end, _ := tagEnd(s[:b], i)
	if end < 0 {
		if extension[name] && !closing {
			return at + len(name) // a start without end is no text
		}
		p.out = append(p.out, '<')
		return i + 1
	}
	switch name {
	case "br":
		p.out = append(p.out, markBreak)
	case "p", "div", "blockquote", "center", "table", "ul", "ol", "dl", "section", "h1", "h2", "h3", "h4", "h5", "h6", "hr":
		p.out = append(p.out, "\n\n"...)
	case "li":
		if !closing {
			p.out = append(p.out, "\n* "...)
		}
	case "tr", "dt", "dd", "caption":
		p.out = append(p.out, "\n\n"...)
	case "td", "th":
		if !closing && !p.lineStart() {
			p.out = append(p.out, ' ')
		}
	}
	return end
}

func known(name string) bool { return extension[name] || htmlTags[name] }

// magicWord drops __TOC__ and its like.
func (p *Parser) magicWord(i, b int) int {
	s := p.src[i:min(b, i+64)]
	if strings.HasPrefix(s, "__") {
		if k := strings.Index(s[2:], "__"); k > 0 && behaviour(s[2:2+k]) {
			return i + k + 4
		}
	}
	p.out = append(p.out, '_')
	return i + 1
}

// behaviour reports whether a word between double underscores is a switch:
// capitals, or Chinese.
func behaviour(word string) bool {
	for _, r := range word {
		if !('A' <= r && r <= 'Z' || 0x4e00 <= r && r <= 0x9fff) {
			return false
		}
	}
	return true
}

// decode replaces character references.
func decode(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return string(html.AppendDecoded(nil, []byte(s)))
}

func oneLine(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// trimLines drops empty lines at both ends and blanks at line ends.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
