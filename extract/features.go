package extract

// A row collects the columns of one block, in the order in which features fills
// them: the block itself, its place, its containers, repeated structure,
// candidates, its neighbours, and what all blocks of a page share.
type row struct {
	v []int16
}

func (r *row) put(vs ...int16) { r.v = append(r.v, vs...) }

func (r *row) count(v int32) { r.v = append(r.v, int16(max(-32000, min(32000, v)))) }

func (r *row) flag(b bool) {
	v := int16(0)
	if b {
		v = 1
	}
	r.v = append(r.v, v)
}

// share appends part of whole in thousandths, -1 for an empty whole.
func (r *row) share(part, whole int32) {
	if whole <= 0 {
		r.v = append(r.v, -1)
		return
	}
	r.v = append(r.v, int16(max(-32000, min(32000, int64(part)*1000/int64(whole)))))
}

// features fills x.rows with one row per block and sets x.width.
func (x *Extractor) features() {
	x.pageRow()
	r := row{x.rows[:0]}
	before, paras := int32(0), int32(0)
	for i := range x.blocks {
		start := len(r.v)
		x.ownColumns(&r, i)
		x.placeColumns(&r, i)
		x.containerColumns(&r, i)
		x.candidateColumns(&r, i)
		x.positionColumns(&r, i, before, paras)
		for _, d := range [...]int{-3, -2, -1, 1, 2, 3} {
			x.nearColumns(&r, i, i+d)
		}
		r.v = append(r.v, x.page...)
		x.width = len(r.v) - start
		before += x.blocks[i].count.chars
		if c := &x.blocks[i].count; c.chars >= 80 && c.linked*2 < c.chars {
			paras++
		}
	}
	x.rows = r.v
}

func (x *Extractor) ownColumns(r *row, i int) {
	b := &x.blocks[i]
	c := &b.count
	r.count(c.chars)
	r.count(c.words - c.han/3)
	r.share(c.linked, c.chars)
	r.share(c.bold, c.chars)
	r.share(c.marks, c.chars)
	r.share(c.commas, c.chars)
	r.share(c.digits, c.chars)
	r.share(c.upper, c.chars)
	r.share(c.han, c.letters())
	r.share(c.other, c.chars)
	r.share(c.letters(), c.words)
	r.count(c.marks)
	r.count(c.commas)
	text := x.buf[b.from:b.to]
	r.put(ending(text), opening(text), roles[b.tag], roles[x.tree.Nodes[b.box].Tag])
	r.count(int32(b.brs))
	r.flag(b.hr)
	r.flag(b.verbatim)
	r.put(b.again)
	r.put(x.phrases(text, c), x.titleMatch(text, c))
}

func (x *Extractor) placeColumns(r *row, i int) {
	p := &x.places[x.blocks[i].box]
	if n := x.tree.Nodes[x.blocks[i].node].Parent; x.places[n].box == x.blocks[i].box {
		p = &x.places[n]
	}
	all, near, own := p.all, p.near, p.own
	for k := range numMarks {
		bit := marks(1) << k
		v := int16(0)
		switch {
		case own&bit != 0:
			v = 3
		case near&bit != 0:
			v = 2
		case all&bit != 0:
			v = 1
		}
		r.put(v)
	}
	d := p.depth
	r.put(d, p.neg, p.pos, p.pos-p.neg)
	r.put(d-p.neg, d-p.pos)
}

func (x *Extractor) containerColumns(r *row, i int) {
	b := &x.blocks[i]
	at := b.box
	for level := range 5 {
		s := &x.sums[at]
		r.count(s.chars)
		r.share(s.linked, s.chars)
		r.count(s.blocks)
		r.share(s.chars, s.blocks)
		r.share(s.marks, s.chars)
		if level == 1 || level == 3 {
			r.share(b.count.chars, s.chars)
			r.share(x.prose[at], s.chars)
		}
		at = x.up(at)
	}
	g := &x.table[b.repeat]
	r.count(g.blocks)
	r.count(g.boxes)
	r.count(g.chars)
	r.share(g.linked, g.chars)
	r.share(g.chars, g.blocks)
	r.share(g.chars, x.sums[0].chars)
	r.flag(b.row > 0)
}

func (x *Extractor) candidateColumns(r *row, i int) {
	box := x.blocks[i].box
	r.put(x.apart(box, x.dense), x.apart(box, x.core))
	if x.frame > 0 {
		r.put(x.apart(box, x.frame))
	} else {
		r.put(-1)
	}
	r.share(x.score[x.up(box)], x.score[x.dense])
	r.share(x.score[box], x.score[x.dense])
	nodes := x.tree.Nodes
	d, c := &nodes[x.dense], &nodes[x.core]
	r.share(box-x.dense, d.End-x.dense)
	r.share(box-x.core, c.End-x.core)
}

func (x *Extractor) positionColumns(r *row, i int, before, paras int32) {
	all := &x.sums[0]
	r.share(int32(i), int32(len(x.blocks)))
	r.count(int32(i))
	r.count(int32(len(x.blocks) - i))
	r.share(before, all.chars)
	r.count(paras)
	r.count(x.paras - paras)
	r.count(int32(i - x.heading))
	r.count(int32(i - x.lastPara))
	r.flag(x.heading > 0)
}

// nearColumns describes the block j as a neighbour of i.
func (x *Extractor) nearColumns(r *row, i, j int) {
	if j < 0 || j >= len(x.blocks) {
		r.put(-1, -1, -1, -1, -1, -1)
		return
	}
	b := &x.blocks[j]
	r.count(b.count.chars)
	r.share(b.count.linked, b.count.chars)
	r.count(b.count.marks + b.count.commas)
	r.put(roles[b.tag])
	switch {
	case b.box == x.blocks[i].box:
		r.put(3)
	case x.up(b.box) == x.up(x.blocks[i].box):
		r.put(2)
	case x.within(b.box, x.up(x.up(x.blocks[i].box))):
		r.put(1)
	default:
		r.put(0)
	}
	r.put(x.places[b.box].depth - x.places[x.blocks[i].box].depth)
}
