package crawl

import (
	"bufio"
	"bytes"
	"io"

	"feilun/internal/bzip2"
	"feilun/internal/inflate"
	"feilun/internal/wikitext"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A fileReader reads a file from any offset, counts what it read and keeps the
// first error that is not the end of the file: that one is the disk's fault,
// not the data's.
type fileReader struct {
	file io.ReaderAt
	off  int64
	err  error
	step int // if not 0, bytes the next read gets at most; each read doubles it
}

func (r *fileReader) Read(b []byte) (int, error) {
	if r.step > 0 {
		b = b[:min(len(b), r.step)]
		r.step *= 2
	}
	n, err := r.file.ReadAt(b, r.off)
	r.off += int64(n)
	if err != nil && err != io.EOF && r.err == nil {
		r.err = err
	}
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// members walks the gzip members or zstd frames of a file, called members both.
// Members that begin a record start a segment; members that do not are read as
// the continuation of the segment before them. Without a format, all members
// are one segment.
type members struct {
	raw    fileReader
	in     *bufio.Reader
	zip    *gzip.Reader // one of zip and zst is set
	zst    *zstd.Decoder
	frame  io.LimitedReader // the frame that zst reads
	stop   int64            // where the frame ends
	format format

	fast *scratch // for gzip members that are decompressed at once, or nil
	turn int      // which of its outputs holds this member

	start  int64 // offset of the member being read
	open   bool  // a member is being read
	head   [lookahead]byte
	before []byte // decompressed bytes of the member before, not read yet
	held   []byte // decompressed bytes of this member that were read ahead
	err    error  // how the member ended: io.EOF or damage
	segEnd bool   // the open member belongs to the next segment
}

// A scratch is the memory for decompressing gzip members at once, kept from
// task to task.
type scratch struct {
	inflate.Decoder
	in       *bufio.Reader
	zip      gzip.Reader
	probe    []byte // for looking for members, with probeIn and probeZip
	probeIn  *bufio.Reader
	probeZip gzip.Reader
	out      [2][]byte // of a member and the one before
	window   []byte
	dec      decoder
	bz       *bzip2.Reader
	books    bookMemory
	wiki     wikitext.Parser
}

const (
	maxPacked   = 2 << 20  // longest member that is decompressed at once
	maxUnpacked = 32 << 20 // and the longest content
)

// members returns a walker over the file, to be placed with at. With a scratch
// it takes more memory and less time to read members whole.
func (o *opened) members(f format, fast *scratch) (*members, error) {
	m := &members{raw: fileReader{file: o.file}, format: f}
	switch {
	case o.storage == storedGzip && fast != nil:
		if size := int(min(maxPacked, o.size+1<<12)); fast.in == nil || fast.in.Size() < size {
			fast.in = bufio.NewReaderSize(&m.raw, size)
		}
		m.raw.step = 1 << 16 // a short task need not read 2 MiB
		fast.in.Reset(&m.raw)
		m.fast, m.in, m.zip = fast, fast.in, &fast.zip
		return m, nil
	case o.storage == storedGzip:
		if o.probeIn == nil {
			o.probeIn = bufio.NewReaderSize(&m.raw, 1<<14)
		}
		o.probeIn.Reset(&m.raw)
		m.in, m.zip = o.probeIn, &o.probeZip
		return m, nil
	}
	m.in = bufio.NewReaderSize(&m.raw, 1<<16)
	var err error
	m.zst, err = newZstd(o.file)
	return m, err
}

// close frees what a decoder holds.
func (m *members) close() {
	if m.zst != nil {
		m.zst.Close()
	}
}

// offset returns the position of the next byte that was not consumed.
func (m *members) offset() int64 { return m.raw.off - int64(m.in.Buffered()) }

// at starts reading at an offset.
func (m *members) at(off int64) {
	m.raw.off = off
	m.in.Reset(&m.raw)
	m.open, m.before, m.held, m.err, m.segEnd = false, nil, nil, nil, false
}

// next opens the member at the current offset and reads its first bytes. What
// it returns is false at the end of the file and where no member starts.
func (m *members) next() bool {
	m.start, m.open, m.held, m.err = m.offset(), false, nil, nil
	if m.zip != nil {
		if b, _ := m.in.Peek(2); len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
			return false
		}
		if m.fast != nil && m.atOnce() {
			m.open = true
			return true
		}
		if m.err = m.zip.Reset(m.in); m.err == nil {
			m.zip.Multistream(false)
		}
	} else if !m.nextFrame() {
		return false
	}
	if m.err == io.EOF {
		m.err = io.ErrUnexpectedEOF
	}
	n := 0
	for n < len(m.head) && m.err == nil {
		var k int
		k, m.err = m.inflate(m.head[n:])
		n += k
	}
	m.open, m.held = true, m.head[:n]
	return true
}

// atOnce decompresses the gzip member at the current offset, unless it is too
// large, which leaves everything as it was.
func (m *members) atOnce() bool {
	b, _ := m.in.Peek(max(m.in.Buffered(), min(m.in.Size(), 1<<14)))
	m.turn ^= 1
	out, n, err := m.fast.Member(m.fast.out[m.turn], b, maxUnpacked)
	for err == io.ErrUnexpectedEOF {
		more, _ := m.in.Peek(min(2*len(b), m.in.Size()))
		if len(more) == len(b) {
			if len(b) == m.in.Size() {
				err = inflate.ErrTooLong
			}
			break
		}
		b = more
		out, n, err = m.fast.Member(out, b, maxUnpacked)
	}
	m.fast.out[m.turn] = out
	switch err {
	case nil:
		m.in.Discard(n)
		m.err = io.EOF
	case inflate.ErrTooLong:
		return false
	case inflate.ErrChecksum:
		m.in.Discard(n)
		m.err = gzip.ErrChecksum
	default:
		m.err = err
	}
	m.held = out
	return true
}

// nextFrame passes over skippable frames and opens the zstd frame behind them.
func (m *members) nextFrame() bool {
	for {
		b, _ := m.in.Peek(4)
		if !bytes.HasPrefix(b, zstdMagic) && !skippable(b) {
			return false
		}
		m.start = m.offset()
		m.stop, m.err = frameEnd(m.raw.file, m.start)
		if m.err != nil {
			return true
		}
		if !skippable(b) {
			m.frame = io.LimitedReader{R: m.in, N: m.stop - m.start}
			m.err = m.zst.Reset(&m.frame)
			return true
		}
		m.at(m.stop)
	}
}

// inflate reads from the open member.
func (m *members) inflate(b []byte) (int, error) {
	if m.zip != nil {
		return m.zip.Read(b)
	}
	return m.zst.Read(b)
}

// drain reads the open member to its end.
func (m *members) drain(scratch []byte) {
	for m.err == nil {
		_, m.err = m.inflate(scratch)
	}
}

// begins reports whether the member just opened begins a record.
func (m *members) begins() bool {
	return m.format != nil && m.format.starts(m.held[:min(len(m.held), lookahead)])
}

// Read reads the segment: the open member and those that continue it.
func (m *members) Read(b []byte) (int, error) {
	for {
		if len(m.before) > 0 {
			n := copy(b, m.before)
			m.before = m.before[n:]
			return n, nil
		}
		if m.segEnd || !m.open {
			return 0, io.EOF
		}
		if len(m.held) > 0 {
			n := copy(b, m.held)
			m.held = m.held[n:]
			return n, nil
		}
		if m.err == nil {
			var n int
			if n, m.err = m.inflate(b); n > 0 {
				return n, nil
			}
			continue
		}
		if m.err != io.EOF {
			return 0, m.err
		}
		m.advance()
	}
}

// advance opens the member behind one that ended well, and tells whether the
// segment goes on with it.
func (m *members) advance() {
	if m.next() {
		// A member that breaks at once continues nothing.
		broken := m.err != nil && m.err != io.EOF && len(m.held) < lookahead
		m.segEnd = m.begins() || m.format != nil && broken
	}
}

// whole returns the segment's content if it is one member that was
// decompressed at once. Otherwise the segment is to be read from its start.
func (m *members) whole() ([]byte, bool) {
	if m.fast == nil || m.err != io.EOF || !m.open {
		return nil, false
	}
	m.before, m.held = m.held, nil
	m.advance()
	if m.open && !m.segEnd {
		return nil, false
	}
	b := m.before
	m.before = nil
	return b, true
}

// end returns where reading goes on after the last member was read to its end.
// bad says that it is not known to be a member's start, so that a record's
// start has to be looked for from there.
func (m *members) end() (off int64, bad bool) {
	switch {
	case m.zst != nil && m.stop > m.start:
		return m.stop, false // damage inside a frame does not hide its end
	case m.err == nil || m.err == io.EOF:
		return m.offset(), false
	}
	return m.start + 1, true
}

var gzipMagic = []byte{0x1f, 0x8b, 8}

// A finder looks for places in a file where a member starts whose content
// begins a record.
type finder struct {
	m     *members
	magic []byte
	buf   []byte
	dec   *inflate.Decoder
	out   []byte
}

func (o *opened) finder(f format) (*finder, error) {
	m, err := o.members(f, nil)
	magic := gzipMagic
	if o.storage == storedZstd {
		magic = zstdMagic
	}
	if o.probe == nil {
		o.probe = make([]byte, 1<<17)
	}
	return &finder{m: m, magic: magic, buf: o.probe, dec: &o.Decoder}, err
}

// next returns the first such offset in [from, to), or -1.
func (f *finder) next(from, to int64) (int64, error) {
	for from < to {
		n, err := f.m.raw.file.ReadAt(f.buf, from)
		if err != nil && err != io.EOF {
			return -1, err
		}
		b := f.buf[:n]
		for i := 0; ; {
			k := bytes.Index(b[i:], f.magic)
			if k < 0 || from+int64(i+k) >= to {
				break
			}
			i += k
			if f.starts(from + int64(i)) {
				return from + int64(i), nil
			}
			i++
		}
		if n < len(f.buf) {
			break
		}
		from += int64(n - len(f.magic) + 1)
	}
	return -1, f.m.raw.err
}

// starts reports whether a member starts at off whose content begins a record.
// For gzip it decompresses as atOnce does, so that both agree on members that
// are damaged.
func (f *finder) starts(off int64) bool {
	f.m.at(off)
	if f.m.zip == nil {
		return f.m.next() && f.m.begins()
	}
	b, _ := f.m.in.Peek(f.m.in.Size())
	out, _, _ := f.dec.Member(f.out, b, 2*lookahead)
	f.out = out
	return f.m.format.starts(out[:min(len(out), lookahead)])
}

// proof is how many compressed bytes an unbroken chain of members must span to
// prove that it is no archive stored inside a member: a stored deflate block
// holds at most 65,535 bytes (RFC 1951, 3.2.4).
const proof = 1 << 16

// chained reports whether gzip members follow each other without a gap from off
// for at least proof bytes or to the end of the file.
func (f *finder) chained(off int64) bool {
	f.m.at(off)
	for f.m.next() {
		f.m.drain(f.buf)
		if f.m.err != io.EOF {
			return false
		}
		if f.m.offset()-off > proof {
			return true
		}
	}
	_, err := f.m.in.Peek(1)
	return err == io.EOF
}
