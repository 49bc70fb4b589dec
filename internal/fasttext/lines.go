package fasttext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds the memory that one line of training text can take.
const maxLine = 1 << 28

// A lineReader splits text into lines. The last one may lack its line feed.
type lineReader struct {
	r          io.Reader
	buf        []byte
	start, end int
	eof        bool
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: r, buf: make([]byte, 1<<18)} }

// next returns a line without its line feed, valid until the next call, and
// whether it had one; io.EOF behind the last line.
func (l *lineReader) next() (line []byte, ended bool, err error) {
	for seen := 0; ; {
		if i := bytes.IndexByte(l.buf[l.start+seen:l.end], '\n'); i >= 0 {
			line = l.buf[l.start : l.start+seen+i]
			l.start += seen + i + 1
			return line, true, nil
		}
		if l.eof {
			if l.start == l.end {
				return nil, false, io.EOF
			}
			line = l.buf[l.start:l.end]
			l.start = l.end
			return line, false, nil
		}
		seen = l.end - l.start
		if err := l.fill(); err != nil {
			return nil, false, err
		}
	}
}

// fill moves what is left to the front of the buffer, and reads on.
func (l *lineReader) fill() error {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		if len(l.buf) >= maxLine {
			return fmt.Errorf("a line of more than %d MiB", maxLine>>20)
		}
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	for range 100 {
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		if errors.Is(err, io.EOF) {
			l.eof = true
			return nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// AppendLine appends the line of training text for a document: the label, the
// text with line feeds as spaces, a line feed. What prediction would not read
// is left out: tokens that look like labels, and all from a token "</s>" on.
// The label is written with its "__label__", which it may lack.
func AppendLine(dst []byte, label, text string) []byte {
	if !strings.HasPrefix(label, labelMark) {
		dst = append(dst, labelMark...)
	}
	dst = append(dst, label...)
	for at := 0; at < len(text); {
		if blank[text[at]] {
			at++
			continue
		}
		start := at
		for at < len(text) && !blank[text[at]] {
			at++
		}
		word := text[start:at]
		if word == eos {
			break
		}
		if !strings.HasPrefix(word, labelMark) {
			dst = append(append(dst, ' '), word...)
		}
	}
	return append(dst, '\n')
}
