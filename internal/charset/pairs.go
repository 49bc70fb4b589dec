package charset

import (
	"bytes"
	"encoding/binary"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// pairs decodes an encoding whose characters are ASCII bytes, pairs of bytes
// and rare other sequences, by table. Lead bytes run from 0x81, trail bytes from
// 0x40; 0 stands for what the table does not hold.
type pairs struct {
	enc  encoding.Encoding
	rune [leads * trails]uint16
}

const (
	firstLead, leads   = 0x81, 0xfe - 0x81 + 1
	firstTrail, trails = 0x40, 0xfe - 0x40 + 1
)

var (
	gb18030Pairs = sync.OnceValue(func() *pairs { return newPairs(simplifiedchinese.GB18030) })
	big5Pairs    = sync.OnceValue(func() *pairs { return newPairs(traditionalchinese.Big5) })
)

func newPairs(enc encoding.Encoding) *pairs {
	p := &pairs{enc: enc}
	decodePairs(enc, firstLead, 0xfe, firstTrail, func(lead, trail byte, r rune) {
		p.rune[int(lead-firstLead)*trails+int(trail-firstTrail)] = uint16(r)
	})
	return p
}

// decodePairs calls f for each pair of a lead byte in from..to and a trail byte
// in trail..0xfe that is one character of the basic plane.
func decodePairs(enc encoding.Encoding, from, to, trail byte, f func(lead, trail byte, r rune)) {
	var in []byte
	for lead := int(from); lead <= int(to); lead++ {
		for b := int(trail); b <= 0xfe; b++ {
			in = append(in, byte(lead), byte(b), '\n') // a line feed is no trail byte
		}
	}
	out, err := enc.NewDecoder().Bytes(in)
	if err != nil {
		panic("charset: " + err.Error())
	}
	for i := 0; i+2 < len(in); i += 3 {
		line, rest, _ := bytes.Cut(out, []byte{'\n'})
		out = rest
		if r, n := utf8.DecodeRune(line); n == len(line) && r != utf8.RuneError && r < 1<<16 {
			f(in[i], in[i+1], r)
		}
	}
}

// append appends body decoded to dst.
func (p *pairs) append(dst []byte, dec *encoding.Decoder, body []byte) []byte {
	dst = grow(dst, len(body)+len(body)/2+64)
	for i := 0; i < len(body); {
		if i+8 <= len(body) && binary.LittleEndian.Uint64(body[i:])&highBits == 0 {
			n := nextHigh(body, i+8)
			dst = append(dst, body[i:n]...)
			i = n
			continue
		}
		c := body[i]
		if c < 0x80 {
			dst = append(dst, c)
			i++
			continue
		}
		if i+1 < len(body) && c >= firstLead && c <= 0xfe && body[i+1] >= firstTrail && body[i+1] <= 0xfe {
			r := p.rune[int(c-firstLead)*trails+int(body[i+1]-firstTrail)]
			if r >= 0x800 {
				dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f|0x80, 0x80|byte(r)&0x3f)
				i += 2
				continue
			}
			if r != 0 {
				dst = utf8.AppendRune(dst, rune(r))
				i += 2
				continue
			}
		}
		var n int
		dst, n = p.rare(dst, dec, body[i:])
		i += n
	}
	return dst
}

// rare decodes one sequence that the table does not hold and returns its length:
// four bytes of GB18030, a pair beyond the basic plane, or an invalid byte.
func (p *pairs) rare(dst []byte, dec *encoding.Decoder, s []byte) ([]byte, int) {
	var out [32]byte
	for _, n := range [3]int{2, 4, 1} {
		if n > len(s) {
			continue
		}
		dec.Reset()
		w, read, err := dec.Transform(out[:], s[:n], true)
		if err == nil && read == n && !bytes.Contains(out[:w], []byte("\uFFFD")) {
			return append(dst, out[:w]...), n
		}
	}
	dst = append(dst, "\uFFFD"...)
	if len(s) > 1 && s[1] >= 0x80 {
		return dst, 2 // the standard takes the pair for one error, but never an ASCII byte
	}
	return dst, 1
}
