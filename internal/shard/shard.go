// Package shard stores documents between stages: one JSON object a line, in a
// zstd stream, fields in fixed order, so that equal documents are equal bytes
// and "zstdcat" shows them. Write with a Writer, read with Docs. Pages that are
// not extracted yet are not stored.
package shard

import (
	"io"

	"feilun"

	"github.com/klauspost/compress/zstd"
)

// A Writer writes documents in order.
type Writer struct {
	z   *zstd.Encoder
	buf []byte
}

// NewWriter returns a Writer on w. Close it to finish the stream.
func NewWriter(w io.Writer) (*Writer, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, err
	}
	return &Writer{z: z}, nil
}

// Write adds one document.
func (w *Writer) Write(d *feilun.Doc) error {
	w.buf = append(AppendDoc(w.buf[:0], d), '\n')
	_, err := w.z.Write(w.buf)
	return err
}

// Close finishes the stream; it does not close the underlying writer.
func (w *Writer) Close() error { return w.z.Close() }
