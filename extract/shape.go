package extract

import "feilun/internal/html"

// A sum is what the blocks below an element hold together.
type sum struct {
	chars, linked, words, marks, blocks int32

	first int32 // first block below, counted from 1
}

func (s *sum) add(o *sum) {
	s.chars += o.chars
	s.linked += o.linked
	s.words += o.words
	s.marks += o.marks
	s.blocks += o.blocks
	if s.first == 0 || o.first < s.first {
		s.first = o.first
	}
}

// A group is what the blocks with one path of tags and hints hold together.
type group struct {
	key           uint32
	blocks, boxes int32
	lastBox       int32
	chars, linked int32
}

// shape sums blocks over the tree, groups repeated structure and finds the
// candidate containers.
func (x *Extractor) shape() {
	nodes := x.tree.Nodes
	x.sums = grow(x.sums, len(nodes))
	clear(x.sums)
	for i := range x.blocks {
		b := &x.blocks[i]
		c := &b.count
		x.sums[b.box].add(&sum{c.chars, c.linked, c.words, c.marks + c.commas, 1, int32(i) + 1})
	}
	for i := len(nodes) - 1; i > 0; i-- {
		if x.sums[i].blocks > 0 {
			x.sums[nodes[i].Parent].add(&x.sums[i])
		}
	}
	x.groups()
	x.repeats()
	x.dense = x.density()
	x.core = x.descend()
	x.frame = x.semantic()
}

// maxTries bounds the search in a table; behind it, entries share a place, which
// only pages made to collide reach.
const maxTries = 64

// groups fills the table of repeated structure and points blocks into it.
func (x *Extractor) groups() {
	size := 16
	for size < 2*len(x.blocks) {
		size *= 2
	}
	x.table = grow(x.table, size)
	clear(x.table)
	for i := range x.blocks {
		b := &x.blocks[i]
		key := x.places[b.box].path | 1
		at := int(key*0x9e3779b1) & (size - 1)
		for tries := 0; x.table[at].key != 0 && x.table[at].key != key && tries < maxTries; tries++ {
			at = (at + 1) & (size - 1)
		}
		g := &x.table[at]
		if g.key == 0 || g.lastBox != b.box {
			g.boxes++
		}
		g.key, g.lastBox = key, b.box
		g.blocks++
		g.chars += b.count.chars
		g.linked += b.count.linked
		b.repeat = int32(at)
	}
}

// density finds the element whose paragraphs weigh most: each block of at
// least 25 characters gives its container 1 + commas + length/100 (at most 3),
// the next container up half of it; link text divides it. This is the classic
// scoring of arc90's Readability (2009), here over blocks.
func (x *Extractor) density() int32 {
	nodes := x.tree.Nodes
	x.score = grow(x.score, len(nodes))
	clear(x.score)
	best := int32(0)
	for i := range x.blocks {
		b := &x.blocks[i]
		if b.count.chars < 25 || x.places[b.box].all&markHidden != 0 {
			continue
		}
		v := 100 + 100*min(b.count.commas, 20) + min(b.count.chars, 300)
		v -= int32(int64(v) * int64(b.count.linked) / int64(b.count.chars))
		at := b.box
		if t := nodes[at].Tag; t != html.Div && t != html.TD && t != html.Section && t != html.Article {
			at = x.up(at)
		}
		x.score[at] += v
		if at = x.up(at); at > 0 {
			x.score[at] += v / 2
		}
	}
	for i := range x.score {
		if x.score[i] == 0 {
			continue
		}
		s := &x.sums[i]
		x.score[i] -= int32(int64(x.score[i]) * int64(s.linked) / int64(max(1, s.chars)))
		if m := x.places[i].own; m&negative != 0 && m&positive == 0 {
			x.score[i] /= 2
		} else if m&positive != 0 {
			x.score[i] += x.score[i] / 4
		}
		if x.score[i] > x.score[best] {
			best = int32(i)
		}
	}
	return best
}

// up returns the next block-level element around a box, 0 at the top.
func (x *Extractor) up(box int32) int32 {
	if box <= 0 {
		return 0
	}
	return x.places[x.tree.Nodes[box].Parent].box
}

// descend walks down from the top while one child holds at least four fifths
// of the running text.
func (x *Extractor) descend() int32 {
	nodes := x.tree.Nodes
	x.prose = grow(x.prose, len(nodes))
	clear(x.prose)
	for i := range x.blocks {
		if c := &x.blocks[i].count; c.chars >= 40 && c.linked*2 < c.chars && x.places[x.blocks[i].box].all&(inNav|inFooter|markHidden) == 0 {
			x.prose[x.blocks[i].box] += c.chars
		}
	}
	for i := len(nodes) - 1; i > 0; i-- {
		if x.prose[i] > 0 {
			x.prose[nodes[i].Parent] += x.prose[i]
		}
	}
	at := 0
	for {
		next := 0
		for c := at + 1; c < int(nodes[at].End); c = int(nodes[c].End) {
			if x.prose[c]*5 >= x.prose[0]*4 && x.prose[c] > 0 {
				next = c
				break
			}
		}
		if next == 0 {
			return int32(at)
		}
		at = next
	}
}

// semantic returns the element with the most text among those that say they
// are the article: itemprop articleBody first, then article, then main; 0 when
// none holds a fifth of the running text.
func (x *Extractor) semantic() int32 {
	best, rank := int32(0), 0
	for i := range x.tree.Nodes {
		if x.tree.Nodes[i].Kind != html.Element || x.sums[i].blocks == 0 {
			continue
		}
		m, r := x.places[i].own, 0
		switch {
		case m&(markArticle|markBody) == markArticle|markBody:
			r = 3
		case m&inArticle != 0:
			r = 2
		case m&inMain != 0:
			r = 1
		}
		if r == 0 || x.prose[i]*5 < x.prose[0] {
			continue
		}
		if r > rank || r == rank && x.prose[i] > x.prose[best] {
			best, rank = int32(i), r
		}
	}
	return best
}

// within reports whether node i lies in the subtree of root.
func (x *Extractor) within(i, root int32) bool {
	return i >= root && i < x.tree.Nodes[root].End
}

// apart counts the levels from root up to the first element that also holds i.
func (x *Extractor) apart(i, root int32) int16 {
	n := int16(0)
	for root > 0 && !x.within(i, root) && n < 12 {
		root = x.tree.Nodes[root].Parent
		n++
	}
	return n
}

// repeats counts for each block the earlier ones with the same text.
func (x *Extractor) repeats() {
	size := len(x.table)
	x.seen = grow(x.seen, size)
	clear(x.seen)
	for i := range x.blocks {
		b := &x.blocks[i]
		key := hash(x.buf[b.from:b.to])
		at := int(key) & (size - 1)
		for tries := 0; x.seen[at].n != 0 && x.seen[at].key != key && tries < maxTries; tries++ {
			at = (at + 1) & (size - 1)
		}
		b.again = x.seen[at].n
		x.seen[at].key = key
		x.seen[at].n = min(b.again+1, 1000)
	}
}

// A sight is how often a text was seen.
type sight struct {
	key uint32
	n   int16
}

// hash is FNV-1a over at most 256 bytes, mixed.
func hash(text []byte) uint32 {
	h := uint32(2166136261) ^ uint32(len(text))
	for _, c := range text[:min(len(text), 256)] {
		h = (h ^ uint32(c)) * 16777619
	}
	h ^= h >> 15
	return h * 0x2c1b3c6d
}
