package html

// entry is one open element. The indices below point into the stack and make
// every question about scopes a comparison: 0 stands for none.
type entry struct {
	node  int32
	prev  int32 // open element of the same tag below
	key   uint64
	tag   Tag
	dead  bool // ended by a tag across a block: goes with that block
	inner bool // content is foreign (svg, math)
	bars
}

// bars are, for an entry, the nearest entries at or below it of some kinds.
type bars struct {
	scope, button, list, table int32 // bounds of the standard's scopes
	special, item              int32 // bounds for inline end tags, for li, dd, dt
}

// push opens the element at node. foreign says that its content is svg or math.
func (p *Parser) push(node int32, tag Tag, key uint64, foreign bool) {
	if len(p.stack) >= p.MaxDepth {
		p.tree.Truncated = true
		p.tree.Nodes[node].End = node + 1
		return
	}
	at := int32(len(p.stack))
	e := entry{node: node, tag: tag, key: key, prev: p.top[tag], inner: foreign}
	if at > 0 {
		e.bars = p.stack[at-1].bars
	}
	f := tagFlags[tag]
	if f&fScope != 0 {
		e.scope, e.button, e.list = at, at, at
		if f&fTable != 0 {
			e.table = at
		}
	}
	switch tag {
	case Button:
		e.button = at
	case OL, UL:
		e.list = at
	}
	if f&fSpecial != 0 {
		e.special = at
		if f&fWeak == 0 {
			e.item = at
		}
	}
	p.top[tag] = at
	p.stack = append(p.stack, e)
}

// popTo closes the open elements from stack index s up; offset is where in the
// source they end. The document, index 0, stays open.
func (p *Parser) popTo(s int32, offset int) {
	end := int32(len(p.tree.Nodes))
	at := int32(len(p.stack)) - 1
	for ; at > 0 && (at >= s || p.stack[at].dead); at-- {
		e := &p.stack[at]
		p.tree.Nodes[e.node].End = end
		p.tree.Nodes[e.node].Close = int32(offset)
		p.top[e.tag] = e.prev
	}
	p.stack = p.stack[:at+1]
}

// unlink closes the formatting elements from stack index s to the first block
// above it, and hands that block, which stays open, to the parent of s. The
// standard would copy the formatting elements into the block.
func (p *Parser) unlink(s int32, offset int) {
	b := s + 1
	for b < int32(len(p.stack)) && tagFlags[p.stack[b].tag]&fSpecial == 0 {
		b++
	}
	if b == int32(len(p.stack)) {
		p.popTo(s, offset)
		return
	}
	block := p.stack[b].node
	for i := s; i < b; i++ {
		n := &p.tree.Nodes[p.stack[i].node]
		n.End, n.Close = block, p.tree.Nodes[block].Start
	}
	p.tree.Nodes[block].Parent = p.stack[s-1].node
	p.moved = append(p.moved[:0], p.stack[b:]...)
	for at := int32(len(p.stack)) - 1; at >= s; at-- {
		p.top[p.stack[at].tag] = p.stack[at].prev
	}
	p.stack = p.stack[:s]
	for _, e := range p.moved {
		p.push(e.node, e.tag, e.key, e.inner)
		p.stack[len(p.stack)-1].dead = e.dead
	}
}

// cur returns the innermost open element.
func (p *Parser) cur() *entry { return &p.stack[len(p.stack)-1] }
