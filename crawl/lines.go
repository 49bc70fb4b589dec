package crawl

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"feilun"
)

// A row is one document in JSON lines or Parquet. Of the fields, only text has
// to be there. Writers that nest metadata (datatrove, Dolma) put them in
// Metadata.
type row struct {
	Text     *string         `json:"text"`
	ID       json.RawMessage `json:"id"`
	URL      string          `json:"url"`
	Title    string          `json:"title"`
	Date     string          `json:"date"`
	Language string          `json:"language"`
	Source   string          `json:"source"`
	Metadata json.RawMessage `json:"metadata"`
}

// maxLine is the longest line of a JSON lines file; longer ones are damage.
const maxLine = 256 << 20

// lines reads JSON lines. Of a plain file, it reads the lines that start in the
// task's range.
func (j *job) lines() error {
	r, err := j.stream(j.scratch)
	if err != nil {
		return err
	}
	var win window
	line := int64(1)
	win.reset(r, 0)
	if j.task.Start > 0 {
		if line, err = j.lineNumber(); err != nil {
			return err
		}
		r.(*fileReader).off = j.task.Start - 1
		win.reset(r, j.task.Start-1)
		if !skipLine(&win) { // a line that starts before Start is the task's before
			return nil
		}
	}
	end := j.task.End
	if j.storage != storedPlain {
		end = 1 << 62
	}
	for ; win.off < end && win.fill(1); line++ {
		if !j.line(&win, line) {
			return nil
		}
	}
	return j.finish(r)
}

// finish closes a stream that was read to its end, reports bytes behind it that
// are not compressed, and returns the disk's error.
func (j *job) finish(r io.Reader) error {
	if b, ok := r.(*blockStream); ok {
		return j.finishBlocks(b)
	}
	m, ok := r.(*members)
	if !ok {
		return r.(*fileReader).err
	}
	defer m.close()
	if m.raw.err != nil || j.err != nil || m.err != nil && m.err != io.EOF {
		return m.raw.err
	}
	off, end, err := m.padding()
	if err == nil && !end {
		j.damaged(off, j.size-off, "no compressed member starts here")
	}
	return err
}

// lineNumber returns the number of the first line that starts at or behind the
// task's start.
func (j *job) lineNumber() (int64, error) {
	n := int64(1)
	buf := make([]byte, 1<<18)
	for off := int64(0); off < j.task.Start; {
		k, err := j.file.ReadAt(buf[:min(int64(len(buf)), j.task.Start-off)], off)
		if err != nil && err != io.EOF || k == 0 {
			return n, ignoreEOF(err)
		}
		off += int64(k)
		n += int64(bytes.Count(buf[:k], []byte("\n")))
		if off == j.task.Start && buf[k-1] != '\n' {
			n++
		}
	}
	return n, nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// skipLine drops the rest of a line, and reports whether another follows.
func skipLine(w *window) bool {
	for w.fill(1) {
		if i := bytes.IndexByte(w.data(), '\n'); i >= 0 {
			w.skip(i + 1)
			return w.fill(1)
		}
		w.skip(len(w.data()))
	}
	return false
}

// line reads one line as a document. Blank lines are passed over.
func (j *job) line(w *window, number int64) bool {
	n := -1
	for want := 1 << 16; n < 0; want *= 2 {
		more := w.fill(want)
		switch n = bytes.IndexByte(w.data(), '\n'); {
		case n >= 0:
		case !more && w.err != io.EOF:
			lost := int64(len(w.data()))
			w.skip(int(lost))
			return j.damaged(number, lost, reason(w.err)) && false
		case !more:
			n = len(w.data())
		case want >= maxLine:
			from := w.off
			skipLine(w)
			return j.damaged(number, w.off-from, "line is longer than 256 MiB")
		}
	}
	b := w.data()[:n]
	defer w.skip(min(n+1, len(w.data())))
	if number == 1 {
		b = bytes.TrimPrefix(b, bom)
	}
	if len(trim(b)) == 0 {
		return true
	}
	r, err := j.src.columns.parse(b)
	if err != nil {
		return j.damaged(number, int64(n), "not a JSON object with these fields: "+err.Error())
	}
	if r.Text == nil {
		return j.damaged(number, int64(n), "no field "+j.src.columns.names[0])
	}
	return j.row(&r, number)
}

// row yields a row as a document; its bytes are those of its text.
func (j *job) row(r *row, number int64) bool {
	text := strings.ToValidUTF8(*r.Text, "\uFFFD")
	j.fill.empty(number, int64(len(text)))
	d := &j.fill.d
	d.Text, d.URL, d.Title, d.Date, d.Language = text, r.URL, r.Title, day(r.Date), r.Language
	if r.Source != "" {
		d.Source = r.Source
	}
	if d.ID = IDText(r.ID); d.ID == "" {
		d.ID = j.fill.source + ":" + strconv.FormatInt(number, 10)
	}
	return j.give(d)
}

// nested fills empty fields from the metadata object.
func (r *row) nested() {
	var m row
	if json.Unmarshal(r.Metadata, &m) != nil {
		return // metadata of another shape says nothing to us
	}
	for _, p := range [][2]*string{{&r.URL, &m.URL}, {&r.Title, &m.Title}, {&r.Date, &m.Date}, {&r.Language, &m.Language}, {&r.Source, &m.Source}} {
		if *p[0] == "" {
			*p[0] = *p[1]
		}
	}
	if len(r.ID) == 0 {
		r.ID = m.ID
	}
}

// IDText returns the id that a JSON value stands for: the text of a string, a
// number as written, any other value as JSON without spaces, such as
// {"$oid":"5f1e"}. Null and no value are "".
func IDText(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// day returns the date part of a date that starts as YYYY-MM-DD, or "".
func day(s string) string {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return ""
	}
	for i := range 10 {
		if i != 4 && i != 7 && !digit(s[i]) {
			return ""
		}
	}
	return s[:10]
}

// whole reads a file that is one document: a page, or text. Text that is not
// UTF-8 becomes a page of type text/plain, so that extract decodes it.
func (j *job) whole() error {
	r, err := j.stream(j.scratch)
	if err != nil {
		return err
	}
	var win window
	win.reset(r, 0)
	limit := j.src.p.MaxBody
	for want := firstWindow; win.fill(min(want, limit+1)) && want <= limit; want *= 2 {
	}
	body, cut := win.data(), ""
	switch {
	case len(body) > limit:
		body, cut = body[:limit], cutLength
	case win.err != io.EOF && len(body) == 0:
		j.damaged(0, j.size, reason(win.err))
		return j.finish(r)
	case len(body) == 0: // compressed nothing holds no more than an empty file does
		return j.finish(r)
	case win.err != io.EOF:
		cut = cutEncoding
	}
	j.fill.whole(j.kind, body, cut)
	if !j.give(&j.fill.d) || cut == cutLength {
		return nil
	}
	if cut == cutEncoding {
		j.damaged(0, 0, reason(win.err))
	}
	return j.finish(r)
}

// whole fills the document from a file's content. The file's name is its id.
func (f *filler) whole(kind string, body []byte, cut string) {
	f.empty(0, int64(len(body)))
	f.d.ID = f.file
	if kind == kindText {
		if s, ok := wholeRunes(bytes.TrimPrefix(body, bom), cut != ""); ok {
			f.d.Text = s
			return
		}
	}
	f.page = feilun.Page{Body: body, Truncated: cut, ContentType: "text/html"}
	if kind == kindText {
		f.page.ContentType = "text/plain"
	}
	f.d.Page = &f.page
}
