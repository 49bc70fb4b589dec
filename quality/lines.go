package quality

import (
	"unicode"
	"unicode/utf8"

	"feilun/internal/sentencepiece"
	"feilun/internal/words"
)

// The forms in which language models take text.
const (
	// TokensMixed takes each Chinese, Japanese or Korean character, each run of
	// other letters and digits, and each mark alone, in lower case, with every
	// digit as 0 and full-width forms as plain ones.
	TokensMixed = "mixed"
	// TokensSpace takes what stands between white space, as it is.
	TokensSpace = "space"
)

// lineTokens cuts texts into lines of tokens. It keeps scratch space: one
// goroutine at a time.
type lineTokens struct {
	form  string
	cut   *sentencepiece.Encoder // of TokensCCNet
	buf   []byte
	ends  []int
	words [][]byte
}

// lines calls each with the tokens of every line that has some. They are valid
// during the call.
func (t *lineTokens) lines(text string, each func([][]byte)) {
	if t.cut != nil {
		t.ccnet(t.cut, text, each)
		return
	}
	for len(text) > 0 {
		line, _, rest, _ := words.NextLine(text)
		text = rest
		t.buf, t.ends = t.buf[:0], t.ends[:0]
		if t.form == TokensSpace {
			t.space(line)
		} else {
			t.mixed(line)
		}
		if len(t.ends) == 0 {
			continue
		}
		t.emit(each)
	}
}

// emit calls each with the tokens gathered.
func (t *lineTokens) emit(each func([][]byte)) {
	t.words = t.words[:0]
	from := 0
	for _, to := range t.ends {
		t.words = append(t.words, t.buf[from:to])
		from = to
	}
	each(t.words)
}

func (t *lineTokens) end() {
	if n := len(t.buf); n > 0 && (len(t.ends) == 0 || t.ends[len(t.ends)-1] < n) {
		t.ends = append(t.ends, n)
	}
}

func (t *lineTokens) space(line string) {
	for word, rest := words.NextField(line); word != ""; word, rest = words.NextField(rest) {
		t.buf = append(t.buf, word...)
		t.end()
	}
}

func (t *lineTokens) mixed(line string) {
	for i := 0; i < len(line); {
		if c := line[i]; c < utf8.RuneSelf {
			i++
			t.ascii(c)
			continue
		}
		c, n := utf8.DecodeRuneInString(line[i:])
		i += n
		if c >= 0xff01 && c <= 0xff5e { // full-width forms of ASCII
			t.ascii(byte(c - 0xfee0))
			continue
		}
		switch {
		case single(c) && unicode.IsLetter(c):
			t.end()
			t.buf = utf8.AppendRune(t.buf, c)
			t.end()
		case unicode.IsLetter(c):
			t.buf = utf8.AppendRune(t.buf, unicode.ToLower(c))
		case unicode.IsMark(c):
			t.buf = utf8.AppendRune(t.buf, c)
		case unicode.IsDigit(c):
			t.buf = append(t.buf, '0')
		case unicode.IsSpace(c) || unicode.IsControl(c):
			t.end()
		default:
			t.end()
			t.buf = utf8.AppendRune(t.buf, c)
			t.end()
		}
	}
	t.end()
}

// ascii takes a character of ASCII.
func (t *lineTokens) ascii(c byte) {
	switch {
	case c >= 'a' && c <= 'z':
		t.buf = append(t.buf, c)
	case c >= 'A' && c <= 'Z':
		t.buf = append(t.buf, c|0x20)
	case c >= '0' && c <= '9':
		t.buf = append(t.buf, '0')
	case c <= ' ' || c == 0x7f:
		t.end()
	default:
		t.end()
		t.buf = append(t.buf, c)
		t.end()
	}
}
