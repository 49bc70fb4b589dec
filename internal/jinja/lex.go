package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	kindText kind = iota
	kindOpen      // {{
	kindClose
	kindTag // {%
	kindTagEnd
	kindName
	kindString
	kindNumber
	kindSign
)

// A token is a piece of a template.
type token struct {
	kind kind
	text string
	line int
}

// lex cuts a template into tokens. A tag loses the line break behind it, and the white space before it
// on its line (trim_blocks, lstrip_blocks); a minus takes all white space. The last line break is not the template's.
func lex(src string) []token {
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: src, line: 1}
	trim := false
	for l.at < len(src) {
		next := opening(src, l.at)
		text := src[l.at:next]
		if trim {
			text = strings.TrimLeft(text, " \t\r\n")
		}
		if next < len(src) {
			text = before(text, src[next:], l.at == 0 || src[l.at-1] == '\n')
		}
		if text != "" {
			l.add(kindText, text)
		}
		l.line += strings.Count(src[l.at:next], "\n")
		if l.at = next; next < len(src) {
			trim = l.inside()
		}
	}
	return l.tokens
}

// opening returns where the next tag, expression or comment begins, or the end.
func opening(src string, at int) int {
	for ; at+1 < len(src); at++ {
		i := strings.IndexByte(src[at:len(src)-1], '{')
		if i < 0 {
			break
		}
		if at += i; strings.IndexByte("{%#", src[at+1]) >= 0 {
			return at
		}
	}
	return len(src)
}

// before takes the white space away that stands before a tag.
func before(text, tag string, start bool) string {
	if len(tag) > 2 && tag[2] == '-' {
		return strings.TrimRight(text, " \t\r\n")
	}
	if tag[1] == '{' || len(tag) > 2 && tag[2] == '+' {
		return text
	}
	line := strings.TrimRight(text, " \t")
	if line == "" && start || strings.HasSuffix(line, "\n") {
		return line
	}
	return text
}

type lexer struct {
	src    string
	at     int
	line   int
	tokens []token
}

func (l *lexer) add(k kind, text string) { l.tokens = append(l.tokens, token{k, text, l.line}) }

func (l *lexer) fail(format string, args ...any) {
	fail("line %d: "+format, append([]any{l.line}, args...)...)
}

// inside reads what stands in braces and reports whether white space behind it goes.
func (l *lexer) inside() (trim bool) {
	open := l.src[l.at : l.at+2]
	l.at += 2
	if open == "{#" {
		return l.comment()
	}
	start, end, shut := kindOpen, kindClose, "}}"
	if open == "{%" {
		start, end, shut = kindTag, kindTagEnd, "%}"
	}
	l.add(start, open)
	if l.at < len(l.src) && (l.src[l.at] == '-' || l.src[l.at] == '+') {
		l.at++
	}
	for depth := 0; ; {
		l.space()
		rest := l.src[l.at:]
		switch {
		case rest == "":
			l.fail("%s without %s", open, shut)
		case depth == 0 && strings.HasPrefix(rest, "-"+shut):
			l.at += 3
			l.add(end, shut)
			return true
		case depth == 0 && strings.HasPrefix(rest, shut):
			l.at += 2
			l.add(end, shut)
			if end == kindTagEnd {
				l.lineBreak()
			}
			return false
		}
		switch rest[0] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		l.token(rest)
	}
}

func (l *lexer) comment() (trim bool) {
	i := strings.Index(l.src[l.at:], "#}")
	if i < 0 {
		l.fail("a comment without end")
	}
	body := l.src[l.at : l.at+i]
	l.line += strings.Count(body, "\n")
	l.at += i + 2
	if strings.HasSuffix(body, "-") {
		return true
	}
	l.lineBreak()
	return false
}

// lineBreak skips one.
func (l *lexer) lineBreak() {
	if strings.HasPrefix(l.src[l.at:], "\r\n") {
		l.at++
	}
	if strings.HasPrefix(l.src[l.at:], "\n") {
		l.at++
		l.line++
	}
}

func (l *lexer) space() {
	for l.at < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.at]) >= 0 {
		if l.src[l.at] == '\n' {
			l.line++
		}
		l.at++
	}
}

func isName(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// token reads one token of an expression.
func (l *lexer) token(rest string) {
	n := 1
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		l.str(c)
		return
	case isDigit(c):
		for n < len(rest) && (isDigit(rest[n]) || rest[n] == '.' && n+1 < len(rest) && isDigit(rest[n+1])) {
			n++
		}
		l.add(kindNumber, rest[:n])
	case isName(c):
		for n < len(rest) && (isName(rest[n]) || isDigit(rest[n])) {
			n++
		}
		l.add(kindName, rest[:n])
	default:
		for _, two := range []string{"==", "!=", "<=", ">=", "//", "**"} {
			if strings.HasPrefix(rest, two) {
				n = 2
			}
		}
		if strings.IndexByte("()[]{}.,:|~+-*/%=<>!", c) < 0 || rest[:n] == "!" {
			l.fail("%q has no meaning here", rest[:n])
		}
		l.add(kindSign, rest[:n])
	}
	l.at += n
}

// str reads a string with the escapes of Python.
func (l *lexer) str(quote byte) {
	var b strings.Builder
	line := l.line
	for l.at++; l.at < len(l.src) && l.src[l.at] != quote; l.at++ {
		c := l.src[l.at]
		if c == '\n' {
			line++
		}
		if c != '\\' || l.at+1 == len(l.src) {
			b.WriteByte(c)
			continue
		}
		l.at++
		switch e := l.src[l.at]; e {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'u', 'x':
			n := 4
			if e == 'x' {
				n = 2
			}
			if l.at+n >= len(l.src) {
				l.fail("an escape that is cut")
			}
			v, err := strconv.ParseUint(l.src[l.at+1:l.at+1+n], 16, 32)
			if err != nil {
				l.fail("an escape that is no number")
			}
			b.WriteRune(rune(v))
			l.at += n
		case '\\', '\'', '"':
			b.WriteByte(e)
		default:
			b.Write([]byte{'\\', e}) // the first byte of a character: the others follow
		}
	}
	if l.at >= len(l.src) {
		l.fail("a text without end")
	}
	l.at++
	l.add(kindString, b.String())
	l.line = line
}
