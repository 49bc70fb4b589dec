package html

// startTag handles a start tag and returns where reading goes on: behind the
// tag, or behind the content of raw text.
func (p *Parser) startTag(tok *tagToken) int {
	if p.cur().inner {
		if !p.leavesForeign(tok) {
			p.startForeign(tok)
			return tok.stop
		}
	}
	f := tagFlags[tok.tag]
	if p.phase < phaseBody && p.cur().tag.frame() && !p.before(tok, f) {
		return tok.stop
	}
	if f&fBlock != 0 {
		p.closeP(tok.start)
	}
	if f&fOwn != 0 && !p.startOwn(tok) {
		return tok.stop
	}
	at := p.addElement(tok, 0)
	switch {
	case f&fVoid != 0:
	case f&(fRaw|fRCData) != 0:
		return p.rawText(at, tok, f)
	case tok.tag == Plaintext:
		p.push(at, Plaintext, tok.key, false)
		p.addText(tok.stop, len(p.tree.src), false)
		return len(p.tree.src)
	case tok.tag == SVG || tok.tag == Math:
		if !tok.selfClosing {
			p.push(at, tok.tag, tok.key, true)
		}
	default:
		p.skip = f&fLF != 0
		p.push(at, tok.tag, tok.key, false)
	}
	return tok.stop
}

// rawText adds the content of an element that holds no tags.
func (p *Parser) rawText(at int32, tok *tagToken, f uint32) int {
	src := p.tree.src
	end := rawEnd(src, tok.stop, tok.tag)
	if f&fRaw != 0 {
		p.tree.Nodes[at].flags |= flagRaw
	} else {
		depth := len(p.stack)
		p.push(at, tok.tag, tok.key, false)
		p.skip = f&fLF != 0
		p.addText(tok.stop, end, true)
		p.skip = false
		p.popTo(int32(depth), end)
	}
	p.tree.Nodes[at].Close = int32(end)
	if end == len(src) {
		return end
	}
	var last tagToken
	if !p.scanTag(end+2, false, &last) {
		return len(src)
	}
	return last.stop
}

// before handles a tag before the body, directly in html or head. It reports
// whether the tag is to be inserted.
func (p *Parser) before(tok *tagToken, f uint32) bool {
	switch tok.tag {
	case HTML:
		if p.phase == phaseStart {
			p.phase = phaseHTML
			return true
		}
		p.adopt(1, tok)
		return false
	case Head:
		if p.phase <= phaseHTML {
			p.openHTML(tok.start)
			p.phase = phaseHead
			return true
		}
		return false
	case Body, Frameset:
		p.openHead(tok.start)
		p.popTo(2, tok.start)
		p.phase = phaseBody
		return true
	}
	if f&fHead != 0 {
		p.openHead(tok.start)
	} else {
		p.openBody(tok.start)
	}
	return true
}

// adopt gives the attributes of a repeated html or body tag to the node at
// stack index s when that has none.
func (p *Parser) adopt(s int, tok *tagToken) {
	if len(p.stack) <= s || p.stack[s].tag != tok.tag {
		return
	}
	if n := &p.tree.Nodes[p.stack[s].node]; n.nattr == 0 {
		n.attr, n.nattr = tok.attrs, uint8(len(p.tree.attrs)-int(tok.attrs))
	}
}

// startOwn applies the rules that single tags have, and reports whether the tag
// is to be inserted.
func (p *Parser) startOwn(tok *tagToken) bool {
	at := tok.start
	cur := p.cur()
	switch tok.tag {
	case HTML:
		if p.phase != phaseHTML || len(p.stack) > 1 {
			p.adopt(1, tok)
			return false
		}
	case Body, Frameset:
		if p.top[Body]+p.top[Frameset] > 0 && tok.tag == Body {
			p.adopt(2, tok)
			return false
		}
		return p.phase == phaseBody && len(p.stack) == 2 || p.top[Frameset] > 0 || p.late(tok)
	case Head:
		return p.phase == phaseHead && p.top[Head] == 0
	case LI:
		p.closeItem(p.top[LI], at)
	case DD, DT:
		p.closeItem(max(p.top[DD], p.top[DT]), at)
	case H1, H2, H3, H4, H5, H6:
		if cur.tag >= H1 && cur.tag <= H6 {
			p.popTo(int32(len(p.stack)-1), at)
		}
	case A, Nobr:
		if s := p.top[tok.tag]; s > cur.scope {
			p.unlink(s, at)
		}
	case Button:
		if s := p.top[Button]; s != 0 && s > cur.scope {
			p.popTo(s, at)
		}
	case Image:
		tok.tag = Img
	case Frame:
		return p.top[Frameset] > 0
	default:
		return p.startPart(tok, cur)
	}
	return true
}

// late handles a body tag inside something before the body, such as an unclosed
// noscript in head.
func (p *Parser) late(tok *tagToken) bool {
	if p.phase == phaseBody {
		return false
	}
	p.popTo(2, tok.start)
	p.phase = phaseBody
	return true
}

// startPart handles tags that may stand only inside a certain parent: parts of
// tables, lists of options, ruby.
func (p *Parser) startPart(tok *tagToken, cur *entry) bool {
	at := tok.start
	switch tok.tag {
	case Option:
		if cur.tag == Option {
			p.popTo(int32(len(p.stack)-1), at)
		}
	case Optgroup:
		if s := max(p.top[Option], p.top[Optgroup]); s > p.top[Select] && s > cur.scope {
			p.popTo(min(orTop(p.top[Option]), orTop(p.top[Optgroup])), at)
		}
	case Select:
		if s := p.top[Select]; s > cur.scope {
			p.popTo(s, at)
			return false
		}
	case RB, RTC, RT, RP:
		if r := p.top[Ruby]; r > cur.scope && (cur.tag == RB || cur.tag == RT || cur.tag == RP) {
			p.popTo(int32(len(p.stack)-1), at)
		}
	case Form:
		if p.top[Form] > 0 && p.top[Template] < p.top[Form] {
			return false
		}
		if cur.tag == Table || cur.tag == TR || cur.tag == Tbody {
			p.addElement(tok, 0)
			return false
		}
	case Table:
		if cur.tag == Table {
			p.popTo(int32(len(p.stack)-1), at)
		}
	default:
		return p.startTable(tok.tag, at)
	}
	return true
}

func orTop(s int32) int32 {
	if s == 0 {
		return 1 << 30
	}
	return s
}

// startTable clears the stack for a part of a table: to the table for its
// groups, to the group for a row, to the row for a cell. Outside a table the
// tag is dropped, its content kept, as the standard does.
func (p *Parser) startTable(tag Tag, at int) bool {
	bar := p.cur().table
	if b := p.stack[bar].tag; b != Table && b != Template {
		return false
	}
	keep := bar
	switch tag {
	case TR:
		keep = max(keep, p.top[Tbody], p.top[Thead], p.top[Tfoot])
	case TD, TH:
		keep = max(keep, p.top[Tbody], p.top[Thead], p.top[Tfoot], p.top[TR])
	case Col:
		keep = max(keep, p.top[Colgroup])
	}
	if int(keep)+1 < len(p.stack) {
		p.popTo(keep+1, at)
	}
	return true
}

// closeP ends the open p, if one is in button scope.
func (p *Parser) closeP(at int) {
	if s := p.top[P]; s > p.cur().button {
		p.popTo(s, at)
	}
}

// closeItem ends the open li, dd or dt at stack index s unless something
// stronger is open inside it.
func (p *Parser) closeItem(s int32, at int) {
	if s != 0 && s >= p.cur().item {
		p.popTo(s, at)
	}
}
