package crawl

import (
	"bytes"
	"io"
)

// Kinds of content a file may hold.
const (
	kindWARC    = "warc"
	kindARC     = "arc"
	kindHTML    = "html"
	kindText    = "text"
	kindJSONL   = "jsonl"
	kindParquet = "parquet"
)

// A stored file is one of these, whatever it holds.
const (
	storedPlain = iota
	storedGzip
	storedZstd
)

// storage tells from a file's first bytes how it is compressed.
func storage(head []byte) int {
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return storedGzip
	case bytes.HasPrefix(head, zstdMagic), skippable(head):
		return storedZstd
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
	case "auto":
	default:
		return source
	}
	head = bytes.TrimPrefix(head, bom)
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case (warcFormat{}).starts(head):
		return kindWARC
	case (arcFormat{}).starts(head):
		return kindARC
	case bytes.HasPrefix(head, []byte("PAR1")):
		return kindParquet
	case bytes.HasPrefix(text, []byte("{")):
		return kindJSONL
	case bytes.HasPrefix(text, []byte("<")):
		return kindHTML
	}
	return kindText
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
}

// sniff looks at a file's first bytes, decompressed where need be.
func sniff(file io.ReaderAt, size int64, source string, k *scratch) (opened, error) {
	o := opened{scratch: k, file: file, size: size}
	head := make([]byte, lookahead)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return o, err
	}
	head = head[:n]
	o.storage = storage(head)
	if o.storage != storedPlain {
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
	o.kind = content(source, head)
	return o, nil
}

// stream returns the decompressed content from the start to the end.
func (o *opened) stream(fast *scratch) (io.Reader, error) {
	if o.storage == storedPlain {
		return &fileReader{file: o.file}, nil
	}
	m, err := o.members(nil, fast)
	if err != nil {
		return nil, err
	}
	m.at(0)
	m.next()
	return m, nil
}
