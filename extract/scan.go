package extract

import (
	"feilun/internal/html"
)

// A place is what the scan knows of an element from its ancestors.
type place struct {
	all, near marks // of the element and all ancestors; of the last three
	own       marks // of the element
	box       int32 // nearest block-level element, itself included
	path      uint32
	neg, pos  int16 // depth of the nearest element with a negative or positive hint
	depth     int16
	flags     uint8
}

const (
	linked uint8 = 1 << iota // inside a link with an address
	verbatim
	bold // inside strong, b, em or a heading
)

// A block is a run of inline content between two block-level boundaries; its
// normalised text is buf[from:to].
type block struct {
	from, to int32
	node     int32 // first text node
	box      int32 // nearest block-level element
	row      int32 // nearest table row, or 0
	count    counts
	brs      uint8 // line breaks since the previous block, when only breaks part them
	hr       bool
	verbatim bool
	tag      html.Tag // of the box, or of the nearest p, li, heading, cell … around it
	repeat   int32    // entry in the table of repeated structure
	again    int16    // blocks before with the same text
}

const (
	kindInline uint8 = iota
	kindBlock
	kindSkip
	kindBreak
)

// kinds says how the scan treats a tag. Tags that are not listed are inline.
var kinds = func() (k [256]uint8) {
	for _, t := range []html.Tag{html.Address, html.Article, html.Aside, html.Blockquote, html.Body, html.Button, html.Caption,
		html.Center, html.DD, html.Details, html.Dialog, html.Dir, html.Div, html.DL, html.DT, html.Fieldset,
		html.Figcaption, html.Figure, html.Footer, html.Form, html.H1, html.H2, html.H3, html.H4, html.H5, html.H6,
		html.Header, html.Hgroup, html.HTML, html.Legend, html.LI, html.Listing, html.Main, html.Menu, html.Nav,
		html.Noscript, html.OL, html.P, html.Plaintext, html.Pre, html.Search, html.Section, html.Summary, html.Table, html.Tbody,
		html.TD, html.Tfoot, html.TH, html.Thead, html.TR, html.UL, html.XMP} {
		k[t] = kindBlock
	}
	for _, t := range []html.Tag{html.Applet, html.Audio, html.Canvas, html.Datalist, html.Embed, html.Frameset, html.Head,
		html.Iframe, html.Noembed, html.Noframes, html.Option, html.Optgroup, html.RP, html.RT,
		html.Script, html.Select, html.Style, html.SVG, html.Template, html.Textarea, html.Title, html.Video,
		html.Input, html.Meta, html.Link, html.Base} {
		k[t] = kindSkip
	}
	k[html.BR], k[html.HR] = kindBreak, kindBreak
	return k
}()

// tagMarks are the hints of tags.
var tagMarks = [256]marks{
	html.Nav: inNav, html.Header: inHeader, html.Footer: inFooter, html.Aside: inAside, html.Article: inArticle,
	html.Main: inMain, html.Form: inForm, html.Table: inTable, html.UL: inList, html.OL: inList, html.Menu: inList,
	html.Blockquote: inQuote, html.Figure: inFigure, html.Details: inDetails, html.Button: markButton,
	html.Time: markDate, html.Dialog: markPopup, html.Search: markSearch, html.Pre: markCode, html.Noscript: inNoscript, html.Object: inNoscript,
}

// scan walks the tree once: it fills places and blocks, and notes heads, links
// and metadata on the way.
func (x *Extractor) scan() {
	nodes := x.tree.Nodes
	x.places = grow(x.places, len(nodes))
	x.blocks, x.buf, x.stack = x.blocks[:0], x.buf[:0], x.stack[:0]
	x.open, x.space, x.brs, x.hr = false, false, 0, false
	x.places[0] = place{}
	for i := 1; i < len(nodes); {
		for len(x.stack) > 0 && int32(i) >= x.stack[len(x.stack)-1] {
			x.stack = x.stack[:len(x.stack)-1]
			x.flush()
			x.brs = 0
		}
		n := &nodes[i]
		if n.Kind == html.Text {
			x.text(i, &x.places[n.Parent])
			i++
			continue
		}
		if n.Kind != html.Element || !x.element(i, n) {
			x.head(i)
			i = int(n.End)
			continue
		}
		i++
	}
	x.flush()
}

// element sets the place of element i and reports whether the scan enters it.
func (x *Extractor) element(i int, n *html.Node) bool {
	up := &x.places[n.Parent]
	kind := kinds[n.Tag]
	switch kind {
	case kindSkip:
		return false
	case kindBreak:
		x.flush()
		x.brs++
		x.hr = x.hr || n.Tag == html.HR
		return false
	case kindBlock:
		x.flush()
		x.brs = 0
		x.stack = append(x.stack, n.End)
	}
	at := &x.places[i]
	own := tagMarks[n.Tag] | x.attributes(i)
	*at = place{own: own, all: up.all | own, box: up.box, path: up.path, neg: up.neg, pos: up.pos, depth: min(up.depth+1, 30000), flags: up.flags}
	at.near = own | up.own
	if n.Parent > 0 {
		at.near |= x.places[x.tree.Nodes[n.Parent].Parent].own
	}
	if own&negative != 0 {
		at.neg = at.depth
	}
	if own&positive != 0 {
		at.pos = at.depth
	}
	if kind == kindBlock {
		at.box = int32(i)
		at.path = (up.path^uint32(n.Tag))*0x01000193 + uint32(own) + uint32(own>>32)*31
	}
	switch n.Tag {
	case html.Time:
		x.time(i)
	case html.A:
		if x.link(i) {
			at.flags |= linked
		}
	case html.Pre, html.Listing, html.XMP, html.Plaintext:
		at.flags |= verbatim
	case html.B, html.Strong, html.H1, html.H2, html.H3, html.H4, html.H5, html.H6:
		at.flags |= bold
	}
	return true
}

// time notes the first datetime of a time element.
func (x *Extractor) time(i int) {
	if v, ok := x.tree.Attr(i, html.AttrDateTime); ok && x.meta.dates[dateTime] == nil {
		x.meta.dates[dateTime] = v
	}
}

// attributes returns the hints of the attributes of element i.
func (x *Extractor) attributes(i int) (m marks) {
	x.tree.Attrs(i, func(name html.AttrName, value []byte) bool {
		switch name {
		case html.AttrClass, html.AttrID:
			m = m.words(value)
			x.classes++
		case html.AttrRole:
			m |= role(value)
		case html.AttrItemProp, html.AttrProperty:
			m |= itemprop(value)
		case html.AttrHidden:
			m |= markHidden
		case html.AttrAriaHidden:
			if string(value) == "true" {
				m |= markHidden
			}
		case html.AttrStyle:
			if hides(value) {
				m |= markHidden
			}
		}
		return true
	})
	return m
}

// hides reports whether a style says display:none or visibility:hidden.
func hides(style []byte) bool {
	for _, s := range []string{"display", "visibility"} {
		at := index(style, s)
		if at < 0 {
			continue
		}
		v := trim(style[at+len(s):])
		if len(v) == 0 || v[0] != ':' {
			continue
		}
		if v = trim(v[1:]); hasPrefix(v, "none") || hasPrefix(v, "hidden") {
			return true
		}
	}
	return false
}

// flush ends the open block.
func (x *Extractor) flush() {
	x.space = false
	if !x.open {
		return
	}
	x.open = false
	b := &x.blocks[len(x.blocks)-1]
	b.to = int32(len(x.buf))
	if b.count.chars == 0 {
		x.blocks = x.blocks[:len(x.blocks)-1]
		x.buf = x.buf[:b.from]
		return
	}
	x.brs, x.hr = 0, false
}

// begin opens a block at text node i.
func (x *Extractor) begin(i int, at *place) *block {
	b := block{from: int32(len(x.buf)), node: int32(i), box: at.box, brs: uint8(min(x.brs, 9)), hr: x.hr, verbatim: at.flags&verbatim != 0}
	b.tag = x.role(int(at.box), &b)
	x.blocks = append(x.blocks, b)
	x.open = true
	return &x.blocks[len(x.blocks)-1]
}

// role finds the nearest element around box that says what a block is, and
// notes the table row.
func (x *Extractor) role(box int, b *block) html.Tag {
	tag := x.tree.Nodes[box].Tag
	found := roles[tag] != 0
	for j, steps := box, 0; j > 0 && steps < 6; j, steps = int(x.tree.Nodes[j].Parent), steps+1 {
		t := x.tree.Nodes[j].Tag
		if t == html.TR {
			b.row = int32(j)
			break
		}
		if !found && roles[t] != 0 {
			tag, found = t, true
		}
	}
	return tag
}

// roles numbers the tags that say what a block is; the numbers are a feature.
var roles = [256]int16{
	html.P: 1, html.LI: 2, html.H1: 3, html.H2: 4, html.H3: 5, html.H4: 6, html.H5: 7, html.H6: 8, html.TD: 9, html.TH: 10,
	html.Pre: 11, html.Blockquote: 12, html.DT: 13, html.DD: 14, html.Figcaption: 15, html.Caption: 16, html.Button: 17,
	html.Address: 18, html.Summary: 19, html.Legend: 20, html.Div: 0,
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
