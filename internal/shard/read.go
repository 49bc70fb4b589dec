package shard

import (
	"bufio"
	"fmt"
	"io"
	"iter"

	"feilun"

	"github.com/klauspost/compress/zstd"
)

// Docs yields the documents of a shard in order, each a fresh value. An error
// comes once, last, with a nil document.
func Docs(r io.Reader) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<31))
		if err != nil {
			yield(nil, err)
			return
		}
		defer z.Close()
		in := bufio.NewReaderSize(z, 1<<18)
		var long []byte
		for n := 1; ; n++ {
			line, err := readLine(in, &long)
			if err == io.EOF {
				return
			}
			d := new(feilun.Doc)
			if err == nil {
				err = parseDoc(line, d)
			}
			if err != nil {
				yield(nil, fmt.Errorf("document %d: %w", n, err))
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// readLine returns the next line without its line feed. A line longer than the
// reader's buffer is gathered in long.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		*long = (*long)[:0]
		for err == bufio.ErrBufferFull {
			*long = append(*long, line...)
			line, err = in.ReadSlice('\n')
		}
		*long = append(*long, line...)
		line = *long
	}
	if err == io.EOF {
		if len(line) == 0 {
			return nil, io.EOF
		}
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}
