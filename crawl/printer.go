package crawl

import (
	"bytes"

	"feilun/internal/html"
)

// A printer writes a chapter as text: paragraphs and headings with an empty
// line between them, list items and table rows each on a line.
type printer struct {
	tree    *html.Tree
	out     []byte
	heading string // the first one
	sep     int    // line feeds due before the next text
	space   bool   // a space is due
	began   bool   // something was written
	pre     int    // open pre elements
	cells   int    // open table cells
	bullet  bool   // the next text begins a list item
}

// print appends the text of the whole tree.
func (p *printer) print() {
	if len(p.out) > 0 {
		p.sep = 2
		p.began = true
	}
	p.nodes(0, len(p.tree.Nodes))
	p.out = bytes.TrimSuffix(p.out, []byte(" | "))
}

// An ending is an open element.
type ending struct {
	end  int32
	tag  html.Tag
	from int
}

func (p *printer) nodes(from, to int) {
	var open []ending
	for i := from; i < to; {
		for len(open) > 0 && int(open[len(open)-1].end) <= i {
			p.close(open[len(open)-1])
			open = open[:len(open)-1]
		}
		n := &p.tree.Nodes[i]
		if n.Kind == html.Text {
			p.words(p.tree.Text(i))
			i++
			continue
		}
		if n.Kind == html.Element {
			if hiddenElement(n.Tag) {
				i = int(n.End)
				continue
			}
			p.open(n.Tag)
			open = append(open, ending{n.End, n.Tag, len(p.out)})
		}
		i++
	}
	for k := len(open) - 1; k >= 0; k-- {
		p.close(open[k])
	}
}

func hiddenElement(t html.Tag) bool {
	switch t {
	case html.Head, html.Script, html.Style, html.Nav, html.Template, html.Audio, html.Video, html.Object, html.Iframe, html.RP, html.Noscript:
		return true
	}
	return false
}

func (p *printer) open(t html.Tag) {
	switch {
	case t == html.BR:
		p.due(1)
	case t == html.LI:
		p.due(1)
		p.bullet = true
	case t == html.TD || t == html.TH:
		p.cells++
	case t == html.TR:
		p.due(1)
	case t == html.RT:
		p.text([]byte("("))
	case t == html.Pre:
		p.pre++
		p.due(2)
	case blockElement(t):
		p.due(2)
	}
}

func (p *printer) close(e ending) {
	switch {
	case e.tag == html.LI || e.tag == html.TR:
		p.due(1)
		p.sep = min(p.sep, 1) // what a paragraph inside asked for is not due
	case e.tag == html.TD || e.tag == html.TH:
		p.cells--
		p.cell()
	case e.tag == html.RT:
		p.text([]byte(")"))
	case headingElement(e.tag):
		if p.heading == "" && e.from < len(p.out) {
			p.heading = string(trim(p.out[e.from:]))
		}
		p.due(2)
	case e.tag == html.Pre:
		p.pre--
		p.due(2)
	case blockElement(e.tag):
		p.due(2)
	}
}

func headingElement(t html.Tag) bool {
	switch t {
	case html.H1, html.H2, html.H3, html.H4, html.H5, html.H6:
		return true
	}
	return false
}

func blockElement(t html.Tag) bool {
	switch t {
	case html.P, html.Div, html.Section, html.Article, html.Aside, html.Header, html.Footer, html.Main, html.Body, html.Blockquote,
		html.UL, html.OL, html.DL, html.DT, html.DD, html.Table, html.Caption, html.Figure, html.Figcaption, html.HR, html.Address, html.Center:
		return true
	}
	return headingElement(t)
}

// due asks for n line feeds before the next text.
func (p *printer) due(n int) {
	switch {
	case p.bullet: // what starts inside an item stays on its line
	case p.cells > 0:
		p.space = true
	default:
		p.sep = max(p.sep, n)
		p.space = false
	}
}

// cell parts a table cell from the next.
func (p *printer) cell() {
	if p.cells == 0 && p.sep == 0 && len(p.out) > 0 {
		p.space = false
		p.out = append(p.out, " | "...)
	}
}

// words appends text with white space collapsed, or as it is inside pre.
func (p *printer) words(b []byte) {
	if p.pre > 0 {
		p.text(b)
		return
	}
	for i := 0; i < len(b); {
		c := b[i]
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' {
			p.space = true
			i++
			continue
		}
		k := i
		for k < len(b) && b[k] != ' ' && b[k] != '\n' && b[k] != '\t' && b[k] != '\r' && b[k] != '\f' {
			k++
		}
		p.text(b[i:k])
		i = k
	}
}

// text appends bytes behind what is due.
func (p *printer) text(b []byte) {
	if len(b) == 0 {
		return
	}
	switch {
	case p.sep > 0 && p.began:
		p.out = bytes.TrimSuffix(p.out, []byte(" | "))
		p.out = append(p.out, "\n\n"[:min(p.sep, 2)]...)
	case p.space && p.began && p.out[len(p.out)-1] != ' ' && p.out[len(p.out)-1] != '\n':
		p.out = append(p.out, ' ')
	}
	if p.bullet {
		p.out = append(p.out, "- "...)
	}
	p.sep, p.space, p.began, p.bullet = 0, false, true, false
	p.out = append(p.out, b...)
}
