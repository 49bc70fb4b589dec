package html

// endTag handles an end tag.
func (p *Parser) endTag(tok *tagToken) {
	at, tag := tok.start, tok.tag
	if p.cur().inner && p.endForeign(tok) {
		return
	}
	cur := p.cur()
	switch tag {
	case Other:
		p.endOther(tok)
	case Title:
		p.endOther(tok) // in a drawing, where it was opened as Other
	case HTML, Body:
		return // content behind it still belongs to the body
	case Head:
		if p.phase == phaseHead && p.top[Head] > 0 {
			p.popTo(p.top[Head], at)
			p.phase = phaseAfter
		}
	case P:
		p.endP(at)
	case BR:
		if p.phase < phaseBody && cur.tag.frame() {
			p.openBody(at)
		}
		p.addElement(&tagToken{tag: BR, start: at, stop: tok.stop, attrs: int32(len(p.tree.attrs))}, flagImplied)
	case H1, H2, H3, H4, H5, H6:
		s := int32(0)
		for h := H1; h <= H6; h++ {
			s = max(s, p.top[h])
		}
		if s > cur.scope {
			p.popTo(s, at)
		}
	case LI:
		if s := p.top[LI]; s > cur.list {
			p.popTo(s, at)
		}
	case Table, Caption, Tbody, Thead, Tfoot, TR, TD, TH, Colgroup, Template:
		if s := p.top[tag]; s != 0 && s >= cur.table {
			p.popTo(s, at)
		}
	case Form:
		p.endForm(at)
	default:
		p.endOrdinary(tag, at)
	}
}

// endP ends a paragraph; a stray end tag makes an empty one, as it does in
// browsers, so that it parts what stands before and behind it.
func (p *Parser) endP(at int) {
	cur := p.cur()
	if s := p.top[P]; s > cur.button {
		p.popTo(s, at)
		return
	}
	if p.phase < phaseBody && cur.tag.frame() {
		return
	}
	p.addElement(&tagToken{tag: P, start: at, stop: at, attrs: int32(len(p.tree.attrs))}, flagImplied)
}

// endForm ends a form. Elements opened inside and not closed stay open.
func (p *Parser) endForm(at int) {
	s := p.top[Form]
	switch {
	case s == 0 || s <= p.cur().scope:
	case p.cur().special > s:
		p.stack[s].dead = true
	default:
		p.popTo(s, at)
	}
}

// endOrdinary handles blocks, formatting and inline elements.
func (p *Parser) endOrdinary(tag Tag, at int) {
	s, cur, f := p.top[tag], p.cur(), tagFlags[tag]
	switch {
	case s == 0 || s < cur.scope:
	case f&(fSpecial|fBlock) != 0 || s >= cur.special:
		p.popTo(s, at)
	case tag == A:
		p.stack[s].dead = true // text up to the end of the block stays in the link
	case f&fFormat != 0:
		p.unlink(s, at)
	}
}

// maxSearch is how many open elements with unknown names an end tag with an
// unknown name is compared with.
const maxSearch = 64

// endOther ends an element whose name is not in the table.
func (p *Parser) endOther(tok *tagToken) {
	name := p.tree.src[tok.start+2 : tok.nameEnd]
	bar := p.cur().special
	s := p.top[Other]
	for range maxSearch {
		if s == 0 || s < bar {
			return
		}
		if e := &p.stack[s]; e.key == tok.key && sameName(p.tree.name(&p.tree.Nodes[e.node]), name) {
			p.popTo(s, tok.start)
			return
		}
		s = p.stack[s].prev
	}
}

// sameName compares two names without regard to the case of ASCII letters.
func sameName(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if nameByte[a[i]] != nameByte[b[i]] {
			return false
		}
	}
	return true
}
