// Package charset decides the encoding of a page's bytes and decodes them to
// UTF-8. Start with [Decoder.Decode]. Evidence, strongest first: a byte order
// mark, valid UTF-8, the HTTP header, the page's own declaration, and how well
// the bytes read as text in a language (docs/decisions/charset.md). A
// declaration that the bytes contradict is wrong.
//
// Names are those of the WHATWG Encoding standard in lower case, plus utf-32le,
// utf-32be, hz-gb-2312 and ibm855. gb2312 and gbk are called gb18030, their
// superset; big5 includes the Hong Kong supplement.
package charset

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

// Reasons for a decision.
const (
	WhyBOM        = "bom"
	WhyHeader     = "header"
	WhyMeta       = "meta"
	WhyUTF8       = "utf8"       // the bytes are UTF-8, whatever was declared
	WhyStatistics = "statistics" // how the bytes read
	WhyDefault    = "default"    // nothing speaks for anything
)

// Detect returns the encoding of body and the kind of evidence for it.
// contentType is the value of the HTTP header, or "".
func Detect(body []byte, contentType string) (name, why string) {
	name, why, _ = detect(body, contentType, utf8.Valid(body))
	return name, why
}

// detect is Detect when it is known whether body is valid UTF-8. bom is how many
// bytes the mark takes.
func detect(body []byte, contentType string, valid bool) (name, why string, bom int) {
	if name, bom = mark(body); name != "" {
		return name, WhyBOM, bom
	}
	if name = wide(body); name != "" {
		return name, WhyStatistics, 0
	}
	header, meta := fromHeader(contentType), fromMeta(body)
	if nextHigh(body, 0) == len(body) {
		name, why = ascii(body, header, meta)
		return name, why, 0
	}
	if valid || nearlyUTF8(body) {
		if name, why = short(body, header, meta); name != "" {
			return name, why, 0
		}
		switch {
		case header == "utf-8":
			return "utf-8", WhyHeader, 0
		case meta == "utf-8":
			return "utf-8", WhyMeta, 0
		}
		return "utf-8", WhyUTF8, 0
	}
	name, why = weigh(body, header, meta)
	return name, why, 0
}

// mark recognises byte order marks.
func mark(b []byte) (name string, n int) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return "utf-8", 3
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return "utf-32le", 4
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return "utf-32be", 4
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return "utf-16le", 2
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "utf-16be", 2
	}
	return "", 0
}

// Unmarked returns a reader of UTF-8 text without the byte order mark that r may begin with. It
// reads the first bytes at once; r has to tell an error as often as it is read, as files do.
func Unmarked(r io.Reader) *bufio.Reader {
	in := bufio.NewReader(r)
	if head, err := in.Peek(3); err == nil && string(head) == "\ufeff" {
		in.Discard(3)
	}
	return in
}

// wide recognises UTF-16 and UTF-32 without a mark by where the zero bytes of
// ASCII characters, which markup is full of, stand.
func wide(b []byte) string {
	b = b[:min(len(b), 1024)&^3]
	if len(b) < 8 || bytes.IndexByte(b, 0) < 0 {
		return ""
	}
	var zero [4]int
	for i, c := range b {
		if c == 0 {
			zero[i&3]++
		}
	}
	n := len(b) / 4
	most, few := n*7/10, n/50
	switch {
	case zero[1] > most && zero[2] > most && zero[3] > most && zero[0] <= few:
		return "utf-32le"
	case zero[0] > most && zero[1] > most && zero[2] > most && zero[3] <= few:
		return "utf-32be"
	case zero[1]+zero[3] > n*2/5 && zero[0]+zero[2] <= few:
		return "utf-16le"
	case zero[0]+zero[2] > n*2/5 && zero[1]+zero[3] <= few:
		return "utf-16be"
	}
	return ""
}

// ascii decides for a page without bytes beyond ASCII: encodings that switch
// by escape sequences, else whatever was declared, as all read it alike.
func ascii(body []byte, header, meta string) (name, why string) {
	if i := bytes.IndexByte(body, 0x1b); i >= 0 {
		for _, seq := range []string{"\x1b$B", "\x1b$@", "\x1b(J", "\x1b(I"} {
			if bytes.Contains(body[i:], []byte(seq)) {
				return "iso-2022-jp", WhyStatistics
			}
		}
	}
	if header == "hz-gb-2312" || meta == "hz-gb-2312" || bytes.Contains(body, []byte("~{")) && hz(body) {
		return "hz-gb-2312", WhyStatistics
	}
	switch {
	case narrow(header):
		return header, WhyHeader
	case narrow(meta):
		return meta, WhyMeta
	}
	return "utf-8", WhyDefault
}

// narrow reports encodings in which ASCII bytes are ASCII characters.
func narrow(name string) bool {
	switch name {
	case "", "utf-16le", "utf-16be", "utf-32le", "utf-32be", "iso-2022-jp":
		return false
	}
	return true
}

// hz reports text that switches to GB 2312 and back with ~{ and ~}.
func hz(body []byte) bool {
	pairs := 0
	for {
		i := bytes.Index(body, []byte("~{"))
		if i < 0 {
			return pairs > 1
		}
		body = body[i+2:]
		j := bytes.Index(body, []byte("~}"))
		if j < 2 || j%2 == 1 || bytes.ContainsAny(body[:j], " \n<>") {
			return false
		}
		pairs++
		body = body[j+2:]
	}
}

// nearlyUTF8 reports bytes that are UTF-8 but for a few: a page cut inside a
// character, or one that holds a foreign fragment.
func nearlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := nextHigh(b, 0); i < len(b) && good+bad < 1<<16; i = nextHigh(b, i) {
		_, n := utf8.DecodeRune(b[i:])
		switch {
		case n > 1:
			good++
		case !utf8.FullRune(b[i:]): // cut at the end
			good++
			i = len(b)
			continue
		default:
			if bad++; bad > 32+good/4 {
				return false
			}
		}
		i += n
	}
	return good > 10*bad
}

// fewHigh is how many characters of UTF-8 are needed to outweigh a declaration
// of an encoding whose pairs of bytes can look like them.
const fewHigh = 4

// short handles a page with so few characters beyond ASCII that valid UTF-8 may
// be chance: a declared East Asian encoding that reads them well wins.
func short(body []byte, header, meta string) (name, why string) {
	if header == "utf-8" || meta == "utf-8" || header == "" && meta == "" {
		return "", ""
	}
	n := 0
	for i := nextHigh(body, 0); i < len(body); i = nextHigh(body, i) {
		_, size := utf8.DecodeRune(body[i:])
		if i += size; size != 2 {
			return "", ""
		}
		if n++; n > fewHigh {
			return "", ""
		}
	}
	for _, d := range []struct{ name, why string }{{header, WhyHeader}, {meta, WhyMeta}} {
		switch d.name {
		case "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis":
			return d.name, d.why
		}
	}
	return "", ""
}

// weigh decides between the declared encodings and what statistics say.
func weigh(body []byte, header, meta string) (name, why string) {
	var room [maxSample + 16]byte
	w := newWeight(sample(room[:0], body))
	claims := []struct{ name, why string }{{header, WhyHeader}, {meta, WhyMeta}}
	for _, c := range claims { // an East Asian claim that holds needs no rivals
		for i := range multi {
			if multi[i].name == c.name && w.high > 40 && w.multi(i) < sure {
				return c.name, c.why
			}
		}
	}
	best, bits := w.best()
	for _, c := range claims {
		enc := encodingOf(c.name)
		if enc == nil {
			continue
		}
		limit := bits + slack + slackFew/w.high
		if c.name == "windows-1252" { // what servers say when they know nothing
			limit = bits + slackLatin
		}
		if c.name == best || w.declared(c.name, enc) <= limit {
			return c.name, c.why
		}
	}
	return best, WhyStatistics
}

// How much worse than the best, in bits a byte, a declared encoding may read and
// still be believed; few bytes prove little.
const (
	slack      = 2.0
	slackFew   = 12.0
	slackLatin = 0.3
)
