// Package ledger records what a run dropped, cut or could not read, one JSON
// line per event in zstd files beside the shards, so that "feilun why" and
// "feilun dropped" can answer. Write rows with a Writer, read them with Rows.
package ledger

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"feilun"

	"github.com/klauspost/compress/zstd"
)

// A Row is one event. For a cut, Start and End are the byte span in the text
// before the edit; for damage, Record.Offset and Bytes say what was lost.
type Row struct {
	ID       string        `json:"id,omitempty"`
	URL      string        `json:"url,omitempty"`
	Record   feilun.Record `json:"record"`
	Stage    string        `json:"stage"`
	Filter   string        `json:"filter,omitempty"`
	Rule     string        `json:"rule"`
	Value    float64       `json:"value"`
	Limit    float64       `json:"limit"`
	Note     string        `json:"note,omitempty"`     // what was found; for damage, what was wrong
	Survivor string        `json:"survivor,omitempty"` // id of the copy that stayed
	Language string        `json:"language,omitempty"` // of a document that was dropped, where it was told
	Cut      bool          `json:"cut,omitempty"`      // a piece went, the document stayed
	Start    int           `json:"start,omitempty"`
	End      int           `json:"end,omitempty"`
	Bytes    int64         `json:"bytes,omitempty"` // lost, dropped or cut
	Sample   string        `json:"sample,omitempty"`
}

// A Writer writes rows in order.
type Writer struct {
	z   *zstd.Encoder
	buf []byte
}

// NewWriter returns a Writer on w. Close it to finish the stream.
func NewWriter(w io.Writer) (*Writer, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	return &Writer{z: z}, nil
}

// Write adds one row.
func (w *Writer) Write(r Row) error {
	b, err := appendRow(w.buf[:0], &r)
	if err != nil {
		return err
	}
	w.buf = append(b, '\n')
	_, err = w.z.Write(w.buf)
	return err
}

// Close finishes the stream; it does not close the underlying writer.
func (w *Writer) Close() error { return w.z.Close() }

// Rows yields the rows of a ledger file in order. An error comes once, last.
func Rows(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer z.Close()
		in := bufio.NewReaderSize(z, 1<<16)
		for n := 1; ; n++ {
			line, err := in.ReadBytes('\n')
			if err == io.EOF && len(line) == 0 {
				return
			}
			if err != nil && err != io.EOF {
				yield(Row{}, fmt.Errorf("row %d: %w", n, err))
				return
			}
			var row Row
			if err := json.Unmarshal(line, &row); err != nil {
				yield(Row{}, fmt.Errorf("row %d: %w", n, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
