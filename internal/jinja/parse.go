package jinja

import "strings"

// A parser turns tokens into nodes.
type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) fail(format string, args ...any) {
	line := 0
	if len(p.tokens) > 0 {
		line = p.tokens[min(p.at, len(p.tokens)-1)].line
	}
	fail("line %d: "+format, append([]any{line}, args...)...)
}

// peek returns the next token; an empty one at the end.
func (p *parser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{kind: kindTagEnd}
}

func (p *parser) is(k kind, text string) bool {
	t := p.peek()
	return p.at < len(p.tokens) && t.kind == k && t.text == text
}

func (p *parser) sign(text string) bool { return p.take(kindSign, text) }

func (p *parser) word(text string) bool { return p.take(kindName, text) }

func (p *parser) take(k kind, text string) bool {
	ok := p.is(k, text)
	if ok {
		p.at++
	}
	return ok
}

func (p *parser) want(k kind, text string) {
	if !p.take(k, text) {
		p.fail("%q stands where %q must", p.peek().text, text)
	}
}

func (p *parser) name() string {
	t := p.peek()
	if t.kind != kindName {
		p.fail("%q stands where a name must", t.text)
	}
	p.at++
	return t.text
}

// deeper bounds how deep things lie in one another.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		p.fail("it goes deeper than %d", maxDepth)
	}
	return func() { p.depth-- }
}

// block reads until a tag that belongs to an outer block, which it leaves.
func (p *parser) block() (out []node) {
	defer p.deeper()()
	for p.at < len(p.tokens) {
		switch t := p.peek(); t.kind {
		case kindText:
			p.at++
			out = append(out, textNode(t.text))
		case kindOpen:
			p.at++
			out = append(out, &printNode{p.expression()})
			p.want(kindClose, "}}")
		default:
			next := token{}
			if p.at+1 < len(p.tokens) {
				next = p.tokens[p.at+1]
			}
			if next.text == "else" || next.text == "elif" || strings.HasPrefix(next.text, "end") {
				return out
			}
			p.at++
			if n := p.tag(); n != nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// tag reads a statement behind its {%.
func (p *parser) tag() node {
	switch name := p.name(); name {
	case "if":
		return p.ifTag()
	case "for":
		return p.forTag()
	case "set":
		return p.setTag()
	case "macro":
		return p.macroTag()
	case "break", "continue":
		p.want(kindTagEnd, "%}")
		if name == "break" {
			return jumpNode(breaks)
		}
		return jumpNode(continues)
	case "generation": // marks what a model is trained on
		p.want(kindTagEnd, "%}")
		body := p.block()
		p.end("endgeneration")
		return &ifNode{then: body}
	default:
		p.fail("the statement %q is not known", name)
		return nil
	}
}

// end reads a closing tag.
func (p *parser) end(name string) {
	p.want(kindTag, "{%")
	p.want(kindName, name)
	p.want(kindTagEnd, "%}")
}

func (p *parser) ifTag() node {
	n := &ifNode{test: p.expression()}
	p.want(kindTagEnd, "%}")
	n.then = p.block()
	p.want(kindTag, "{%")
	switch name := p.name(); name {
	case "elif":
		defer p.deeper()()
		n.other = []node{p.ifTag()}
	case "else":
		p.want(kindTagEnd, "%}")
		n.other = p.block()
		p.end("endif")
	case "endif":
		p.want(kindTagEnd, "%}")
	default:
		p.fail("%q stands where endif must", name)
	}
	return n
}

func (p *parser) forTag() node {
	n := &forNode{names: []string{p.name()}}
	for p.sign(",") {
		n.names = append(n.names, p.name())
	}
	p.want(kindName, "in")
	n.list = p.or()
	if p.word("if") {
		n.test = p.expression()
	}
	p.want(kindTagEnd, "%}")
	n.body = p.block()
	p.want(kindTag, "{%")
	if p.word("else") {
		p.want(kindTagEnd, "%}")
		n.other = p.block()
		p.want(kindTag, "{%")
	}
	p.want(kindName, "endfor")
	p.want(kindTagEnd, "%}")
	return n
}

func (p *parser) setTag() node {
	n := &setNode{name: p.name()}
	if p.sign(".") {
		n.field = p.name()
	}
	if p.sign("=") {
		n.value = p.expression()
		p.want(kindTagEnd, "%}")
		return n
	}
	p.want(kindTagEnd, "%}")
	n.body = p.block()
	p.end("endset")
	return n
}

func (p *parser) macroTag() node {
	m := &macro{}
	n := &macroNode{name: p.name(), macro: m}
	p.want(kindSign, "(")
	for !p.sign(")") {
		m.names = append(m.names, p.name())
		var value expr
		if p.sign("=") {
			value = p.expression()
		}
		m.values = append(m.values, value)
		if !p.sign(",") && !p.is(kindSign, ")") {
			p.fail("%q stands in the parameters of a macro", p.peek().text)
		}
	}
	p.want(kindTagEnd, "%}")
	m.body = p.block()
	p.end("endmacro")
	return n
}
