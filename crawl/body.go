package crawl

import (
	"bytes"
	"io"

	"feilun/internal/inflate"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Reasons given in Page.Truncated besides those a crawler writes.
const (
	cutLength   = "length"   // longer than the limit
	cutEncoding = "encoding" // the content coding broke off; what could be decoded is there
	cutChunks   = "chunks"   // the chunked transfer coding broke off
)

// A decoder undoes transfer and content codings. What it returns is valid until
// the next call. It keeps its decompressors and buffers.
type decoder struct {
	limit int
	src   bytes.Reader
	out   [2][]byte
	turn  int
	inf   inflate.Decoder
	gz    gzip.Reader
	raw   io.ReadCloser
	zl    io.ReadCloser
	br    *brotli.Reader
	zs    *zstd.Decoder
}

// body returns the decoded body and, if it is not whole, why. Declarations that
// the bytes contradict are ignored. It may change the block in place.
func (d *decoder) body(r *response) (body []byte, cut string) {
	body = r.body
	if r.chunked {
		var ok bool
		if body, ok = dechunk(body); !ok {
			cut = cutChunks
		}
	}
	list := codings(r.coding)
	if len(list) == 0 && bytes.HasPrefix(body, gzipMagic) && hasPrefix(r.ctype, "text/") {
		list = []string{"gzip"} // undeclared
	}
	for i := len(list) - 1; i >= 0; i-- {
		var why string
		if body, why = d.undo(list[i], body); why != "" {
			cut = why
		}
	}
	if len(body) > d.limit {
		return body[:d.limit], cutLength
	}
	return body, cut
}

// undo decodes one content coding. Bytes that are not so coded come back as
// they are.
func (d *decoder) undo(coding string, b []byte) (body []byte, cut string) {
	if out, cut, ok := d.atOnce(coding, b); ok {
		return out, cut
	}
	d.src.Reset(b)
	r, err := d.open(coding, b)
	if err != nil { // before r, which is nil too when the first reader of a kind fails
		return b, cutEncoding
	}
	if r == nil {
		return b, ""
	}
	out := d.out[d.turn][:0]
	if cap(out) == 0 {
		out = make([]byte, 0, 1<<18)
	}
	for err == nil && len(out) <= d.limit {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		var n int
		n, err = r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
	}
	d.out[d.turn] = out
	d.turn ^= 1
	switch {
	case len(out) > d.limit:
		return out[:d.limit], cutLength
	case err == io.EOF:
		return out, ""
	case magicless(coding) && plain(b) || len(out) == 0:
		return b, ""
	}
	return out, cutEncoding
}

// atOnce decodes gzip bodies of one member that is not too long.
func (d *decoder) atOnce(coding string, b []byte) (body []byte, cut string, ok bool) {
	if coding != "gzip" || !bytes.HasPrefix(b, gzipMagic) {
		return nil, "", false
	}
	out, n, err := d.inf.Member(d.out[d.turn], b, d.limit)
	d.out[d.turn] = out
	if err == inflate.ErrTooLong || err == nil && bytes.HasPrefix(b[n:], gzipMagic) || err != nil && len(out) == 0 {
		return nil, "", false
	}
	d.turn ^= 1
	if err != nil {
		cut = cutEncoding
	}
	return out, cut, true
}

// open readies the decompressor for a coding. It is nil when the coding is
// unknown or the bytes show that they are not so coded.
func (d *decoder) open(coding string, b []byte) (io.Reader, error) {
	switch coding {
	case "gzip":
		if !bytes.HasPrefix(b, gzipMagic) {
			return nil, nil
		}
		return &d.gz, d.gz.Reset(&d.src)
	case "deflate":
		if len(b) > 2 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
			return d.zlib()
		}
		if d.raw == nil {
			d.raw = flate.NewReader(&d.src)
			return d.raw, nil
		}
		return d.raw, d.raw.(flate.Resetter).Reset(&d.src, nil)
	case "br":
		if d.br == nil {
			d.br = brotli.NewReader(&d.src)
			return d.br, nil
		}
		return d.br, d.br.Reset(&d.src)
	case "zstd":
		if !bytes.HasPrefix(b, zstdMagic) {
			return nil, nil
		}
		if d.zs == nil {
			var err error
			d.zs, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
			if err != nil {
				return nil, err
			}
		}
		return d.zs, d.zs.Reset(&d.src)
	}
	return nil, nil
}

func (d *decoder) zlib() (io.Reader, error) {
	var err error
	if d.zl == nil {
		d.zl, err = zlib.NewReader(&d.src)
	} else {
		err = d.zl.(zlib.Resetter).Reset(&d.src, nil)
	}
	return d.zl, err
}

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// magicless reports whether nothing in a coding's first bytes proves it.
func magicless(coding string) bool { return coding == "deflate" || coding == "br" }

// plain reports whether b begins like text rather than compressed data.
func plain(b []byte) bool {
	b = b[:min(len(b), 32)]
	for _, c := range b {
		if c < ' ' && !blank(c) || c == 0 || c == 0x7f {
			return false
		}
	}
	return len(b) > 0
}

// dechunk undoes the chunked transfer coding (RFC 9112, 7.1) in place. A body
// whose first line is no chunk size was stored decoded and comes back as it
// is. Where the coding breaks off, the bytes from there on are kept as they
// are, and ok is false.
func dechunk(b []byte) (body []byte, ok bool) {
	size, n := chunkSize(b)
	if n == 0 {
		return b, true
	}
	out, rest := 0, b
	for {
		rest = rest[n:]
		if size == 0 {
			return b[:out], true
		}
		if size > len(rest) {
			return b[:out+copy(b[out:], rest)], false
		}
		out += copy(b[out:], rest[:size])
		rest = rest[size:]
		end := 0
		for end < len(rest) && end < 2 && (rest[end] == '\r' || rest[end] == '\n') {
			end++
		}
		rest = rest[end:]
		if size, n = chunkSize(rest); n == 0 {
			return b[:out+copy(b[out:], rest)], false
		}
	}
}

// chunkSize reads a chunk's size line; n is the line's length with its end, or
// 0 if it is none.
func chunkSize(b []byte) (size, n int) {
	i := 0
	for i < len(b) && i < 8 && hexDigit(b[i]) >= 0 {
		size = size<<4 | hexDigit(b[i])
		i++
	}
	if i == 0 || i == len(b) || b[i] != ';' && !blank(b[i]) {
		return 0, 0
	}
	end := bytes.IndexByte(b[i:min(len(b), i+256)], '\n') // extensions are rarely long
	if end < 0 {
		return 0, 0
	}
	return size, i + end + 1
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case digit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
