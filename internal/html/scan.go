package html

import "bytes"

// tagToken is a start or end tag, between its name and its closing bracket.
type tagToken struct {
	tag         Tag
	key         uint64 // packed name
	start, stop int    // from < to behind >
	nameEnd     int
	selfClosing bool
	attrs       int32 // first attribute in the tree's list
}

// scanTag reads a tag whose name starts at src[i]. Attributes of known names
// are appended to the tree's list when keep is set. It reports false when the
// input ends inside the tag, which the standard then drops.
func (p *Parser) scanTag(i int, keep bool, tok *tagToken) bool {
	src := p.tree.src
	p.skip = false
	from := i
	var key uint64
	for ; i < len(src); i++ {
		c := nameByte[src[i]]
		if c == 0 {
			break
		}
		key = key<<8 | uint64(c)
	}
	key += uint64(i - from)
	tok.key, tok.nameEnd = key, i
	tok.tag = lookupTag(key, src[from:i])
	tok.attrs = int32(len(p.tree.attrs))
	tok.selfClosing = false
	var seen uint64
	for i < len(src) {
		c := src[i]
		if c == '>' {
			tok.stop = i + 1
			return true
		}
		if c <= ' ' && space(c) {
			i++
			continue
		}
		if c == '/' {
			i++
			tok.selfClosing = i < len(src) && src[i] == '>'
			continue
		}
		i = p.scanAttr(i, keep, &seen)
	}
	return false
}

// scanAttr reads an attribute that starts at src[i] and returns the offset
// behind it. seen has a bit for each name the tag already has.
func (p *Parser) scanAttr(i int, keep bool, seen *uint64) int {
	src := p.tree.src
	from := i
	key := uint64(attrByte[src[i]])
	if key == 0 {
		key = '=' // a leading = belongs to the name
	}
	for i++; i < len(src); i++ {
		c := attrByte[src[i]]
		if c == 0 {
			break
		}
		key = key<<8 | uint64(c)
	}
	end := i
	for i < len(src) && space(src[i]) {
		i++
	}
	val, stop := i, i
	if i < len(src) && src[i] == '=' {
		for i++; i < len(src) && space(src[i]); i++ {
		}
		val, stop, i = scanValue(src, i)
	}
	if !keep || i >= len(src) {
		return i
	}
	name := lookupAttr(key+uint64(end-from), src[from:end])
	if bit := uint64(1) << name; name != attrOther && *seen&bit == 0 {
		*seen |= bit
		p.tree.attrs = append(p.tree.attrs, attr{name: name, from: int32(val), to: int32(stop)})
	}
	return i
}

// scanValue reads an attribute value at src[i:]: its span and the offset behind
// it, closing quote included.
func scanValue(src []byte, i int) (from, to, next int) {
	if i >= len(src) {
		return i, i, i
	}
	if q := src[i]; q == '"' || q == '\'' {
		n := bytes.IndexByte(src[i+1:], q)
		if n < 0 {
			return i, i, len(src)
		}
		return i + 1, i + 1 + n, i + 2 + n
	}
	from = i
	for i < len(src) && src[i] != '>' && (src[i] > ' ' || !space(src[i])) {
		i++
	}
	return from, i, i
}

// scanComment returns the offset behind the comment whose text starts at
// src[i], behind "<!--". It ends at "-->" or "--!>", or at once at ">" or "->".
func scanComment(src []byte, i int) int {
	from := i
	for {
		n := bytes.IndexByte(src[i:], '>')
		if n < 0 {
			return len(src)
		}
		i += n
		switch body := src[from:i]; {
		case len(body) == 0, len(body) == 1 && body[0] == '-':
			return i + 1
		case bytes.HasSuffix(body, []byte("--")), bytes.HasSuffix(body, []byte("--!")):
			return i + 1
		}
		i++
	}
}

// skipTo returns the offset behind the next c from src[i] on.
func skipTo(src []byte, i int, c byte) int {
	n := bytes.IndexByte(src[i:], c)
	if n < 0 {
		return len(src)
	}
	return i + n + 1
}

// rawEnd returns the offset of the end tag that closes raw text of element tag
// starting at src[i], or len(src). In scripts it follows the escaped states:
// </script> inside <!-- <script> … does not count.
func rawEnd(src []byte, i int, tag Tag) int {
	name := tagNames[tag]
	const (
		plain   = iota
		escaped // behind <!--
		double  // behind <!-- <script
	)
	state, dash := plain, 0
	for {
		n := bytes.IndexByte(src[i:], '<')
		if n < 0 {
			return len(src)
		}
		if state != plain && bytes.Contains(src[dash:i+n], []byte("-->")) {
			state = plain
		}
		i += n + 1
		if i >= len(src) {
			return len(src)
		}
		switch {
		case src[i] == '/' && named(src, i+1, name):
			if state != double {
				return i - 1
			}
			state = escaped
		case tag == Script && state == plain && bytes.HasPrefix(src[i:], []byte("!--")):
			state, dash = escaped, i+1
			continue
		case tag == Script && state == escaped && named(src, i, name):
			state = double
		}
		dash = max(dash, i-3)
	}
}

// named reports whether src[i:] is the name of a tag followed by an end of name.
func named(src []byte, i int, name string) bool {
	e := i + len(name)
	return e < len(src) && src[i]|0x20 == name[0] && equalFold(src[i:e], name) && nameByte[src[e]] == 0
}
