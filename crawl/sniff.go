package crawl

import (
	"bytes"
	"io"

	"feilun/internal/bzip2"
)

// Kinds of content a file may hold.
const (
	kindWARC    = "warc"
	kindARC     = "arc"
	kindHTML    = "html"
	kindText    = "text"
	kindJSONL   = "jsonl"
	kindJSON    = "json" // lists of objects, or objects on several lines
	kindParquet = "parquet"
	kindWiki    = "mediawiki"
	kindEPUB    = "epub"
	kindBook    = "book"
	kindIndex   = "index" // of a multistream dump: offset, id and title of each page
	kind7z      = "7z"
)

// A stored file is one of these, whatever it holds.
const (
	storedPlain = iota
	storedGzip
	storedZstd
	storedBzip2
)

// storage tells from a file's first bytes how it is compressed.
func storage(head []byte) int {
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return storedGzip
	case bytes.HasPrefix(head, zstdMagic), skippable(head):
		return storedZstd
	case bzip2.Header(head):
		return storedBzip2
	}
	return storedPlain
}

// content tells from a file's first decompressed bytes what it holds, as far as
// source leaves that open.
func content(source string, head []byte) string {
	switch source {
	case "warc", "commoncrawl":
		if (arcFormat{}).starts(head) {
			return kindARC
		}
		return kindWARC
	case kindWiki:
		if wikiIndex(head) {
			return kindIndex
		}
		return source
	case kindJSONL:
		if jsonStart(bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")) {
			return kindJSON
		}
		return source
	case "auto":
		return detect(bytes.TrimPrefix(head, bom))
	}
	return source
}

// detect tells from first bytes alone.
func detect(head []byte) string {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case (warcFormat{}).starts(head):
		return kindWARC
	case (arcFormat{}).starts(head):
		return kindARC
	case bytes.HasPrefix(head, []byte("PAR1")):
		return kindParquet
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return kindEPUB
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")):
		return kind7z
	case wikiStart(text):
		return kindWiki
	case wikiIndex(head):
		return kindIndex
	case jsonStart(text):
		return kindJSON
	case bytes.HasPrefix(text, []byte("{")):
		return kindJSONL
	case bytes.HasPrefix(text, []byte("<")):
		return kindHTML
	case gutenberg(head):
		return kindBook
	}
	return kindText
}

// wikiStart reports whether a file starts as a MediaWiki dump does.
func wikiStart(text []byte) bool {
	if bytes.HasPrefix(text, []byte("<?xml")) {
		i := bytes.Index(text, []byte("?>"))
		if i < 0 {
			return false
		}
		text = bytes.TrimLeft(text[i+2:], " \t\r\n")
	}
	return bytes.HasPrefix(text, []byte("<mediawiki"))
}

// wikiIndex reports lines such as 616:10:Title.
func wikiIndex(head []byte) bool {
	for range 2 {
		i := bytes.IndexByte(head, ':')
		if i < 1 || i > 18 || len(bytes.Trim(head[:i], "0123456789")) > 0 {
			return false
		}
		head = head[i+1:]
	}
	return bytes.IndexByte(head, '\n') > 0
}

var bom = []byte("\xef\xbb\xbf")

// formatOf returns the record format of an archive.
func formatOf(kind string) format {
	if kind == kindARC {
		return arcFormat{}
	}
	return warcFormat{}
}

// An opened file is ready to be read.
type opened struct {
	*scratch
	file    io.ReaderAt
	size    int64
	storage int
	kind    string
	head    []byte // of a bzip2 file, decompressed
}

// sniff looks at a file's first bytes, decompressed where need be.
func sniff(file io.ReaderAt, size int64, p Params, k *scratch) (opened, error) {
	o := opened{scratch: k, file: file, size: size}
	head := make([]byte, lookahead)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return o, err
	}
	head = head[:n]
	o.storage = storage(head)
	switch o.storage {
	case storedPlain:
	case storedBzip2:
		if head, err = o.firstBlock(); err != nil {
			return o, err
		}
		o.head = head
	default:
		m, err := o.members(warcFormat{}, nil)
		if err != nil {
			return o, err
		}
		m.at(0)
		m.next()
		head = m.held
		if m.raw.err != nil {
			return o, m.raw.err
		}
	}
	o.kind = content(p.Source, head)
	if o.kind == kindText && p.Source == "auto" && p.Chapters && hasChapter(head) {
		o.kind = kindBook
	}
	return o, nil
}

// stream returns the decompressed content from the start to the end.
func (o *opened) stream(fast *scratch) (io.Reader, error) {
	switch o.storage {
	case storedPlain:
		return &fileReader{file: o.file}, nil
	case storedBzip2:
		b := o.blocks()
		b.start(0)
		return b, nil
	}
	m, err := o.members(nil, fast)
	if err != nil {
		return nil, err
	}
	m.at(0)
	m.next()
	return m, nil
}
