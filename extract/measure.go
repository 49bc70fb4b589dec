package extract

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// counts are what a piece of text holds.
type counts struct {
	chars  int32 // without white space; a Han character counts hanSize times
	words  int32 // runs of letters and digits; each Han character is one
	linked int32 // chars inside links
	anchor int32 // letters inside links: each Han character once
	bold   int32 // chars in bold type or headings
	marks  int32 // sentence punctuation: . ! ? ; : … and their full-width forms
	commas int32
	digits int32
	upper  int32
	han    int32
	other  int32 // symbols
}

// hanSize is how many letters a Han character stands for: an English word has
// 4.7 letters on average, and its Chinese translation about one and a half
// characters. With it lengths mean the same in both.
const hanSize = 3

// letters is the number of characters, each once.
func (c *counts) letters() int32 { return c.chars - (hanSize-1)*c.han }

// Classes of ASCII bytes.
const (
	cSpace uint8 = 1 << iota
	cLower
	cUpper
	cDigit
	cMark
	cComma
	cOther
)

var ascii = func() (t [128]uint8) {
	for i := range t {
		c := byte(i)
		switch {
		case c <= ' ' || c == 0x7f:
			t[i] = cSpace
		case c >= 'a' && c <= 'z':
			t[i] = cLower
		case c >= 'A' && c <= 'Z':
			t[i] = cUpper
		case c >= '0' && c <= '9':
			t[i] = cDigit
		case bytes.IndexByte([]byte(".!?;:"), c) >= 0:
			t[i] = cMark
		case c == ',':
			t[i] = cComma
		default:
			t[i] = cOther
		}
	}
	return t
}()

// text adds text node i to the open block, opening one when there is none.
func (x *Extractor) text(i int, at *place) {
	if at.flags&verbatim == 0 && x.tree.Blank(i) {
		x.space, x.broken = x.space || x.open, false
		return
	}
	s := x.tree.Text(i)
	if at.flags&linked != 0 && len(s) <= 4 && permalink(s) {
		return
	}
	if !x.open {
		if len(bytes.TrimSpace(s)) == 0 {
			return
		}
		x.begin(i, at)
		x.word = false
	}
	b := &x.blocks[len(x.blocks)-1]
	if at.flags&verbatim != 0 {
		x.verbatim(b, s)
	}
	was := b.count
	x.append(&b.count, s, at.flags&verbatim == 0)
	n := b.count.chars - was.chars
	if at.flags&linked != 0 {
		b.count.linked += n
		b.count.anchor += b.count.letters() - was.letters()
	}
	if at.flags&bold != 0 {
		b.count.bold += n
	}
}

// permalink reports the sign that documentation puts behind headings, linked to
// the heading itself.
func permalink(s []byte) bool {
	s = trim(s)
	return string(s) == "¶" || string(s) == "#"
}

// verbatim copies text whose white space counts; append then only measures it.
func (x *Extractor) verbatim(b *block, s []byte) {
	if int32(len(x.buf)) == b.from {
		s = bytes.TrimLeft(s, "\r\n")
	}
	for len(s) > 0 {
		cr := bytes.IndexByte(s, '\r')
		if cr < 0 {
			x.buf = append(x.buf, s...)
			return
		}
		x.buf = append(append(x.buf, s[:cr]...), '\n')
		s = s[cr+1:]
		if len(s) > 0 && s[0] == '\n' {
			s = s[1:]
		}
	}
}

// append measures s and, when write is set, appends it to the buffer with each
// run of white space as one space; a run with a line feed between two Han
// characters vanishes.
func (x *Extractor) append(c *counts, s []byte, write bool) {
	word := x.word
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			word = x.wide(c, r, s[i:i+n], word, write)
			i += n
			continue
		}
		i++
		class := ascii[b]
		if class == cSpace {
			x.space, word = true, false
			x.broken = x.broken || b == '\n'
			continue
		}
		if x.space && write {
			x.gap(c, false)
		}
		x.space, x.broken = false, false
		c.chars++
		if write {
			x.buf = append(x.buf, b)
		}
		if class > cDigit {
			word = false
			c.sign(class)
			continue
		}
		if !word {
			c.words++
			word = true
		}
		switch class {
		case cUpper:
			c.upper++
		case cDigit:
			c.digits++
		}
	}
	x.word = word
}

// sign counts a mark, comma or symbol.
func (c *counts) sign(class uint8) {
	switch class {
	case cMark:
		c.marks++
	case cComma:
		c.commas++
	default:
		c.other++
	}
}

// gap writes the space that waits before a character.
func (x *Extractor) gap(c *counts, han bool) {
	n := len(x.buf)
	if c.chars == 0 || han && x.broken && n >= 3 && isHan(lastRune(x.buf)) {
		return
	}
	x.buf = append(x.buf, ' ')
}

func lastRune(b []byte) rune {
	r, _ := utf8.DecodeLastRune(b)
	return r
}

// isHan reports ideographs and the full-width punctuation that sits among them.
func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x3000 && r <= 0x303f && r != 0x3000 || r >= 0xff01 && r <= 0xff1f || r >= 0x20000 && r <= 0x3ffff
}

// wide measures and appends one character beyond ASCII and reports whether a
// word is open behind it.
func (x *Extractor) wide(c *counts, r rune, s []byte, word, write bool) bool {
	switch {
	case r == 0xa0 || r == 0x3000 || r == 0x2028 || r == 0x2029 || r >= 0x2000 && r <= 0x200a || r == 0x202f || r == 0x85:
		x.space = true
		return false
	case r >= 0x200b && r <= 0x200f || r == 0xfeff || r == 0xad || r == 0x2060 || r >= 0xe000 && r <= 0xf8ff:
		return word // invisible, or an icon font
	}
	if r == utf8.RuneError {
		s = []byte("\ufffd")
	}
	han := isHan(r)
	if x.space && write {
		x.gap(c, han)
	}
	x.space, x.broken = false, false
	c.chars++
	if write {
		x.buf = append(x.buf, s...)
	}
	switch {
	case r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000:
		c.han++
		c.words++
		c.chars += hanSize - 1
		return false
	case r == '。' || r == '！' || r == '？' || r == '；' || r == '：' || r == '…':
		c.marks++
		return false
	case r == '，' || r == '、':
		c.commas++
		return false
	case r < 0x2000 || r > 0x2bff:
		if unicode.IsLetter(r) || unicode.IsMark(r) {
			if !word {
				c.words++
			}
			if unicode.IsUpper(r) {
				c.upper++
			}
			return true
		}
	}
	c.other++
	return false
}
