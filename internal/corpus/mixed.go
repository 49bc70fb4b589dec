package corpus

import (
	"fmt"
	"io"
	"strings"

	"feilun"
	"feilun/internal/shard"

	kzstd "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// A MixedRow is one document of a mixed corpus: the columns of Row, the name of
// the mix's source it came from, and which copy it is, from 0.
type MixedRow struct {
	ID         string  `parquet:"id"`
	URL        string  `parquet:"url"`
	Text       string  `parquet:"text"`
	Title      string  `parquet:"title"`
	Date       string  `parquet:"date"`
	Language   string  `parquet:"language,dict"`
	Script     string  `parquet:"script,dict"`
	Confidence float64 `parquet:"confidence"`
	Source     string  `parquet:"source,dict"`
	Origin     string  `parquet:"origin,dict"`
	Epoch      int32   `parquet:"epoch"`
}

// A MixedWriter writes one file of a mixed corpus.
type MixedWriter struct {
	pq    *parquet.GenericWriter[MixedRow]
	z     *kzstd.Encoder
	held  int // bytes of text of the row group
	batch []MixedRow
	fresh int // bytes of text of the batch
	line  []byte
}

// NewMixedWriter returns a MixedWriter of format "parquet" or "jsonl" on w.
func NewMixedWriter(w io.Writer, format string) (*MixedWriter, error) {
	switch format {
	case "jsonl":
		z, err := kzstd.NewWriter(w, kzstd.WithEncoderConcurrency(1))
		return &MixedWriter{z: z}, err
	case "parquet":
		return &MixedWriter{pq: parquet.NewGenericWriter[MixedRow](w,
			parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}),
			parquet.CreatedBy("feilun", feilun.Version, "0"))}, nil
	}
	return nil, fmt.Errorf("corpus format %q is neither parquet nor jsonl", format)
}

// Write adds one copy of a document.
func (w *MixedWriter) Write(d *feilun.Doc, origin string, epoch int) error {
	if w.z != nil {
		w.line = appendRow(w.line[:0], d)
		w.line = shard.AppendString(append(w.line[:len(w.line)-1], `,"origin":`...), origin)
		w.line = fmt.Appendf(w.line, ",\"epoch\":%d}\n", epoch)
		_, err := w.z.Write(w.line)
		return err
	}
	valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
	w.batch = append(w.batch, MixedRow{valid(d.ID), valid(d.URL), valid(d.Text), valid(d.Title), valid(d.Date),
		valid(d.Language), valid(d.Script), d.Confidence, valid(d.Source), origin, int32(epoch)})
	w.fresh += len(d.Text)
	if w.fresh < batchBytes {
		return nil
	}
	if err := w.push(); err != nil || w.held < groupBytes {
		return err
	}
	w.held = 0
	return w.pq.Flush()
}

// push hands the batch to the Parquet writer.
func (w *MixedWriter) push() error {
	_, err := w.pq.Write(w.batch)
	clear(w.batch)
	w.held += w.fresh
	w.batch, w.fresh = w.batch[:0], 0
	return err
}

// Close finishes the file; it does not close the underlying writer.
func (w *MixedWriter) Close() error {
	if w.z != nil {
		return w.z.Close()
	}
	if err := w.push(); err != nil {
		return err
	}
	return w.pq.Close()
}
