package extract

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/html"
)

// Page extracts d.Page into d: Title, Text, Date, Canonical, Robots, Layout
// and, when asked for, Links. Documents without a page stay as they are. The
// verdict names the parameter that dropped the page; Note says what was found.
func (x *Extractor) Page(d *feilun.Doc) feilun.Verdict {
	if d.Page == nil {
		return feilun.Keep
	}
	body := d.Page.Body
	if len(body) > x.p.MaxBytes {
		return feilun.Drop("max_bytes", float64(len(body)), float64(x.p.MaxBytes))
	}
	kind := mediaType(body, d.Page.ContentType)
	if !slices.Contains(x.p.Types, kind) {
		v := feilun.Drop("types", 0, 0)
		v.Note = kind
		return v
	}
	if kind == "text/plain" {
		return x.plain(d)
	}
	x.read(d)
	if v := x.bounded(); !v.Kept() {
		return v
	}
	x.weigh()
	x.render()
	x.declared()
	x.fill(d)
	return x.enough(d)
}

// bounded holds the page to the limits on work.
func (x *Extractor) bounded() feilun.Verdict {
	if n := len(x.tree.Nodes); n > x.p.MaxNodes {
		return feilun.Drop("max_nodes", float64(n), float64(x.p.MaxNodes))
	}
	if n := len(x.blocks); n > x.p.MaxBlocks {
		return feilun.Drop("max_blocks", float64(n), float64(x.p.MaxBlocks))
	}
	return feilun.Keep
}

// plain takes the body as text.
func (x *Extractor) plain(d *feilun.Doc) feilun.Verdict {
	text, name, _ := x.decoder.Decode(d.Page.Body, d.Page.ContentType)
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	d.Text = string(bytes.TrimSpace(bytes.ToValidUTF8(text, []byte("\ufffd"))))
	d.Layout = feilun.Layout{Charset: name, Visible: visible(d.Text), Blocks: strings.Count(d.Text, "\n\n") + 1}
	return x.enough(d)
}

func visible(text string) int {
	n := 0
	for _, r := range text {
		if r > ' ' {
			n++
		}
	}
	return n
}

func (x *Extractor) enough(d *feilun.Doc) feilun.Verdict {
	if n := visible(d.Text); n < x.p.MinChars {
		return feilun.Drop("min_chars", float64(n), float64(x.p.MinChars))
	}
	return feilun.Keep
}

// fill writes what was found into the document.
func (x *Extractor) fill(d *feilun.Doc) {
	d.Text, d.Frame = string(x.out), x.around()
	d.Title = strings.ToValidUTF8(x.name, "\ufffd")
	d.Date = x.date(pathOf(d.URL))
	d.Canonical, d.Links = x.addresses(d.URL)
	if len(x.meta.robots) > 0 {
		if d.Robots != "" {
			d.Robots += ","
		}
		d.Robots += string(x.meta.robots)
	}
	d.Layout.Type = x.pageType()
	d.Layout.Visible, d.Layout.Linked = 0, 0
	for i := range x.blocks {
		c := &x.blocks[i].count
		d.Layout.Visible += int(c.letters())
		d.Layout.Linked += int(c.anchor)
	}
	d.Layout.Links, d.Layout.Blocks = x.links, len(x.blocks)
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

// weigh scores the blocks and chooses those to keep.
func (x *Extractor) weigh() {
	x.odds = x.model.ScoreAll(x.rows[:len(x.blocks)*x.width], x.width, x.odds[:0])
	x.together()
	x.comments()
	x.name = x.title()
	x.headline()
	x.choose(x.odds)
}

// together draws the scores of a list's items towards their mean, by half: a list
// stays or goes as a whole more often than the trees, which see items, would say.
func (x *Extractor) together() {
	for i := 0; i < len(x.blocks); {
		list := x.listAround(i)
		j := i + 1
		if list > 0 {
			for j < len(x.blocks) && x.listAround(j) == list {
				j++
			}
			sum, n := int64(0), int64(0)
			for k := i; k < j; k++ {
				w := int64(x.blocks[k].count.words) + 1
				sum, n = sum+w*int64(x.odds[k]), n+w
			}
			for k := i; k < j; k++ {
				x.odds[k] = int32((int64(x.odds[k]) + sum/n) / 2)
			}
		}
		i = j
	}
}

// listAround returns the nearest list around a block, or 0.
func (x *Extractor) listAround(i int) int32 {
	nodes := x.tree.Nodes
	for n := x.blocks[i].box; n > 0; n = nodes[n].Parent {
		switch nodes[n].Tag {
		case html.UL, html.OL, html.DL:
			return n
		case html.LI, html.DT, html.DD, html.P:
		default:
			return 0
		}
	}
	return 0
}

// pageTypes are the values of Layout.Type, in the order of the type forests.
var pageTypes = [...]string{"article", "docs", "forum", "collection", "listing", "product", "service"}

// pageType returns the type whose forest scores the page highest.
func (x *Extractor) pageType() string {
	best, name := int32(-1<<31), ""
	for i, f := range x.types {
		if s := f.Score(x.page); s > best {
			best, name = s, pageTypes[i]
		}
	}
	return name
}
