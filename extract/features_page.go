package extract

import (
	"bytes"
	"unicode/utf8"

	"feilun/internal/html"
)

// pageRow fills x.page, the columns that all blocks of the page share, and
// finds the heading that repeats the title and the last paragraph.
func (x *Extractor) pageRow() {
	r := row{x.page[:0]}
	all := &x.sums[0]
	r.count(all.chars / 16)
	r.share(all.linked, all.chars)
	r.count(all.blocks)
	r.share(all.chars, all.blocks)
	r.share(x.sums[x.dense].chars, all.chars)
	r.share(x.sums[x.core].chars, all.chars)
	r.share(x.sums[x.frame].chars, all.chars)
	r.share(x.sums[x.dense].linked, x.sums[x.dense].chars)
	r.share(x.sums[x.core].linked, x.sums[x.core].chars)
	r.share(x.sums[x.frame].linked, x.sums[x.frame].chars)
	r.count(x.sums[x.dense].chars)
	r.count(x.sums[x.core].chars)
	r.share(x.prose[0], all.chars)
	r.put(x.places[x.dense].depth, x.places[x.core].depth)
	r.share(x.classes, int32(len(x.tree.Nodes)))
	r.count(int32(len(x.tree.Nodes)) / 8)
	x.tally(&r)
	r.put(int16(x.meta.kind), int16(x.meta.types&0x7fff))
	for k := range 8 {
		r.put(int16(x.meta.types >> k & 1))
	}
	for k := range 7 {
		r.put(int16(x.meta.era >> k & 1))
	}
	r.share(x.secure, x.secure+x.insecure)
	r.share(x.secure+x.insecure, int32(x.links))
	r.flag(len(x.meta.body) > 200)
	r.flag(x.frame > 0)
	x.page = r.v
}

// kindsOf are the hints whose share of the page's text is a column.
var kindsOf = [...]marks{inTable, markComment | markReply, markThread, markProduct, markItem, markQuestion, markUser, inArticle}

// tally counts kinds of blocks, and notes heading and paragraphs.
func (x *Extractor) tally(r *row) {
	var kinds [len(kindsOf)]int32
	var item, pre, long, han, heads, price, dates int32
	x.heading, x.lastPara, x.paras = 0, 0, 0
	for i := range x.blocks {
		b := &x.blocks[i]
		c := &b.count
		m := x.places[b.box].all
		for k, hint := range kindsOf {
			add(&kinds[k], c.chars, m&hint != 0)
		}
		add(&item, c.chars, b.tag == html.LI)
		add(&pre, c.chars, b.verbatim)
		add(&long, c.chars, c.chars >= 200)
		add(&han, c.chars, c.han*2 > c.letters())
		add(&heads, 1, b.tag >= html.H1 && b.tag <= html.H6)
		add(&dates, 1, m&markDate != 0)
		text := x.buf[b.from:b.to]
		add(&price, 1, c.chars < 24 && (bytes.IndexByte(text, '$') >= 0 || index(text, "€") >= 0 || index(text, "£") >= 0))
		if x.heading == 0 && i > 0 && x.titleMatch(text, c) > 1 {
			x.heading = i
		}
		if c.chars >= 80 && c.linked*2 < c.chars {
			x.paras++
			x.lastPara = i
		}
	}
	all := x.sums[0].chars
	for _, n := range kinds {
		r.share(n, all)
	}
	for _, n := range [...]int32{item, pre, long, han} {
		r.share(n, all)
	}
	r.count(heads)
	r.count(price)
	r.count(dates)
	r.count(x.paras)
}

func add(sum *int32, n int32, is bool) {
	if is {
		*sum += n
	}
}

// titleMatch compares a block with the page's title: 3 equal, 2 the title
// starts with it, 1 one holds the other, 0 neither; blocks over 200 characters
// are not compared.
func (x *Extractor) titleMatch(text []byte, c *counts) int16 {
	if c.chars > 200 || c.words < 2 {
		return 0
	}
	best := int16(0)
	for _, t := range [...][]byte{x.meta.title, x.meta.ogTitle} {
		switch {
		case len(t) < 4:
		case bytes.Equal(t, text):
			return 3
		case bytes.HasPrefix(t, text):
			best = max(best, 2)
		case bytes.Contains(t, text) || bytes.Contains(text, t):
			best = max(best, 1)
		}
	}
	return best
}

// ending tells how a text ends: 4 full stop, 3 question or exclamation, 2
// colon, 1 another mark, 0 a letter or digit.
func ending(text []byte) int16 {
	for len(text) > 0 {
		r, n := utf8.DecodeLastRune(text)
		switch r {
		case '"', '\'', ')', ']', '”', '’', '」', '』', '）':
			text = text[:len(text)-n]
			continue
		case '.', '。':
			return 4
		case '!', '?', '！', '？', '…':
			return 3
		case ':', '：':
			return 2
		case ',', ';', '，', '；', '、', '|', '>', '»', '›', '→', '-':
			return 1
		}
		return 0
	}
	return 0
}

// opening tells what a text starts with: 1 small letter, 2 capital, 3 digit, 4
// bullet or arrow, 5 copyright sign, 6 bracket, 7 Han, 0 other.
func opening(text []byte) int16 {
	r, _ := utf8.DecodeRune(text)
	switch {
	case r >= 'a' && r <= 'z':
		return 1
	case r >= 'A' && r <= 'Z':
		return 2
	case r >= '0' && r <= '9':
		return 3
	case r == '•' || r == '·' || r == '»' || r == '›' || r == '>' || r == '→' || r == '-' || r == '|' || r == '*':
		return 4
	case r == '©':
		return 5
	case r == '(' || r == '[' || r == '（' || r == '【' || r == '「':
		return 6
	case isHan(r):
		return 7
	}
	return 0
}
