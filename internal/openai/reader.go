package openai

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxEvent is the longest event that is read, in bytes.
const maxEvent = 4 << 20

// An Event is a server-sent event.
type Event struct {
	ID, Name string
	Data     []byte // lines joined; good until the next call
}

// A Reader reads server-sent events as the HTML standard has them, with lines that end in
// any of its three ways. Beyond it, an event that the end of the stream cuts is given, too:
// servers forget the last empty line.
type Reader struct {
	in    *bufio.Reader
	data  []byte
	line  []byte
	skip  bool // a line feed that belongs to a carriage return
	first bool
}

// NewReader returns a reader of events.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 16<<10), first: true}
}

// Next returns the next event that has data. The end of the stream is [io.EOF].
func (r *Reader) Next() (Event, error) {
	e := Event{}
	r.data = r.data[:0]
	some := false
	for {
		line, err := r.readLine()
		if err != nil && !(err == io.EOF && len(line) > 0) {
			if err == io.EOF && some {
				e.Data = r.data
				return e, nil
			}
			return Event{}, err
		}
		if len(line) == 0 {
			if some {
				e.Data = r.data
				return e, nil
			}
			e = Event{}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "data", "error": // llama.cpp had lines of error
			if string(field) == "error" {
				e.Name = "error"
			}
			if some {
				r.data = append(r.data, '\n')
			}
			some = true
			r.data = append(r.data, value...)
			if len(r.data) > maxEvent {
				return Event{}, tooLong()
			}
		case "event":
			e.Name = string(value)
		case "id":
			e.ID = string(value)
		}
	}
}

func tooLong() error { return fmt.Errorf("%w: it is longer than %d bytes", ErrMalformed, maxEvent) }

// readLine returns a line without its end. Before io.EOF it may return a line that has none.
func (r *Reader) readLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && len(r.line) > 0 {
				return r.trimmed(), io.EOF
			}
			return nil, err
		}
		skip := r.skip
		r.skip = false
		switch {
		case b == '\n' && skip:
		case b == '\n' || b == '\r':
			r.skip = b == '\r'
			return r.trimmed(), nil
		default:
			if r.line = append(r.line, b); len(r.line) > maxEvent {
				return nil, tooLong()
			}
		}
	}
}

// trimmed returns the line, the stream's first one without a byte order mark.
func (r *Reader) trimmed() []byte {
	if r.first {
		r.first = false
		return bytes.TrimPrefix(r.line, []byte("\ufeff"))
	}
	return r.line
}
