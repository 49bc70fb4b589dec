package extract

import (
	"bytes"

	"feilun/internal/html"
)

// Longest table cell and list item that are written on one line with others,
// or with a bullet; longer ones are layout and stand as paragraphs.
const (
	maxCell = 160
	maxItem = 600
)

// render writes the kept blocks to x.out: paragraphs apart by a blank line,
// lines that only br parts on lines of their own, list items as "- item",
// cells of one table row joined by " | ", verbatim text as it stands.
func (x *Extractor) render() {
	x.out = x.out[:0]
	last := -1
	for i := range x.blocks {
		if !x.keep[i] {
			continue
		}
		b := &x.blocks[i]
		text := x.buf[b.from:b.to]
		if b.verbatim {
			text = bytes.TrimRight(text, " \t\n")
		}
		if last >= 0 {
			x.out = append(x.out, x.between(last, i)...)
		}
		if x.bullet(i) && !x.sameItem(last, i) {
			x.out = append(x.out, "- "...)
		}
		x.out = append(x.out, text...)
		last = i
	}
}

// between returns what stands between the kept blocks i and j.
func (x *Extractor) between(i, j int) string {
	a, b := &x.blocks[i], &x.blocks[j]
	switch {
	case a.row > 0 && a.row == b.row && a.box != b.box && x.cell(a) && x.cell(b):
		return " | "
	case a.row > 0 && b.row > 0 && x.cell(a) && x.cell(b) && x.tree.Nodes[a.row].Parent == x.tree.Nodes[b.row].Parent:
		return "\n"
	case a.box == b.box && b.brs == 1 && j == i+1:
		return "\n"
	case x.bullet(i) && x.bullet(j) && x.list(i) == x.list(j):
		return "\n"
	}
	return "\n\n"
}

// cell reports whether a block is a short and whole table cell.
func (x *Extractor) cell(b *block) bool {
	t := x.tree.Nodes[b.box].Tag
	return (t == html.TD || t == html.TH) && x.sums[b.box].blocks == 1 && b.count.chars <= maxCell
}

// item returns the li around block i, 0 when it is not in one.
func (x *Extractor) item(i int) int32 {
	at := x.blocks[i].box
	for k := 0; k < 4 && at > 0; k++ {
		if x.tree.Nodes[at].Tag == html.LI {
			return at
		}
		at = x.up(at)
	}
	return 0
}

// bullet reports whether block i is a plain list item.
func (x *Extractor) bullet(i int) bool {
	li := x.item(i)
	return li > 0 && x.sums[li].chars <= maxItem && x.sums[li].first-1 == int32(i)
}

func (x *Extractor) list(i int) int32 { return x.up(x.item(i)) }

func (x *Extractor) sameItem(i, j int) bool {
	return i >= 0 && x.item(i) == x.item(j)
}
