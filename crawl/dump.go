package crawl

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"feilun"
	"feilun/internal/ledger"
	"feilun/internal/wikitext"
)

// A dump is a MediaWiki XML dump being read for one task. Text in such files
// has its angle brackets escaped, so that "<page" in the bytes always starts a
// page: a task's first page is the first in its range, whatever came before.
type dump struct {
	*job
	win    window
	site   site
	blocks *blockStream // of a bzip2 file
	page   wikiPage
	mine   bool // what stands between pages here is this task's to report
	buf    []byte
}

// headBytes is how much of a dump is read for its siteinfo.
const headBytes = 1 << 16

// dump reads the pages of the task's range.
func (j *job) dump() error {
	d := &dump{job: j}
	d.win.buf = j.scratch.window
	defer func() { j.scratch.window = d.win.kept() }()
	switch j.storage {
	case storedPlain:
		raw := &fileReader{file: j.file}
		d.win.reset(raw, 0)
		d.head()
		if j.task.Start > 0 {
			raw.off = j.task.Start
			d.win.reset(raw, raw.off)
		}
		d.pages()
		return raw.err
	case storedBzip2:
		return d.compressed()
	}
	r, err := j.stream(j.scratch)
	if err != nil {
		return err
	}
	d.win.reset(r, 0)
	d.head()
	d.task.End = 1 << 62
	d.pages()
	if j.err == nil && d.win.err != nil && d.win.err != io.EOF {
		at, _ := d.place()
		j.damaged(at, 0, reason(d.win.err))
	}
	return j.finish(r)
}

// head reads the siteinfo at the start of the file, which the window is on.
func (d *dump) head() {
	d.win.fill(headBytes)
	head := d.win.data()
	d.about(head[:min(len(head), headBytes)])
}

// about takes the siteinfo.
func (d *dump) about(head []byte) {
	d.site = siteOf(head)
	w := &d.scratch.wiki
	p := d.src.p
	w.Options = wikitext.Options{Language: d.site.language, Variant: p.Variant, DropTables: !p.Tables, KeepAppendices: p.Appendices, Namespaces: d.site.namespaces}
}

// compressed reads the blocks of a bzip2 file that start in the range, and as
// many more as the last page needs. Damage behind a block belongs to the task
// that has the block.
func (d *dump) compressed() error {
	b := d.job.blocks()
	d.blocks = b
	d.about(d.opened.head)
	b.start(0)
	d.win.reset(b, 0)
	if d.task.Start > 0 {
		first := b.r.Find(8*d.task.Start, d.task.End)
		if first < 0 {
			return b.r.Err()
		}
		b.at(first)
		d.win.reset(b, 0)
	}
	last := int64(-1)
	for d.pages() && d.err == nil && b.r.Err() == nil && b.gap {
		if last = max(last, b.lastBlock()); last >= d.task.End {
			break
		}
		from, lost, more := b.skipGap()
		if b.r.Err() != nil || !d.damaged(from, lost, "bzip2 block is damaged") || !more {
			break
		}
		d.win.reset(b, 0)
		d.mine = true
	}
	return b.r.Err()
}

// place returns where the window's first byte is stored, and its offset in the
// block there.
func (d *dump) place() (at, inner int64) {
	if d.blocks != nil {
		return d.blocks.place(d.win.off)
	}
	return d.win.off, 0
}

// pages reads pages until one belongs to the next task, or nothing more comes;
// more tells these apart.
func (d *dump) pages() (more bool) {
	for d.err == nil {
		found := d.between()
		if !found || d.err != nil {
			return d.err == nil
		}
		at, inner := d.place()
		if at >= d.task.End {
			return false
		}
		d.mine = true
		if !d.onePage(at, inner) {
			return d.err == nil
		}
	}
	return false
}

// between passes over what stands before the next page, and reports whether
// there is one. What is neither blank nor the head or end of a dump is damage.
func (d *dump) between() bool {
	at, _ := d.place()
	from, lost, text := d.win.off, int64(0), []byte(nil)
	found := false
	for !found {
		more := d.win.fill(1 << 16)
		b := d.win.data()
		i := pageStart(b)
		n := i
		if found = i >= 0; !found {
			if n = max(0, len(b)-len("<page>")); !more {
				n = len(b)
			}
		}
		if len(text) < 64 {
			text = append(text, bytes.TrimLeft(b[:n], " \t\r\n")...)
			text = text[:min(len(text), 1<<10)]
		}
		d.win.skip(n)
		if !found && !more {
			break
		}
	}
	lost = d.win.off - from
	if trimmed := bytes.TrimSpace(text); d.mine && len(trimmed) > 0 && !envelope(trimmed) {
		d.damaged(at, lost, "text between pages")
	}
	d.mine = d.mine && found
	return found
}

// pageStart returns the index of the next start tag of a page, or -1.
func pageStart(b []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("<page"))
		if i < 0 || from+i+5 >= len(b) {
			return -1
		}
		if c := b[from+i+5]; c == '>' || blank(c) {
			return from + i
		}
		from += i + 5
	}
}

// envelope reports the parts of a dump around its pages.
func envelope(text []byte) bool {
	for _, s := range []string{"</mediawiki", "<mediawiki", "<?xml", "<siteinfo", "<logitem"} {
		if bytes.HasPrefix(text, []byte(s)) {
			return true
		}
	}
	return false
}

// onePage reads the page at the window's start. It reports whether the stream
// may go on.
func (d *dump) onePage(at, inner int64) bool {
	limit := d.src.p.MaxBody
	from := 5
	for want := 1 << 16; ; want *= 2 {
		more := d.win.fill(min(want, limit+16))
		b := d.win.data()
		end, until := bytes.Index(b[min(from, len(b)):], []byte("</page>")), len(b)
		if end >= 0 {
			end += from + 7
			until = end
		}
		next := pageStart(b[5:until])
		switch {
		case end >= 0 && next < 0 && end <= limit:
			ok := d.offer(b[:end], at, inner)
			d.win.skip(end)
			return ok
		case next >= 0 && next+5 <= limit:
			ok := d.damaged(at, int64(next+5), "page has no end")
			d.win.skip(next + 5)
			return ok
		case len(b) > limit:
			return d.tooLong(at, inner)
		case !more:
			ok := d.damaged(at, int64(len(b)), "page is cut off")
			d.win.skip(len(b))
			return ok
		}
		from = max(5, len(b)-7)
	}
}

// tooLong passes over a page of more than max_body bytes.
func (d *dump) tooLong(at, inner int64) bool {
	b := d.win.data()
	d.parse(b[:d.src.p.MaxBody], at, inner)
	row := d.page.row
	from := d.win.off
	d.win.skip(5)
	for more := true; more; {
		more = d.win.fill(1 << 16)
		b := d.win.data()
		end, next := bytes.Index(b, []byte("</page>")), pageStart(b)
		if end >= 0 && (next < 0 || end < next) {
			d.win.skip(end + 7)
			break
		}
		if next >= 0 {
			d.win.skip(next)
			break
		}
		if n := len(b) - 7; more && n > 0 {
			d.win.skip(n)
		} else if !more {
			d.win.skip(len(b))
		}
	}
	row.Bytes = d.win.off - from
	row.Rule, row.Value, row.Limit = "max_body", float64(row.Bytes), float64(d.src.p.MaxBody)
	return d.dropped(row)
}

// offer yields the page in b, or reports why it is no document.
func (d *dump) offer(b []byte, at, inner int64) bool {
	p := &d.page
	d.parse(b, at, inner)
	if p.id == "" || !p.hasText {
		return d.damaged(at, int64(len(b)), "page without id or text")
	}
	cfg := &d.src.p
	drop := func(rule string, value float64, note string) bool {
		p.row.Rule, p.row.Value, p.row.Note = rule, value, note
		return d.dropped(p.row)
	}
	d.buf = unescape(d.buf[:0], p.text)
	text := strings.ToValidUTF8(string(d.buf), "\uFFFD")
	switch {
	case !slices.Contains(cfg.Namespaces, p.ns):
		return drop("namespaces", float64(p.ns), "")
	case !slices.Contains(cfg.Models, p.model):
		return drop("models", 0, p.model)
	case !cfg.Redirects && (p.redirect || redirects(text)):
		return drop("redirects", 0, "")
	case !cfg.Disambiguation && p.model == modelWikitext && wikitext.Disambiguation(p.title, text):
		return drop("disambiguation", 0, "")
	}
	if p.model == modelWikitext {
		d.scratch.wiki.Page = p.title
		text = d.scratch.wiki.Text(text)
	}
	if text == "" {
		return drop(RuleRecordType, 0, "page without text")
	}
	d.fill.empty(at, int64(len(b)))
	doc := &d.fill.d
	doc.ID, doc.URL, doc.Title, doc.Text = p.row.ID, p.row.URL, p.title, text
	doc.Date, doc.Language = day(p.timestamp), d.site.language
	if d.site.name != "" {
		doc.Source = d.site.name
	}
	return d.give(doc)
}

// parse reads a page's fields and prepares its ledger row.
func (d *dump) parse(b []byte, at, inner int64) {
	p := &d.page
	p.read(b)
	if p.ns < 0 {
		p.ns = d.site.namespace(p.title)
	}
	id := d.site.name
	if id == "" {
		id = d.fill.source
	}
	if id += ":" + p.id; p.id == "" {
		id = d.fill.source + ":" + strconv.FormatInt(at, 10) + "+" + strconv.FormatInt(inner, 10)
	}
	p.row = ledger.Row{
		ID: id, URL: d.site.url(p.title), Record: feilun.Record{File: d.task.File, Offset: at},
		Stage: Stage, Bytes: int64(len(b)),
	}
}
