// Package corpus writes and reads the files of a finished corpus: Parquet that
// common loaders open, or JSON lines in zstd, with the same columns in the same
// order (see docs/formats/corpus.md). Equal documents give equal bytes. Write
// with a Writer, read with Docs.
package corpus

import (
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"feilun"
	"feilun/internal/shard"

	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// A Row is one document of a corpus.
type Row struct {
	ID         string  `parquet:"id"`
	URL        string  `parquet:"url"`
	Text       string  `parquet:"text"`
	Title      string  `parquet:"title"`
	Date       string  `parquet:"date"`
	Language   string  `parquet:"language,dict"`
	Script     string  `parquet:"script,dict"`
	Confidence float64 `parquet:"confidence"`
	Source     string  `parquet:"source,dict"`
}

// A scoredRow is a row with the score of a quality model, null where none was asked.
type scoredRow struct {
	Row
	Score *float64 `parquet:"score,optional"`
}

const (
	// groupBytes is the text of one Parquet row group, which a writer holds in
	// memory until it is full.
	groupBytes = 16 << 20
	// batchBytes is the text handed to the Parquet writer at once.
	batchBytes = 1 << 20
)

// A Writer writes one corpus file.
type Writer struct {
	pq     *parquet.GenericWriter[Row]
	scored *parquet.GenericWriter[scoredRow] // in place of pq, with scores
	z      *kzstd.Encoder
	scores bool
	held   int // bytes of text of the row group
	batch  []Row
	marks  []*float64 // scores of the batch
	fresh  int        // bytes of text of the batch
	line   []byte
}

// Ext returns the file extension of a format, "parquet" or "jsonl".
func Ext(format string) string {
	if format == "jsonl" {
		return ".jsonl.zst"
	}
	return ".parquet"
}

// NewWriter returns a Writer of format "parquet" or "jsonl" on w.
func NewWriter(w io.Writer, format string) (*Writer, error) { return newWriter(w, format, false) }

// NewScoredWriter is [NewWriter] with one more column: the documents' scores.
func NewScoredWriter(w io.Writer, format string) (*Writer, error) { return newWriter(w, format, true) }

func newWriter(w io.Writer, format string, scores bool) (*Writer, error) {
	options := []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}), parquet.CreatedBy("feilun", feilun.Version, "0"),
	}
	switch {
	case format == "jsonl":
		z, err := kzstd.NewWriter(w, kzstd.WithEncoderConcurrency(1))
		return &Writer{z: z, scores: scores}, err
	case format == "parquet" && scores:
		return &Writer{scored: parquet.NewGenericWriter[scoredRow](w, options...), scores: true}, nil
	case format == "parquet":
		return &Writer{pq: parquet.NewGenericWriter[Row](w, options...)}, nil
	}
	return nil, fmt.Errorf("corpus format %q is neither parquet nor jsonl", format)
}

// Write adds one document.
func (w *Writer) Write(d *feilun.Doc) error {
	if w.z != nil {
		w.line = appendRow(w.line[:0], d)
		if w.scores {
			w.line = appendScore(w.line[:len(w.line)-1], d)
		}
		w.line = append(w.line, '\n')
		_, err := w.z.Write(w.line)
		return err
	}
	valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
	w.batch = append(w.batch, Row{
		valid(d.ID), valid(d.URL), valid(d.Text), valid(d.Title), d.Date, d.Language, d.Script, d.Confidence, valid(d.Source),
	})
	w.marks = append(w.marks, d.Score)
	w.fresh += len(d.Text)
	if w.fresh < batchBytes {
		return nil
	}
	if err := w.push(); err != nil || w.held < groupBytes {
		return err
	}
	w.held = 0
	if w.scores {
		return w.scored.Flush()
	}
	return w.pq.Flush()
}

// push hands the batch to the Parquet writer.
func (w *Writer) push() error {
	var err error
	if w.scores {
		rows := make([]scoredRow, len(w.batch))
		for i, r := range w.batch {
			rows[i] = scoredRow{r, w.marks[i]}
		}
		_, err = w.scored.Write(rows)
	} else {
		_, err = w.pq.Write(w.batch)
	}
	clear(w.batch)
	w.held += w.fresh
	w.batch, w.marks, w.fresh = w.batch[:0], w.marks[:0], 0
	return err
}

// Close finishes the file; it does not close the underlying writer.
func (w *Writer) Close() error {
	if w.z != nil {
		return w.z.Close()
	}
	if err := w.push(); err != nil {
		return err
	}
	if w.scores {
		return w.scored.Close()
	}
	return w.pq.Close()
}

// appendScore puts the score behind the other columns of an open JSON object.
func appendScore(b []byte, d *feilun.Doc) []byte {
	if d.Score == nil {
		return append(b, `,"score":null}`...)
	}
	return append(strconv.AppendFloat(append(b, `,"score":`...), *d.Score, 'g', -1, 64), '}')
}

// appendRow appends the document as a JSON object with every column.
func appendRow(b []byte, d *feilun.Doc) []byte {
	for _, f := range []struct{ key, value string }{
		{`{"id":`, d.ID}, {`,"url":`, d.URL}, {`,"text":`, d.Text}, {`,"title":`, d.Title},
		{`,"date":`, d.Date}, {`,"language":`, d.Language}, {`,"script":`, d.Script},
	} {
		b = shard.AppendString(append(b, f.key...), f.value)
	}
	b = fmt.Appendf(b, `,"confidence":%v,"source":`, d.Confidence)
	return append(shard.AppendString(b, d.Source), '}')
}

// Files lists the corpus files of a folder in order.
func Files(dir string) ([]string, error) {
	var all []string
	for _, ext := range []string{"*.parquet", "*.jsonl.zst"} {
		names, err := filepath.Glob(filepath.Join(dir, ext))
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	if len(all) == 0 {
		if _, err := os.Stat(dir); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Docs yields the documents of one corpus file in order. An error comes once,
// last, with a nil document.
func Docs(name string) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		if strings.HasSuffix(name, ".parquet") {
			parquetDocs(f, yield)
			return
		}
		for d, err := range shard.Docs(f) {
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func parquetDocs(f *os.File, yield func(*feilun.Doc, error) bool) {
	r := parquet.NewGenericReader[Row](f)
	defer r.Close()
	rows := make([]Row, 256)
	for {
		n, err := r.Read(rows)
		for _, row := range rows[:n] {
			d := &feilun.Doc{
				ID: row.ID, URL: row.URL, Text: row.Text, Title: row.Title, Date: row.Date,
				Language: row.Language, Script: row.Script, Confidence: row.Confidence, Source: row.Source,
			}
			if !yield(d, nil) {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
	}
}
