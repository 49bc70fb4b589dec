package html

import (
	"bytes"
	"math"
)

// Limits of a parser when its fields are zero. Real pages stay below: of 3,000
// the deepest nests 140 elements.
const (
	DefaultMaxDepth = 512
	DefaultMaxNodes = 4 << 20
	DefaultMaxBytes = 256 << 20
)

// Parser builds trees and reuses their memory. The zero value is ready. Not for
// concurrent use.
type Parser struct {
	// MaxDepth is the most open elements; deeper ones become siblings.
	MaxDepth int
	// MaxNodes is the most nodes of a tree; the rest of the page is dropped.
	MaxNodes int
	// MaxBytes is how much of a page is read.
	MaxBytes int

	tree  Tree
	stack []entry
	moved []entry
	top   [numTags]int32 // innermost open element of each tag in stack
	phase phase
	skip  bool // a line feed at the start of the next text is dropped
}

// phase is how far the page has come: html, head and body are implied.
type phase uint8

const (
	phaseStart phase = iota
	phaseHTML        // html is open
	phaseHead        // head is open
	phaseAfter       // head is closed
	phaseBody        // body or frameset is open
)

// Parse reads a page. src must be UTF-8; invalid bytes stay as they are in
// texts and values. The tree refers to src and is valid until the next Parse.
func (p *Parser) Parse(src []byte) *Tree {
	p.reset(src)
	src = p.tree.src
	var tok tagToken
	for i := 0; i < len(src); {
		if len(p.tree.Nodes) >= p.MaxNodes-4 { // a step adds at most 4
			p.tree.Truncated = true
			break
		}
		if src[i] != '<' {
			i = p.text(i, i)
			continue
		}
		if i+1 == len(src) {
			p.text(i, i+1)
			break
		}
		switch c := src[i+1]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			tok.start = i
			if !p.scanTag(i+1, true, &tok) {
				i = len(src)
				break
			}
			i = p.startTag(&tok)
		case c == '/':
			i = p.slash(i, &tok)
		case c == '!':
			i = p.markup(i)
		case c == '?':
			i = skipTo(src, i, '>')
		default:
			i = p.text(i, i+1)
		}
	}
	p.popTo(1, len(src))
	p.tree.Nodes[0].End = int32(len(p.tree.Nodes))
	return &p.tree
}

func (p *Parser) reset(src []byte) {
	if p.MaxDepth <= 0 {
		p.MaxDepth = DefaultMaxDepth
	}
	if p.MaxNodes <= 0 {
		p.MaxNodes = DefaultMaxNodes
	}
	if p.MaxBytes <= 0 {
		p.MaxBytes = DefaultMaxBytes
	}
	p.MaxDepth, p.MaxNodes, p.MaxBytes = max(p.MaxDepth, 8), max(p.MaxNodes, 16), min(p.MaxBytes, math.MaxInt32-1)
	t := &p.tree
	t.Truncated = len(src) > p.MaxBytes
	t.src = src[:min(len(src), p.MaxBytes)]
	t.Nodes = append(t.Nodes[:0], Node{Kind: Document, Parent: -1, Close: int32(len(t.src))})
	t.attrs, t.scratch = t.attrs[:0], t.scratch[:0]
	p.stack = append(p.stack[:0], entry{})
	p.top = [numTags]int32{}
	p.phase, p.skip = phaseStart, false
}

// slash handles "</" at src[i].
func (p *Parser) slash(i int, tok *tagToken) int {
	src := p.tree.src
	if i+2 >= len(src) {
		return p.text(i, len(src))
	}
	switch c := src[i+2]; {
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		tok.start = i
		if !p.scanTag(i+2, false, tok) {
			return len(src)
		}
		p.endTag(tok)
		return tok.stop
	case c == '>':
		return i + 3
	}
	return skipTo(src, i, '>')
}

// markup handles "<!" at src[i]: comment, document type or CDATA.
func (p *Parser) markup(i int) int {
	src := p.tree.src
	switch rest := src[i+2:]; {
	case bytes.HasPrefix(rest, []byte("--")):
		return scanComment(src, i+4)
	case p.cur().inner && bytes.HasPrefix(rest, []byte("[CDATA[")):
		n := bytes.Index(rest, []byte("]]>"))
		if n < 0 {
			p.addText(i+9, len(src), false)
			return len(src)
		}
		p.addText(i+9, i+2+n, false)
		return i + 2 + n + 3
	}
	return skipTo(src, i, '>')
}

// text reads the text that starts at src[from], of which the bytes before i are
// known to be text, and returns where it ends. A "<" that opens no tag is text.
func (p *Parser) text(from, i int) int {
	src := p.tree.src
	for {
		n := bytes.IndexByte(src[i:], '<')
		if n < 0 {
			i = len(src)
			break
		}
		i += n
		if i+1 < len(src) {
			if c := src[i+1]; c|0x20 >= 'a' && c|0x20 <= 'z' || c == '/' || c == '!' || c == '?' {
				break
			}
		}
		i++
	}
	p.addText(from, i, true)
	return i
}

// addText appends a text node; refs says whether character references count.
func (p *Parser) addText(from, to int, refs bool) {
	src := p.tree.src
	if p.skip {
		p.skip = false
		if from < to && src[from] == '\r' {
			from++
		}
		if from < to && src[from] == '\n' {
			from++
		}
	}
	if from >= to {
		return
	}
	flags := flagBlank
	for _, c := range src[from:to] {
		if !space(c) {
			flags = 0
			break
		}
	}
	if p.phase < phaseBody && p.cur().tag.frame() {
		if flags != 0 {
			return
		}
		p.openBody(from)
	}
	if refs && flags == 0 && bytes.IndexByte(src[from:to], '&') >= 0 {
		flags |= flagEntity
	}
	at := int32(len(p.tree.Nodes))
	p.tree.Nodes = append(p.tree.Nodes, Node{Kind: Text, flags: flags, Parent: p.cur().node, End: at + 1,
		Start: int32(from), Stop: int32(to)})
}

// frame reports the elements in which text and most elements imply a body. The
// document's entry has tag Other.
func (t Tag) frame() bool { return t == Other || t == HTML || t == Head }

// addElement appends an element under the innermost open one.
func (p *Parser) addElement(tok *tagToken, flags uint8) int32 {
	at := int32(len(p.tree.Nodes))
	p.tree.Nodes = append(p.tree.Nodes, Node{Kind: Element, Tag: tok.tag, flags: flags,
		nattr: uint8(len(p.tree.attrs) - int(tok.attrs)), Parent: p.cur().node, End: at + 1,
		Start: int32(tok.start), Stop: int32(tok.stop), Close: int32(tok.stop), attr: tok.attrs})
	return at
}

// imply opens an element that no tag opened.
func (p *Parser) imply(tag Tag, offset int) {
	tok := tagToken{tag: tag, start: offset, stop: offset, attrs: int32(len(p.tree.attrs))}
	p.push(p.addElement(&tok, flagImplied), tag, tagKeys[tag], false)
}

// openHTML, openHead and openBody imply what the page left out.
func (p *Parser) openHTML(offset int) {
	if p.phase == phaseStart {
		p.imply(HTML, offset)
		p.phase = phaseHTML
	}
}

func (p *Parser) openHead(offset int) {
	p.openHTML(offset)
	if p.phase == phaseHTML {
		p.imply(Head, offset)
		p.phase = phaseHead
	}
}

func (p *Parser) openBody(offset int) {
	p.openHead(offset)
	p.popTo(2, offset)
	p.imply(Body, offset)
	p.phase = phaseBody
}
