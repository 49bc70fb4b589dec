package wikitext

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// A lineReader turns expanded markup into text, line by line.
type lineReader struct {
	p        *Parser
	out      []byte
	last     byte      // what the last block was: kinds below
	para     []byte    // paragraph being collected
	preform  bool      // para is preformatted: its line ends stay
	headings []heading // not written yet: their sections are empty so far
	skip     int       // level of the heading whose section is left away; 0 none
	counts   []int     // of numbered lists, by depth
	tables   []table
	clean    []byte
	inline   []byte
}

type heading struct {
	level int
	text  string
}

// What a block is decides what stands before it.
const (
	blockNone = iota
	blockText
	blockItem
	blockRow
)

func (l *lineReader) reset(p *Parser) {
	*l = lineReader{p: p, out: l.out[:0], para: l.para[:0], headings: l.headings[:0], counts: l.counts[:0],
		tables: l.tables[:0], clean: l.clean[:0], inline: l.inline[:0]}
}

func (l *lineReader) read(markup []byte) []byte {
	for len(markup) > 0 {
		n := bytes.IndexByte(markup, '\n')
		line := markup
		if n < 0 {
			markup = nil
		} else {
			line, markup = markup[:n], markup[n+1:]
		}
		l.line(line)
	}
	for len(l.tables) > 0 {
		l.endTable()
	}
	l.endPara()
	return l.out
}

// line takes one line by its first mark.
func (l *lineReader) line(raw []byte) {
	line := bytes.Trim(raw, " \t")
	if l.tableLine(line) {
		return
	}
	if len(l.tables) > 0 {
		l.cellLine(line)
		return
	}
	bare := bytes.TrimLeft(line, "\x02 \t")
	if len(bare) == 0 { // a line where all was dropped parts paragraphs too
		l.endPara()
		return
	}
	if text, ok := l.block(bare); ok {
		l.endPara()
		l.body(blockText, []byte(text))
		return
	}
	switch bare[0] {
	case '=':
		if level, text, ok := headingLine(bare); ok {
			l.heading(level, text)
			return
		}
	case '*', '#', ':', ';':
		l.item(bare)
		return
	case '-':
		if bytes.HasPrefix(bare, []byte("----")) {
			l.endPara()
			if bare = bytes.TrimLeft(bare, "- "); len(bare) == 0 {
				return
			}
		}
	}
	l.counts = l.counts[:0]
	l.addPara(bare, raw[0] == ' ')
}

// block returns the text of a line that is one block placeholder.
func (l *lineReader) block(line []byte) (string, bool) {
	if line[0] != markLiteral || len(line) < 3 || line[len(line)-1] != markLiteral {
		return "", false
	}
	k, err := strconv.Atoi(string(line[1 : len(line)-1]))
	if err != nil || k >= len(l.p.verbatim) || !l.p.verbatim[k].block {
		return "", false
	}
	return l.p.verbatim[k].text, true
}

// headingLine parses "== words ==".
func headingLine(line []byte) (level int, text []byte, ok bool) {
	line = bytes.TrimRight(line, " \t\x02")
	for level < 6 && 2*level+2 < len(line) && line[level] == '=' && line[len(line)-1-level] == '=' {
		level++
	}
	if level == 0 {
		return 0, nil, false
	}
	return level, bytes.TrimSpace(line[level : len(line)-level]), true
}

// heading keeps a heading until something is written below it.
func (l *lineReader) heading(level int, text []byte) {
	l.endPara()
	l.counts = l.counts[:0]
	for n := len(l.headings); n > 0 && l.headings[n-1].level >= level; n = len(l.headings) {
		l.headings = l.headings[:n-1]
	}
	if l.skip > 0 && level <= l.skip {
		l.skip = 0
	}
	if l.skip > 0 {
		return
	}
	words := string(l.finish(text, ' '))
	if !l.p.KeepAppendices && appendices[normal(words)] {
		l.skip = level
		return
	}
	if words != "" {
		l.headings = append(l.headings, heading{level, words})
	}
}

// body writes a finished block and the headings that wait for one.
func (l *lineReader) body(kind byte, text []byte) {
	if len(bytes.TrimSpace(text)) == 0 || l.skip > 0 {
		return
	}
	for _, h := range l.headings {
		l.separate(blockText)
		l.out = append(l.out, h.text...)
	}
	l.headings = l.headings[:0]
	l.separate(kind)
	l.out = append(l.out, text...)
}

func (l *lineReader) separate(kind byte) {
	switch {
	case len(l.out) == 0:
	case kind == l.last && kind != blockText:
		l.out = append(l.out, '\n')
	default:
		l.out = append(l.out, "\n\n"...)
	}
	l.last = kind
}

// addPara adds a line to the paragraph. Lines are joined by a space, but not
// between characters of scripts without spaces; lines that start with one keep
// their ends.
func (l *lineReader) addPara(line []byte, pre bool) {
	if len(l.para) > 0 && l.preform != pre {
		l.endPara()
	}
	l.preform = pre
	if len(l.para) > 0 {
		switch {
		case pre:
			l.para = append(l.para, markBreak)
		case l.para[len(l.para)-1] != markBreak && !(wideEnd(l.para) && wideStart(line)):
			l.para = append(l.para, ' ')
		}
	}
	l.para = append(l.para, line...)
}

func wideEnd(b []byte) bool {
	r, _ := utf8.DecodeLastRune(bytes.TrimRight(b, "\x02"))
	return wide(r)
}

func wideStart(b []byte) bool {
	r, _ := utf8.DecodeRune(bytes.TrimLeft(b, "\x02'"))
	return wide(r)
}

// wide reports characters of Chinese and Japanese text, punctuation included.
func wide(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff && r != 0x3000 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe4f ||
		r >= 0xff00 && r <= 0xffef || r >= 0x20000 && r <= 0x3ffff || r == '“' || r == '”' || r == '…'
}

func (l *lineReader) endPara() {
	if len(l.para) == 0 {
		return
	}
	l.body(blockText, l.finish(l.para, '\n'))
	l.para = l.para[:0]
}

// item writes a list item. Numbered lists count by depth.
func (l *lineReader) item(line []byte) {
	l.endPara()
	n := 0
	for n < len(line) && bytes.IndexByte([]byte("*#:;"), line[n]) >= 0 {
		n++
	}
	marks, text := line[:n], bytes.TrimSpace(line[n:])
	if n > maxDepth {
		n = maxDepth
	}
	for len(l.counts) < n {
		l.counts = append(l.counts, 0)
	}
	l.counts = l.counts[:n]
	kind := marks[len(marks)-1]
	if kind == ':' && bytes.HasPrefix(text, []byte("{|")) && l.tableLine(text) {
		return
	}
	if len(bytes.Trim(text, "\x02 \t")) == 0 {
		return
	}
	if text2, ok := l.block(bytes.TrimLeft(text, "\x02 ")); ok {
		l.body(blockText, []byte(text2))
		return
	}
	words := l.finish(text, ' ')
	if len(words) == 0 {
		return
	}
	l.inline = l.inline[:0]
	switch kind {
	case '*':
		l.inline = append(l.inline, "- "...)
	case '#':
		l.counts[n-1]++
		l.inline = append(strconv.AppendInt(l.inline, int64(l.counts[n-1]), 10), ". "...)
	}
	l.inline = append(l.inline, words...)
	l.body(blockItem, l.inline)
}
