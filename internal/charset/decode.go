package charset

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// Decoder decodes pages and reuses its buffer. The zero value is ready. Not for
// concurrent use.
type Decoder struct {
	buf      []byte
	decoders map[string]*encoding.Decoder
}

// Decode returns body as valid UTF-8, the name of its encoding and the kind of
// evidence for that. Bytes that the encoding does not have become U+FFFD. The
// result is body itself when that is valid UTF-8, else it lies in the decoder's
// buffer until the next call. A byte order mark is dropped.
func (d *Decoder) Decode(body []byte, contentType string) (text []byte, name, why string) {
	valid := utf8.Valid(body)
	name, why, bom := detect(body, contentType, valid)
	body = body[bom:]
	if name == "utf-8" {
		if valid {
			return body, name, why
		}
		d.buf = appendValid(d.buf[:0], body)
		return d.buf, name, why
	}
	if narrow(name) && name != "hz-gb-2312" && nextHigh(body, 0) == len(body) {
		return body, name, why
	}
	dec := d.decoders[name]
	if dec == nil {
		if d.decoders == nil {
			d.decoders = map[string]*encoding.Decoder{}
		}
		dec = encodingOf(name).NewDecoder()
		d.decoders[name] = dec
	}
	switch name {
	case "gb18030":
		d.buf = gb18030Pairs().append(d.buf[:0], dec, body)
	case "big5":
		d.buf = big5Pairs().append(d.buf[:0], dec, body)
	default:
		d.buf = appendDecoded(d.buf[:0], dec, body)
	}
	return d.buf, name, why
}

// appendDecoded appends what dec makes of body. Decoders never fail on bad
// bytes; should one stop, the rest is taken byte by byte as U+FFFD.
func appendDecoded(dst []byte, dec *encoding.Decoder, body []byte) []byte {
	dec.Reset()
	dst = grow(dst, len(body)+len(body)/2+64)
	for {
		n, read, err := dec.Transform(dst[len(dst):cap(dst)], body, true)
		dst = dst[:len(dst)+n]
		body = body[read:]
		switch {
		case err == transform.ErrShortDst:
			dst = grow(dst, len(body)+cap(dst)/4+64)
		case err != nil && len(body) > 0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
			body = body[1:]
			dec.Reset()
		default:
			return dst
		}
	}
}

// grow makes room for n more bytes.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	bigger := make([]byte, len(b), len(b)+n)
	copy(bigger, b)
	return bigger
}

// appendValid appends body with each stretch of invalid bytes as one U+FFFD.
func appendValid(dst, body []byte) []byte {
	return append(dst, bytes.ToValidUTF8(body, []byte("\uFFFD"))...)
}

// encodingOf returns the decoder for one of our names, nil for utf-8 and for
// unknown names.
func encodingOf(name string) encoding.Encoding {
	switch name {
	case "", "utf-8":
		return nil
	case "gb18030":
		return simplifiedchinese.GB18030
	case "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "ibm855":
		return charmap.CodePage855
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return enc
}
