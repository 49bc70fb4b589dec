package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"feilun"
	"feilun/internal/shard"

	"github.com/klauspost/compress/gzip"
	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// Read yields the documents of a file of any writer: Parquet with a text
// column, or JSON lines with a text field, plain, gzip or zstd, told by its
// first bytes. Known columns fill the document, others are passed over. A
// document without id is named by file and place, counted from 1. A line or
// row that is no document is an error that names it; an error comes once,
// last, with a nil document.
func Read(name string) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		stopped := false
		base := filepath.Base(name)
		err = read(f, func(d *feilun.Doc, n int) bool {
			if d.ID == "" {
				d.ID = base + ":" + strconv.Itoa(n)
			}
			if d.Source == "" {
				d.Source = base
			}
			stopped = !yield(d, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, fmt.Errorf("%s: %w", name, err))
		}
	}
}

func read(f *os.File, give func(d *feilun.Doc, n int) bool) error {
	in := bufio.NewReaderSize(f, 1<<18)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	if string(head) == "PAR1" {
		return readParquet(f, give)
	}
	plain, done, err := Plain(in)
	if err != nil {
		return err
	}
	defer done()
	return readLines(plain, give)
}

// Plain undoes gzip or zstd, told by the first bytes. Call done when finished.
func Plain(r io.Reader) (plain *bufio.Reader, done func(), err error) {
	in := bufio.NewReaderSize(r, 1<<18)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, 1<<18), func() { z.Close() }, nil
	case string(head) == "\x28\xb5\x2f\xfd":
		z, err := kzstd.NewReader(in, kzstd.WithDecoderConcurrency(1), kzstd.WithDecoderMaxMemory(1<<31))
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, 1<<18), z.Close, nil
	}
	return in, func() {}, nil
}

func readLines(in *bufio.Reader, give func(d *feilun.Doc, n int) bool) error {
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) > 0 {
			d := new(feilun.Doc)
			if bad := parseLine(line, d); bad != nil {
				return fmt.Errorf("line %d: %w", n, bad)
			}
			if !give(d, n) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// A foreign is a line that our own writers did not write.
type foreign struct {
	ID         any     `json:"id"`
	URL        string  `json:"url"`
	Text       *string `json:"text"`
	Title      string  `json:"title"`
	Date       string  `json:"date"`
	Language   string  `json:"language"`
	Script     string  `json:"script"`
	Confidence float64 `json:"confidence"`
	Source     string  `json:"source"`
}

func parseLine(line []byte, d *feilun.Doc) error {
	if shard.Scan(bytes.TrimRight(line, "\n"), d) && (d.Text != "" || bytes.Contains(line, []byte(`"text":`))) {
		return nil
	}
	var v foreign
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return fmt.Errorf("not a JSON object with these fields: %w", err)
	}
	if v.Text == nil {
		return fmt.Errorf("no text: each line needs a field \"text\"")
	}
	*d = feilun.Doc{URL: v.URL, Text: *v.Text, Title: v.Title, Date: v.Date, Language: v.Language,
		Script: v.Script, Confidence: v.Confidence, Source: v.Source}
	if v.ID != nil {
		d.ID = fmt.Sprint(v.ID)
	}
	return nil
}

func readParquet(f *os.File, give func(d *feilun.Doc, n int) bool) (err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged pages
			err = fmt.Errorf("damaged Parquet file: %v", p)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pq, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return err
	}
	fill, err := columns(pq.Schema())
	if err != nil {
		return err
	}
	n := 0
	for _, g := range pq.RowGroups() {
		more, err := readGroup(g, fill, &n, give)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func readGroup(g parquet.RowGroup, fill map[int]func(*feilun.Doc, parquet.Value), n *int, give func(d *feilun.Doc, n int) bool) (more bool, err error) {
	rows := g.Rows()
	defer rows.Close()
	buf := make([]parquet.Row, 64)
	for {
		k, err := rows.ReadRows(buf)
		for _, values := range buf[:k] {
			*n++
			d := new(feilun.Doc)
			for _, v := range values {
				if set := fill[v.Column()]; set != nil && !v.IsNull() {
					set(d, v)
				}
			}
			if !give(d, *n) {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("row %d: %w", *n+1, err)
		}
	}
}

// columns says how each known leaf column fills a document.
func columns(s *parquet.Schema) (map[int]func(*feilun.Doc, parquet.Value), error) {
	text := func(to func(*feilun.Doc) *string) func(*feilun.Doc, parquet.Value) {
		return func(d *feilun.Doc, v parquet.Value) { *to(d) = strings.ToValidUTF8(v.String(), "\ufffd") }
	}
	known := map[string]func(*feilun.Doc, parquet.Value){
		"id":       text(func(d *feilun.Doc) *string { return &d.ID }),
		"url":      text(func(d *feilun.Doc) *string { return &d.URL }),
		"text":     text(func(d *feilun.Doc) *string { return &d.Text }),
		"title":    text(func(d *feilun.Doc) *string { return &d.Title }),
		"date":     text(func(d *feilun.Doc) *string { return &d.Date }),
		"language": text(func(d *feilun.Doc) *string { return &d.Language }),
		"script":   text(func(d *feilun.Doc) *string { return &d.Script }),
		"source":   text(func(d *feilun.Doc) *string { return &d.Source }),
		"confidence": func(d *feilun.Doc, v parquet.Value) {
			switch v.Kind() {
			case parquet.Double:
				d.Confidence = v.Double()
			case parquet.Float:
				d.Confidence = float64(v.Float())
			}
		},
	}
	fill := map[int]func(*feilun.Doc, parquet.Value){}
	has := false
	for i, path := range s.Columns() {
		if len(path) == 1 {
			fill[i] = known[path[0]]
			has = has || path[0] == "text"
		}
	}
	if !has {
		return nil, fmt.Errorf("no column \"text\"")
	}
	return fill, nil
}
