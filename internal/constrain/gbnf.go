package constrain

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxGrammar is the longest text of a grammar, in bytes; maxDepth how deep groups lie in
// one another.
const (
	maxGrammar = 1 << 20
	maxDepth   = 100
)

// Parse reads a grammar in the form of llama.cpp (GBNF): rules "name ::= …" of "texts",
// [classes], [^others], a point for any character, (groups), alternatives with |, and
// * + ? {n} {n,} {n,m} behind a part. Comments begin with #. The rule root is the text.
func Parse(text string) (*Grammar, error) {
	if len(text) > maxGrammar || !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: it is not UTF-8, or longer than %d bytes", ErrGrammar, maxGrammar)
	}
	p := &parser{builder: newBuilder(), text: text, names: map[string]sym{}, line: 1}
	for p.blank(); p.err == nil && p.at < len(p.text); p.blank() {
		p.definition()
	}
	if p.err == nil {
		for name, r := range p.names {
			if !p.defined(r) {
				p.fail("rule %q is used and not defined", name)
			}
		}
		if _, ok := p.names["root"]; !ok {
			p.fail("there is no rule \"root\"")
		}
	}
	return p.finish(p.names["root"])
}

// A parser reads GBNF.
type parser struct {
	*builder
	text  string
	at    int
	line  int
	depth int
	names map[string]sym
}

func (p *parser) defined(r sym) bool { return len(p.rules[r.at]) > 0 }

// wrong notes an error where the parser is.
func (p *parser) wrong(format string, args ...any) {
	p.fail("line %d: "+format, append([]any{p.line}, args...)...)
	p.at = len(p.text)
}

// blank skips white space and comments.
func (p *parser) blank() {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '#':
			if end := strings.IndexByte(p.text[p.at:], '\n'); end >= 0 {
				p.at += end - 1
			} else {
				p.at = len(p.text) - 1
			}
		case c == '\n':
			p.line++
		case c != ' ' && c != '\t' && c != '\r':
			return
		}
	}
}

// next reports whether the text goes on with s, and skips it.
func (p *parser) next(s string) bool {
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *parser) name() string {
	from := p.at
	for p.at < len(p.text) {
		if c := p.text[p.at]; c != '-' && c != '_' && (c < '0' || c > '9') && (c|32 < 'a' || c|32 > 'z') {
			break
		}
		p.at++
	}
	return p.text[from:p.at]
}

// named returns the rule of a name, which may be defined later.
func (p *parser) named(name string) sym {
	r, ok := p.names[name]
	if !ok {
		r = p.rule()
		p.names[name] = r
	}
	return r
}

func (p *parser) definition() {
	name := p.name()
	if name == "" {
		p.wrong("want the name of a rule")
		return
	}
	p.blank()
	if !p.next("::=") {
		p.wrong("want ::= behind %q", name)
		return
	}
	r := p.named(name)
	if p.defined(r) {
		p.wrong("rule %q is defined twice", name)
		return
	}
	for _, a := range p.alternatives() {
		p.alt(r, a)
	}
}

// alternatives reads parts up to the end of a rule or a group.
func (p *parser) alternatives() [][]sym {
	var all [][]sym
	if p.depth++; p.depth > maxDepth {
		p.wrong("groups lie deeper than %d in one another", maxDepth)
	}
	for {
		all = append(all, p.sequence())
		if !p.next("|") {
			p.depth--
			return all
		}
	}
}

func (p *parser) sequence() []sym {
	var out []sym
	for p.blank(); p.err == nil && p.at < len(p.text) && p.text[p.at] != '|' && p.text[p.at] != ')'; p.blank() {
		part, ok := p.part()
		if !ok {
			break
		}
		out = append(out, p.times(part)...)
	}
	return out
}

// part reads one part; ok is false where the next rule begins.
func (p *parser) part() (part []sym, ok bool) {
	switch {
	case p.next(`"`):
		return p.quotedText(), true
	case p.next("["):
		return p.ranges(), true
	case p.next("."):
		return p.class(nil, true), true
	case p.next("("):
		all := p.alternatives()
		if !p.next(")") {
			p.wrong("want )")
		}
		return p.either(all...), true
	}
	at, line := p.at, p.line
	name := p.name()
	if name == "" {
		p.wrong("%q is no part of a rule", p.text[p.at:min(len(p.text), p.at+1)])
		return nil, false
	}
	behind := p.at
	if p.blank(); p.next("::=") {
		p.at, p.line = at, line
		return nil, false
	}
	p.at = behind
	return []sym{p.named(name)}, true
}

// times reads a repetition behind a part.
func (p *parser) times(part []sym) []sym {
	for p.err == nil {
		switch {
		case p.next("*"):
			part = p.repeat(part, 0, -1)
		case p.next("+"):
			part = p.repeat(part, 1, -1)
		case p.next("?"):
			part = p.repeat(part, 0, 1)
		case p.next("{"):
			part = p.counted(part)
		default:
			return part
		}
	}
	return nil
}

func (p *parser) counted(part []sym) []sym {
	end := strings.IndexByte(p.text[p.at:], '}')
	if end < 0 {
		p.wrong("want }")
		return nil
	}
	from, to, two := strings.Cut(p.text[p.at:p.at+end], ",")
	p.at += end + 1
	least, err := strconv.Atoi(strings.TrimSpace(from))
	most := least
	if err == nil && two {
		most = -1
		if to = strings.TrimSpace(to); to != "" {
			most, err = strconv.Atoi(to)
		}
	}
	if err != nil || two && to != "" && most < least {
		p.wrong("want {n}, {n,} or {n,m}")
		return nil
	}
	return p.repeat(part, least, most)
}

func (p *parser) quotedText() []sym {
	var text []byte
	for p.err == nil && !p.next(`"`) {
		r, ok := p.char()
		if !ok {
			return nil
		}
		text = utf8.AppendRune(text, r)
	}
	return p.literal(string(text))
}

func (p *parser) ranges() []sym {
	not := p.next("^")
	var all []runeRange
	for p.err == nil && !p.next("]") {
		from, ok := p.char()
		to := from
		if ok && p.at+1 < len(p.text) && p.text[p.at] == '-' && p.text[p.at+1] != ']' {
			p.at++
			to, ok = p.char()
		}
		if ok && to < from {
			p.wrong("a range from %q to %q", from, to)
		}
		if !ok || p.err != nil {
			return nil
		}
		all = append(all, runeRange{from, to})
	}
	return p.class(all, not)
}

// char reads a character, escaped or not.
func (p *parser) char() (rune, bool) {
	r, n := utf8.DecodeRuneInString(p.text[p.at:])
	if n == 0 || r == '\n' {
		p.wrong("a text or a class has no end")
		return 0, false
	}
	p.at += n
	if r != '\\' {
		return r, true
	}
	if p.at == len(p.text) {
		p.wrong("nothing behind \\")
		return 0, false
	}
	c := p.text[p.at]
	p.at++
	if short := strings.IndexByte(`nrt\"[]^-./`, c); short >= 0 {
		return rune("\n\r\t\\\"[]^-./"[short]), true
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 || p.at+digits > len(p.text) {
		p.wrong("\\%c is no character", c)
		return 0, false
	}
	n64, err := strconv.ParseUint(p.text[p.at:p.at+digits], 16, 32)
	p.at += digits
	if err != nil || n64 > utf8.MaxRune || !utf8.ValidRune(rune(n64)) {
		p.wrong("\\%c%s is no character", c, p.text[p.at-digits:p.at])
		return 0, false
	}
	return rune(n64), true
}
