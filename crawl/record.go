package crawl

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A record is one record of a WARC or ARC file. Its slices lie in the window.
type record struct {
	pos     int64 // offset in the stream the window shows
	header  []byte
	block   []byte // cut at the parser's limit
	length  int64  // of the block, whole
	typ     []byte // WARC-Type, or for ARC "response" or "filedesc"
	id      []byte
	url     []byte
	date    []byte // as stored
	ctype   []byte
	cut     []byte // WARC-Truncated
	payload []byte // WARC-Payload-Digest
	digest  []byte // WARC-Block-Digest
}

// An event is a record or a piece of damage; exactly one of rec and wrong is
// set.
type event struct {
	rec   *record
	pos   int64  // offset in the stream
	wrong string // what was damaged
	lost  int64  // bytes of the stream that no record holds because of it
	ended bool   // the stream could not be read on after it
}

// A format parses the records of a WARC or an ARC.
type format interface {
	// starts reports whether b, the first bytes of a stream, begin a record.
	// It may be given fewer bytes than the header has.
	starts(b []byte) bool
	// header parses the header at the start of b into rec, and returns its
	// length, or -1 if b does not hold it whole. length is the block's stated
	// length or -1.
	header(b []byte, rec *record) (n int, length int64)
	// find returns the index in b of the next thing that looks like a record's
	// first byte, at from or later, or -1.
	// At the end of b it may return something that more bytes would refute.
	find(b []byte, from int) int
	// separator is what stands between records, if that is distinctive.
	separator() []byte
}

const (
	maxHeader = 1 << 20 // longest record header
	lookahead = 512     // bytes by which find recognises a record
)

// A parser turns one stream into events.
type parser struct {
	win      window
	format   format
	maxBlock int  // longer blocks are cut
	whole    bool // a proper end of the stream is proof that nothing is missing
	rec      record
}

// run reads the stream to its end and reports its events in order, until emit
// returns false. A stream that ends with an error gives a last piece of damage
// at its position.
func (p *parser) run(emit func(event) bool) {
	for p.win.skipBlank() {
		p.win.fill(lookahead)
		if p.format.starts(p.win.data()) {
			if !p.record(emit) {
				return
			}
		} else if !p.lost(emit, "no record starts here") {
			return
		}
	}
	if p.win.err != io.EOF {
		emit(event{pos: p.win.off, wrong: reason(p.win.err), ended: true})
	}
}

// lost skips to the next record start behind the window's first byte and
// reports the loss.
func (p *parser) lost(emit func(event) bool, why string) bool {
	e := event{pos: p.win.off, wrong: why}
	if !p.win.seek(p.format) && p.win.err != io.EOF {
		e.wrong, e.ended = reason(p.win.err), true
		p.win.err = io.EOF
	}
	e.lost = p.win.off - e.pos
	return emit(e)
}

// record reads the record at the window's start.
func (p *parser) record(emit func(event) bool) bool {
	rec := &p.rec
	*rec = record{pos: p.win.off}
	n, length := -1, int64(-1)
	for want := 1 << 12; n < 0; want *= 2 {
		more := p.win.fill(want)
		n, length = p.format.header(p.win.data(), rec)
		if n < 0 && (!more || want >= maxHeader) {
			return p.lost(emit, "record header has no end")
		}
	}
	if length >= 0 && length <= int64(p.maxBlock) {
		if p.win.fill(n + int(length) + lookahead); p.clean(n + int(length)) {
			return p.keep(emit, n, int(length), "")
		}
	} else if length > int64(p.maxBlock) {
		p.win.fill(n + p.maxBlock + lookahead)
	}
	return p.guess(emit, n, length)
}

// clean reports whether a record may end at index i: line ends follow, then
// the next record or the stream's proper end.
func (p *parser) clean(i int) bool {
	d := p.win.data()
	if i > len(d) {
		return false
	}
	ends := i
	for ends < len(d) && ends < i+4 && (d[ends] == '\r' || d[ends] == '\n') {
		ends++
	}
	if ends == len(d) {
		return p.win.err == io.EOF
	}
	return p.format.starts(d[ends:])
}

// keep reports the record whose header and block lengths are known, with a
// remark as damage when the stored length was wrong.
func (p *parser) keep(emit func(event) bool, n, length int, remark string) bool {
	d := p.win.data()
	rec := &p.rec
	p.format.header(d, rec) // the window may have moved since
	rec.header, rec.block = d[:n], d[n:n+length:n+length]
	rec.length = int64(length)
	ok := emit(event{rec: rec, pos: rec.pos})
	pos := p.win.off
	p.win.skip(n + length)
	if ok && remark != "" {
		ok = emit(event{pos: pos, wrong: remark})
	}
	return ok
}

// guess decides where a record ends whose stated length does not lead to the
// next record. The evidence, best first: a length followed by exactly the
// separator; the place where the next record starts; the end of the stream.
func (p *parser) guess(emit func(event) bool, n int, length int64) bool {
	if length >= 0 && length <= int64(p.maxBlock) && p.separated(n+int(length)) {
		return p.keep(emit, n, int(length), "")
	}
	at := p.nextStart(n)
	d := p.win.data()
	switch {
	case at >= 0:
		end := at
		for end > n && end > at-4 && (d[end-1] == '\r' || d[end-1] == '\n') {
			end--
		}
		return p.keep(emit, n, end-n, wrongLength(length, end-n))
	case p.win.err == nil:
		return p.oversize(emit, n, length)
	case p.win.err != io.EOF:
		return p.rest(emit, reason(p.win.err))
	}
	end := len(d)
	for end > n && end > len(d)-4 && (d[end-1] == '\r' || d[end-1] == '\n') {
		end--
	}
	if stated := n + int(length); length >= 0 && stated <= len(d) {
		if stated < len(d) && (d[stated] == '\n' || d[stated] == '\r') {
			return p.keep(emit, n, int(length), "") // garbage follows
		}
	} else if sep := p.format.separator(); !p.whole && !complete(d[n:], sep) {
		return p.rest(emit, "record is cut short by the end of the file")
	}
	return p.keep(emit, n, end-n, wrongLength(length, end-n))
}

// complete reports whether a block that ends sooner than its record says, at
// the end of a file, is whole nevertheless: the separator follows, or it is an
// HTTP response whose own Content-Length is satisfied.
func complete(block, separator []byte) bool {
	if separator != nil && bytes.HasSuffix(block, separator) {
		return true
	}
	if !hasPrefix(block, "http/") {
		return false
	}
	n := httpHeader(block)
	f := fields{rest: block[:n]}
	for {
		name, value, ok := f.next()
		if !ok {
			return false
		}
		if is(name, "content-length") {
			length, ok := asciiDigits(value)
			return ok && int64(len(block)-n) >= length
		}
	}
}

func wrongLength(stated int64, found int) string {
	if stated < 0 {
		return fmt.Sprintf("no usable Content-Length; the block has %d bytes", found)
	}
	return fmt.Sprintf("Content-Length is %d; the block has %d bytes", stated, found)
}

// separated reports whether the record separator stands at index i, with
// anything behind it. After a separator at the very end of a damaged stream
// nothing says that the record is sound.
func (p *parser) separated(i int) bool {
	d, sep := p.win.data(), p.format.separator()
	return sep != nil && i+len(sep) < len(d) && bytes.HasPrefix(d[i:], sep)
}

// nextStart reads until a record start behind index n is in the window, and
// returns its index, or -1 if there is none within the limit.
func (p *parser) nextStart(n int) int {
	for from := n; ; {
		more := p.win.fill(min(from+1<<18, n+p.maxBlock+2*lookahead))
		d := p.win.data()
		i := find(p.format, d, from, !more)
		if i >= 0 && (!more || i+lookahead <= len(d)) {
			return i
		}
		if !more || len(d) >= n+p.maxBlock+2*lookahead {
			return -1
		}
		from = max(n, len(d)-lookahead)
	}
}

// rest reports everything left in the stream as one loss.
func (p *parser) rest(emit func(event) bool, why string) bool {
	e := event{pos: p.win.off, wrong: why, ended: p.win.err != io.EOF}
	p.win.skip(len(p.win.data()))
	p.win.err = io.EOF
	e.lost = p.win.off - e.pos
	return emit(e)
}

// oversize keeps the first maxBlock bytes of a block that is longer, and skips
// to the next record.
func (p *parser) oversize(emit func(event) bool, n int, length int64) bool {
	d := p.win.data()
	rec := &p.rec
	p.format.header(d, rec)
	rec.header, rec.block = d[:n], d[n:min(len(d), n+p.maxBlock)]
	if len(rec.cut) == 0 {
		rec.cut = []byte("length")
	}
	rec.length = max(length, int64(len(rec.block)))
	if !emit(event{rec: rec, pos: rec.pos}) {
		return false
	}
	start := p.win.off
	p.win.skip(n + len(rec.block))
	p.win.seek(p.format)
	found := p.win.off - start - int64(n)
	if length < 0 || found < length || found > length+4 {
		return emit(event{pos: start, wrong: fmt.Sprintf("Content-Length is %d; about %d bytes lie before the next record", length, found)})
	}
	return true
}

// reason says in words why a stream could not be read on.
func reason(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "compressed data end too early"
	case errors.Is(err, gzip.ErrChecksum):
		return "checksum of the gzip member is wrong"
	}
	return "compressed data are damaged"
}

// asciiDigits parses digits; ok is false for anything else or more than 18.
func asciiDigits(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
