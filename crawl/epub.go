package crawl

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"feilun"
	"feilun/internal/charset"
	"feilun/internal/html"
	"feilun/internal/ledger"
)

// Limits of a book: real ones stay far below.
const (
	maxBookFiles = 20_000   // entries of the zip
	maxBookBytes = 64 << 20 // decompressed bytes of all chapters
	maxPackage   = 8 << 20  // bytes of the package document
)

// bookMemory is what reading books keeps from one to the next.
type bookMemory struct {
	decoder charset.Decoder
	parser  html.Parser
	buf     []byte
}

// An epub is a book being read.
type epub struct {
	*job
	zip     *zip.Reader
	names   map[string]*zip.File
	pack    bookPackage
	left    int64 // bytes that may still be decompressed
	chapter int
	stored  int64 // bytes of chapters not given yet
	text    []byte
	title   string // of the chapter
}

// epub reads a book: zip, container, package, and the chapters in the order of
// the spine.
func (j *job) epub() error {
	raw := &readerAt{file: j.file}
	if j.storage != storedPlain {
		j.damaged(0, j.size, "an EPUB is not compressed again")
		return nil
	}
	z, err := zip.NewReader(raw, j.size)
	if raw.err != nil {
		return raw.err
	}
	if err != nil {
		j.damaged(0, j.size, "not a readable zip file: "+err.Error())
		return nil
	}
	if len(z.File) > maxBookFiles {
		j.damaged(0, j.size, fmt.Sprintf("zip has %d entries, more than %d", len(z.File), maxBookFiles))
		return nil
	}
	e := &epub{job: j, zip: z, left: maxBookBytes, names: map[string]*zip.File{}}
	for _, f := range z.File {
		if name := strings.ToLower(path.Clean(f.Name)); e.names[name] == nil {
			e.names[name] = f
		}
	}
	e.read()
	return raw.err
}

func (e *epub) read() {
	rows := func(rule, note string) {
		e.dropped(ledger.Row{
			ID: e.fill.file, Record: feilun.Record{File: e.task.File}, Stage: Stage, Rule: rule, Note: note, Bytes: e.size,
		})
	}
	root, err := e.root()
	if err != nil {
		if _, ok := e.names["mimetype"]; ok || e.src.p.Source == kindEPUB {
			rows(RuleDamaged, err.Error())
		} else {
			e.zipped(e.zip)
		}
		return
	}
	b, err := e.file(root, maxPackage)
	if err == nil {
		err = e.pack.read(b, path.Dir(root))
	}
	switch {
	case errors.Is(err, errKey) || err == nil && e.locked():
		rows(RuleEncrypted, e.pack.title)
		return
	case err != nil:
		rows(RuleDamaged, err.Error())
		return
	}
	for _, name := range e.pack.spine {
		if !e.part(name) {
			return
		}
	}
	e.flush(true)
}

// root returns the name of the package document.
func (e *epub) root() (string, error) {
	b, err := e.file("META-INF/container.xml", maxPackage)
	if err != nil {
		return "", err
	}
	return rootFile(b)
}

// file decompresses an entry of at most so many bytes. The result is valid
// until the next call.
func (e *epub) file(name string, limit int64) ([]byte, error) {
	f := e.names[strings.ToLower(path.Clean(name))]
	if f == nil {
		return nil, fmt.Errorf("%s is not in the book", name)
	}
	if f.Flags&1 != 0 {
		return nil, errKey
	}
	if limit = min(limit, e.left); limit <= 0 {
		return nil, errors.New("book is longer than 64 MiB")
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	buf := e.books.buf[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		e.books.buf = buf
		e.left -= int64(n)
		switch {
		case int64(len(buf)) > limit:
			return nil, fmt.Errorf("%s is longer than %d bytes", name, limit)
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
}

var errKey = errors.New("book is encrypted")

// locked reports whether a chapter is encrypted. Obfuscated fonts, the only
// encryption in open books, do not matter.
func (e *epub) locked() bool {
	if _, ok := e.names["meta-inf/rights.xml"]; ok {
		return true // Adobe's and Apple's key files
	}
	if _, ok := e.names["meta-inf/sinf.xml"]; ok {
		return true
	}
	b, err := e.file("META-INF/encryption.xml", maxPackage)
	if err != nil {
		return errors.Is(err, errKey)
	}
	locked := encrypted(b)
	for _, name := range e.pack.spine {
		if f := e.names[strings.ToLower(name)]; locked[strings.ToLower(name)] || f != nil && f.Flags&1 != 0 {
			return true
		}
	}
	return false
}

// part reads one file of the spine.
func (e *epub) part(name string) bool {
	b, err := e.file(name, int64(e.src.p.MaxBody))
	if err != nil {
		return e.damaged(0, 0, err.Error())
	}
	m := &e.books
	size := int64(len(b))
	source, _, _ := m.decoder.Decode(b, "application/xhtml+xml")
	if e.src.p.Chapters {
		if !e.flush(false) {
			return false
		}
	}
	e.stored += size
	p := printer{tree: m.parser.Parse(openTags(source))}
	p.out = e.text
	p.print()
	e.text = p.out
	if e.title == "" {
		e.title = p.heading
	}
	return true
}

// flush yields what was read as a document. A part without text, such as a
// cover, goes with the next.
func (e *epub) flush(last bool) bool {
	if len(e.text) == 0 && (!last || e.chapter > 0) {
		return true
	}
	e.fill.empty(0, e.stored)
	d := &e.fill.d
	d.ID, d.Text, d.Title = e.fill.file, strings.TrimSpace(string(e.text)), e.pack.name()
	d.Date, d.Language = e.pack.date, e.pack.language
	if e.src.p.Chapters {
		e.chapter++
		d.ID += "#" + strconv.Itoa(e.chapter)
		d.Title = cmp.Or(e.title, d.Title)
	}
	e.text, e.title, e.stored = e.text[:0], "", 0
	if d.Text == "" {
		return e.dropped(ledger.Row{
			ID: d.ID, Record: d.Record, Stage: Stage, Rule: RuleRecordType, Note: "book without text", Bytes: d.Stored,
		})
	}
	return e.give(d)
}
