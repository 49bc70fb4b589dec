package html

// startForeign inserts an element inside svg or math. Only svg and math keep
// their tags, so that a <title> in a drawing is not taken for the page's.
func (p *Parser) startForeign(tok *tagToken) {
	tag, key := tok.tag, tok.key
	inner := !integrates(p.tree.src[tok.start+1:tok.nameEnd], tag)
	if tag != SVG && tag != Math {
		tok.tag = Other
	}
	at := p.addElement(tok, flagForeign)
	if !tok.selfClosing {
		p.push(at, tok.tag, key, inner)
		if !inner { // HTML inside does not see the scopes outside
			e, at := p.cur(), int32(len(p.stack)-1)
			e.scope, e.button, e.list, e.special, e.item = at, at, at, at, at
		}
	}
}

// integrates reports the elements of svg and math whose content is HTML again.
func integrates(name []byte, tag Tag) bool {
	switch len(name) {
	case 13:
		return equalFold(name, "foreignobject")
	case 14:
		return equalFold(name, "annotation-xml")
	case 2:
		return equalFold(name, "mi") || equalFold(name, "mo") || equalFold(name, "mn") || equalFold(name, "ms")
	case 4:
		return equalFold(name, "desc")
	case 5:
		return equalFold(name, "mtext") || tag == Title
	}
	return false
}

// leavesForeign ends svg and math before a tag that cannot stand in them, and
// reports whether it did.
func (p *Parser) leavesForeign(tok *tagToken) bool {
	if tagFlags[tok.tag]&fBreak == 0 {
		return false
	}
	s := int32(len(p.stack)) - 1
	for s > 0 && p.stack[s].inner {
		s--
	}
	p.popTo(s+1, tok.start)
	return true
}

// endForeign handles an end tag inside svg or math and reports whether it did;
// if not, the rules for HTML apply.
func (p *Parser) endForeign(tok *tagToken) bool {
	if tok.tag == SVG || tok.tag == Math {
		if s := p.top[tok.tag]; s > 0 {
			p.popTo(s, tok.start)
		}
		return true
	}
	if tok.tag == BR || tok.tag == P {
		p.leavesForeign(&tagToken{tag: P, start: tok.start})
		return false
	}
	name := p.tree.src[tok.start+2 : tok.nameEnd]
	low := int32(len(p.stack)) - 1
	for n := 0; n < maxSearch && low > 0 && p.stack[low].inner; n++ {
		if e := &p.stack[low]; e.key == tok.key && sameName(p.tree.name(&p.tree.Nodes[e.node]), name) {
			p.popTo(low, tok.start)
			return true
		}
		low--
	}
	return tagFlags[tok.tag]&(fBlock|fScope) == 0
}
