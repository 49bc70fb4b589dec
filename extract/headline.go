package extract

import "feilun/internal/html"

// headline scores the page's headline by a forest of its own, learned from
// headlines alone, each page's alike. The trees of all blocks, which weigh by
// words, hardly hear seven words of four hundred (docs/log/extract.md).
func (x *Extractor) headline() {
	if i := x.headlineBlock(x.name); i >= 0 {
		x.odds[i] = x.heads.Score(x.rows[i*x.width : (i+1)*x.width])
	}
}

// headlineBlock returns the first heading, h1 to h3, that is the title or that the page's
// declared titles start with, or -1.
func (x *Extractor) headlineBlock(title string) int {
	for i := range x.blocks {
		b := &x.blocks[i]
		if r := roles[b.tag]; r < roles[html.H1] || r > roles[html.H3] {
			continue
		}
		if text := x.buf[b.from:b.to]; string(text) == title || x.titleMatch(text, &b.count) >= 2 {
			return i
		}
	}
	return -1
}
