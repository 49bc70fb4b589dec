package filter

import (
	"bytes"
	"strings"

	"feilun"
	"feilun/internal/words"
)

// c4Tests are the line tests that C4Lines and C4Page share.
type c4Tests struct {
	maxWord, minWords                                   int
	citations, punct, javascript, policy, lorem, braces bool
	minSentences                                        int
	by                                                  words.Rules
}

// A c4Line is what became of one line.
type c4Line struct {
	start, end, next int    // in the text: line without its end, and where the next begins
	from, to         int    // what is left after stripping; the same as start, end for dropped lines
	rule             string // that dropped the line, "" when it stays
}

// A c4Page is the outcome for a text, shared between C4Page and C4Lines.
type c4Page struct {
	lines     []c4Line
	sentences int    // of the lines that stay, up to the number needed
	condemned string // parameter that drops the page from inside the loop, or ""
}

// Phrases as in the released code of C4 (t5, c4_utils.py) and datatrove.
var (
	c4Lorem      = []byte("lorem ipsum")
	c4Javascript = []byte("javascript")
	c4Policy     = [][]byte{
		[]byte("terms of use"), []byte("privacy policy"), []byte("cookie policy"),
		[]byte("uses cookies"), []byte("use of cookies"), []byte("use cookies"),
	}
)

func isPolicy(lower []byte) bool {
	for _, p := range c4Policy {
		if bytes.Contains(lower, p) {
			return true
		}
	}
	return false
}

// c4Scan applies the tests to d, once for equal tests.
func c4Scan(d *feilun.Doc, t c4Tests) *c4Page {
	return d.Memo(t, func() any { return t.scan(d) }).(*c4Page)
}

func (t c4Tests) scan(d *feilun.Doc) *c4Page {
	p := &c4Page{}
	var buf []byte // a line in lower case
	at := 0
	for line, end, rest, ok := words.NextLine(d.Text); ok; line, end, rest, ok = words.NextLine(rest) {
		l := c4Line{start: at, end: at + len(line), next: at + len(line) + end}
		at = l.next
		stripped := words.TrimLeft(line)
		l.from = l.end - len(stripped)
		l.to = l.from + len(words.TrimRight(stripped))
		text := d.Text[l.from:l.to]
		n, long := t.words(text)
		if t.citations {
			text = withoutCitations(text)
		}
		l.rule = t.line(text, n, long, &buf)
		if l.rule == "lorem_ipsum" || l.rule == "curly_bracket" {
			p.condemned = l.rule
			return p
		}
		if l.rule == "" && (t.minSentences < 0 || p.sentences < t.minSentences) {
			p.sentences += words.Sentences(text, d.Language, t.by, 0)
		}
		p.lines = append(p.lines, l)
	}
	return p
}

// words counts the words of a line at white space, and reports one that is too
// long.
func (t c4Tests) words(line string) (n int, long bool) {
	for {
		var w string
		if w, line = words.NextField(line); w == "" {
			return n, long
		}
		n++
		if t.maxWord > 0 && len(w) > t.maxWord && words.Runes(w) > t.maxWord {
			long = true
		}
	}
}

// line returns the rule that drops a line, or the page with it, or "". The
// number of words is that before citations were removed.
func (t c4Tests) line(text string, n int, long bool, buf *[]byte) string {
	switch {
	case long:
		return "max_word_length"
	case t.punct && !endsSentence(text):
		return "terminal_punctuation"
	case n < t.minWords:
		return "min_words"
	}
	lower := words.AppendLower(*buf, text)
	*buf = lower[:0]
	switch {
	case t.lorem && bytes.Contains(lower, c4Lorem):
		return "lorem_ipsum"
	case t.javascript && bytes.Contains(lower, c4Javascript):
		return "javascript"
	case t.braces && strings.Contains(text, "{"):
		return "curly_bracket"
	case t.policy && isPolicy(lower):
		return "policy"
	}
	return ""
}

// endsSentence reports whether a line ends in . ? ! " or ' and not in ....
func endsSentence(s string) bool {
	return s != "" && strings.IndexByte(`.?!"'`, s[len(s)-1]) >= 0 && !strings.HasSuffix(s, "...")
}

// withoutCitations removes [1], [], [edit] and [citation needed].
func withoutCitations(s string) string {
	if strings.IndexByte(s, '[') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := citation(s[i:]); n > 0 {
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// citation returns the length of the citation mark that s begins with, or 0.
// Digits are those of any script.
func citation(s string) int {
	if s[0] != '[' {
		return 0
	}
	for _, mark := range [...]string{"[edit]", "[citation needed]"} {
		if strings.HasPrefix(s, mark) {
			return len(mark)
		}
	}
	for i, r := range s[1:] {
		if r == ']' {
			return i + 2
		}
		if !words.IsDigit(r) {
			break
		}
	}
	return 0
}
