package crawl

import (
	"bytes"
	"io"
)

// A window is the part of a byte stream that is being parsed. Slices of it are
// valid until the next fill, skip or reset.
type window struct {
	src      io.Reader
	buf      []byte
	pos, end int   // buf[pos:end] is read from src and not yet skipped
	off      int64 // offset in the stream of buf[pos]
	err      error // why src gives no more: io.EOF, or damage
	own      []byte
	lent     bool // buf belongs to somebody else, own is ours
}

const firstWindow = 1 << 17 // bytes; grows with the records

// reset starts on another stream whose first byte has offset off.
func (w *window) reset(src io.Reader, off int64) {
	if w.lent {
		w.buf, w.lent = w.own, false
	}
	w.src, w.pos, w.end, w.off, w.err = src, 0, 0, off, nil
}

// load starts on a stream that is there whole. The window does not change b
// nor keep it beyond the next load or reset.
func (w *window) load(b []byte) {
	if !w.lent {
		w.own = w.buf
	}
	w.buf, w.pos, w.end, w.off, w.err, w.lent = b, 0, len(b), 0, io.EOF, true
}

// kept returns the window's own buffer, for another window.
func (w *window) kept() []byte {
	if w.lent {
		return w.own
	}
	return w.buf
}

// data returns what has been read and not skipped.
func (w *window) data() []byte { return w.buf[w.pos:w.end] }

// fill reads until n bytes are there, and reports whether they are.
func (w *window) fill(n int) bool {
	for w.end-w.pos < n && w.err == nil {
		w.room(n)
		k, err := w.src.Read(w.buf[w.end:])
		w.end += k
		w.err = err
	}
	return w.end-w.pos >= n
}

// room makes space behind end, moving or growing the buffer when n bytes from
// pos do not fit.
func (w *window) room(n int) {
	if w.pos > 0 && (w.pos == w.end || w.pos+n > len(w.buf)) {
		w.end = copy(w.buf, w.buf[w.pos:w.end])
		w.pos = 0
	}
	if n > len(w.buf) || w.end == len(w.buf) {
		grown := make([]byte, max(firstWindow, 2*len(w.buf), n+n/4))
		copy(grown, w.buf[:w.end])
		w.buf = grown
	}
}

// skip drops the next n bytes, which must have been read.
func (w *window) skip(n int) {
	w.pos += n
	w.off += int64(n)
}

// skipBlank drops line ends, spaces and NUL padding, and reports whether
// anything follows.
func (w *window) skipBlank() bool {
	for w.fill(1) {
		d := w.data()
		for i, c := range d {
			if c != '\r' && c != '\n' && c != 0 && c != ' ' && c != '\t' {
				w.skip(i)
				return true
			}
		}
		w.skip(len(d))
	}
	return false
}

// seek drops the first byte and all that follow until a record starts, and
// reports whether one does. A find less than lookahead bytes before the window's end is looked at again with more
// bytes, so that the outcome does not depend on how the stream is cut up.
func (w *window) seek(f format) bool {
	for from := 1; ; {
		more := w.fill(1 << 16)
		d := w.data()
		i := find(f, d, min(from, len(d)), !more)
		switch {
		case i >= 0 && (!more || i+lookahead <= len(d)):
			w.skip(i)
			return true
		case !more:
			w.skip(len(d))
			return false
		case i < 0:
			i = len(d) - lookahead
		}
		w.skip(i)
		from = 0
	}
}

// find returns the index in b of the next record start at from or later, or -1.
// last says that nothing follows b, so that what looks like a start has to be
// one.
func find(f format, b []byte, from int, last bool) int {
	for {
		i := f.find(b, from)
		if i < 0 || !last || f.starts(b[i:]) {
			return i
		}
		from = i + 1
	}
}

// headerEnd returns the length of a header block including the empty line that
// ends it, or -1. Lines end in CR LF or LF.
func headerEnd(b []byte) int {
	for i := 0; ; {
		k := bytes.IndexByte(b[i:], '\n')
		if k < 0 {
			return -1
		}
		i += k + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i + 2
		}
	}
}

// A fields walks the lines of a header block: name, colon, value, with values
// folded over several lines joined by a space.
type fields struct{ rest, folded []byte }

// next returns the next field, both parts trimmed; a line without a colon has
// an empty name. ok is false at the end.
func (f *fields) next() (name, value []byte, ok bool) {
	if len(f.rest) == 0 {
		return nil, nil, false
	}
	line := f.line()
	if i := bytes.IndexByte(line, ':'); i >= 0 {
		name, value = trim(line[:i]), trim(line[i+1:])
	} else {
		value = trim(line)
	}
	for len(f.rest) > 0 && (f.rest[0] == ' ' || f.rest[0] == '\t') {
		f.folded = append(append(append([]byte(nil), value...), ' '), trim(f.line())...)
		value = trim(f.folded)
	}
	return name, value, true
}

func (f *fields) line() []byte {
	i := bytes.IndexByte(f.rest, '\n')
	line := f.rest
	if i < 0 {
		f.rest = nil
		return line
	}
	line, f.rest = f.rest[:i], f.rest[i+1:]
	return line
}

// trim drops blanks at both ends. The common case has one or none.
func trim(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 }

// is reports whether b is the ASCII word, which must be in lower case, in any
// case.
func is(b []byte, word string) bool {
	return len(b) == len(word) && hasPrefix(b, word)
}

// hasPrefix reports whether b begins with the lower-case ASCII word in any
// case.
func hasPrefix(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	for i := range len(word) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}
