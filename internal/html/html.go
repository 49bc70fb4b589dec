// Package html turns the UTF-8 bytes of a web page into a light tree. Start
// with [Parser.Parse]. Tags, attributes, comments, raw text and character
// references are read as the WHATWG standard says (HTML, section 13.2.5); the
// tree is built with the standard's implied end tags, but repairs mis-nested
// markup in one forward pass (docs/decisions/html.md). No text is ever lost to
// a repair. Time and memory are linear in the input, whatever it holds.
//
// It does not decode other encodings (internal/charset does), run scripts, or
// keep comments.
package html

import "bytes"

// Kind says what a node is.
type Kind uint8

// Kinds of nodes.
const (
	Document Kind = iota // node 0
	Element
	Text
)

// Node is one element or text. 32 bytes, so that two share a cache line.
type Node struct {
	Kind  Kind
	Tag   Tag // of an element; Other when the name is not in the table
	flags uint8
	nattr uint8 // recorded attributes
	// Parent is the index of the parent; -1 for the document.
	Parent int32
	// End is one past the last node of the subtree: the subtree of node i is
	// Nodes[i+1:End]. The next sibling, if any, is node End.
	End int32
	// Start and Stop bound the source bytes of a text, or of the start tag of an
	// element including its angle brackets. Implied elements have Start = Stop.
	Start, Stop int32
	// Close is, for an element, the offset of its end tag or of the tag that
	// ended it: its content is src[Stop:Close].
	Close int32
	attr  int32 // element: first attribute; decoded text: offset + 1 in the scratch
	extra int32 // decoded text: length in the scratch
}

const (
	flagEntity  uint8 = 1 << iota // text holds an ampersand
	flagBlank                     // text is white space only
	flagRaw                       // element whose content is raw text
	flagImplied                   // element that no tag opened
	flagForeign                   // element inside svg or math
)

// attr is one recorded attribute; a value that was decoded lies in the scratch.
type attr struct {
	name     AttrName
	decoded  bool
	from, to int32
}

// Tree is a parsed page: nodes in document order. Node 0 is the document. It is
// valid until the parser's next Parse, and not for concurrent use.
type Tree struct {
	Nodes []Node
	// Truncated reports that a limit of the parser cut the tree short or made it
	// flatter than the page.
	Truncated bool
	src       []byte
	attrs     []attr
	scratch   []byte
}

// Source returns the bytes that the tree was parsed from.
func (t *Tree) Source() []byte { return t.src }

// Text returns the text of node i with character references decoded. It points
// into the source when there are none. Elements have no text of their own.
func (t *Tree) Text(i int) []byte {
	n := &t.Nodes[i]
	if n.Kind != Text {
		return nil
	}
	if n.flags&flagEntity == 0 {
		return t.src[n.Start:n.Stop]
	}
	if n.attr == 0 {
		at := len(t.scratch)
		t.scratch = appendDecoded(t.scratch, t.src[n.Start:n.Stop], false)
		n.attr, n.extra = int32(at)+1, int32(len(t.scratch)-at)
	}
	return t.scratch[n.attr-1 : n.attr-1+n.extra : n.attr-1+n.extra]
}

// AppendText appends the decoded text of all text nodes below i, and of i
// itself, to dst, without separators.
func (t *Tree) AppendText(dst []byte, i int) []byte {
	for j := i; j < int(t.Nodes[i].End); j++ {
		if t.Nodes[j].Kind == Text {
			dst = append(dst, t.Text(j)...)
		}
	}
	return dst
}

// Blank reports whether node i is a text of white space only.
func (t *Tree) Blank(i int) bool { return t.Nodes[i].flags&flagBlank != 0 }

// Implied reports whether node i is an element that no tag opened: html, head,
// body, or the p of a stray </p>.
func (t *Tree) Implied(i int) bool { return t.Nodes[i].flags&flagImplied != 0 }

// Foreign reports whether node i is an element inside svg or math. Its Tag is
// Other whatever its name.
func (t *Tree) Foreign(i int) bool { return t.Nodes[i].flags&flagForeign != 0 }

// Raw returns the undecoded content of a raw text element: script, style, xmp,
// iframe, noembed or noframes; nil for other nodes. JSON-LD is read with it.
func (t *Tree) Raw(i int) []byte {
	n := &t.Nodes[i]
	if n.flags&flagRaw == 0 || n.Kind != Element {
		return nil
	}
	return t.src[n.Stop:n.Close]
}

// Attr returns the decoded value of an attribute of element i, and whether the
// element has it. Of repeated attributes the first counts, as in browsers.
func (t *Tree) Attr(i int, name AttrName) (value []byte, ok bool) {
	n := &t.Nodes[i]
	if n.Kind != Element {
		return nil, false
	}
	for j := n.attr; j < n.attr+int32(n.nattr); j++ {
		if t.attrs[j].name == name {
			return t.value(&t.attrs[j]), true
		}
	}
	return nil, false
}

// Attrs calls yield for each recorded attribute of element i in source order.
func (t *Tree) Attrs(i int, yield func(name AttrName, value []byte) bool) {
	n := &t.Nodes[i]
	if n.Kind != Element {
		return
	}
	for j := n.attr; j < n.attr+int32(n.nattr); j++ {
		if !yield(t.attrs[j].name, t.value(&t.attrs[j])) {
			return
		}
	}
}

func (t *Tree) value(a *attr) []byte {
	if a.decoded {
		return t.scratch[a.from:a.to:a.to]
	}
	v := t.src[a.from:a.to:a.to]
	if bytes.IndexByte(v, '&') < 0 {
		return v
	}
	at := len(t.scratch)
	t.scratch = appendDecoded(t.scratch, v, true)
	a.decoded, a.from, a.to = true, int32(at), int32(len(t.scratch))
	return t.scratch[at:len(t.scratch):len(t.scratch)]
}

// TagName returns the name of element i in lower case, "" for other nodes.
func (t *Tree) TagName(i int) string {
	n := &t.Nodes[i]
	if n.Kind != Element {
		return ""
	}
	if n.Tag != Other {
		return n.Tag.String()
	}
	name := bytes.Clone(t.name(n))
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			name[i] = c | 0x20
		}
	}
	return string(name)
}

// name returns the name in the start tag of n as written.
func (t *Tree) name(n *Node) []byte {
	s := t.src[n.Start:n.Stop]
	if len(s) == 0 {
		return nil
	}
	e := 1
	for e < len(s) && nameByte[s[e]] != 0 {
		e++
	}
	return s[1:e]
}
