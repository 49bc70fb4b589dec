package jinja

import (
	"strconv"
	"strings"
)

// An expr is an expression.
type expr interface {
	eval(r *renderer, s *scope) any
}

type (
	literal  struct{ v any }
	variable struct{ name string }
	field    struct { // x.name, x[key]
		of, key expr
		dot     bool
	}
	slicing  struct{ of, from, to, step expr }
	listExpr []expr
	dictExpr struct{ keys, values []expr }
	call     struct {
		of    expr
		args  []expr
		named map[string]expr
		line  int
	}
	filter struct {
		of   expr
		name string
		args []expr
		with map[string]expr
		line int
	}
	test struct {
		of   expr
		name string
		args []expr
		not  bool
		line int
	}
	unary struct {
		op string
		x  expr
	}
	binary struct {
		op   string
		a, b expr
		line int
	}
	ternary struct{ test, then, other expr }
)

// expression reads an expression with its condition.
func (p *parser) expression() expr {
	defer p.deeper()()
	x := p.or()
	for p.word("if") {
		t := &ternary{then: x, test: p.or()}
		if p.word("else") {
			t.other = p.expression()
		}
		x = t
	}
	return x
}

func (p *parser) or() expr {
	x := p.and()
	for p.word("or") {
		x = &binary{op: "or", a: x, b: p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.word("and") {
		x = &binary{op: "and", a: x, b: p.not()}
	}
	return x
}

func (p *parser) not() expr {
	defer p.deeper()()
	if p.word("not") {
		return &unary{"not", p.not()}
	}
	return p.comparison()
}

func (p *parser) comparison() expr {
	x := p.sum()
	for {
		t := p.peek()
		switch {
		case t.kind == kindSign && (t.text == "==" || t.text == "!=" || t.text == "<" || t.text == ">" || t.text == "<=" || t.text == ">="):
			p.at++
			x = &binary{t.text, x, p.sum(), t.line}
		case p.word("in"):
			x = &binary{"in", x, p.sum(), t.line}
		case p.is(kindName, "not") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "in":
			p.at += 2
			x = &unary{"not", &binary{"in", x, p.sum(), t.line}}
		default:
			return x
		}
	}
}

// sum reads + and -, and ~ which binds closer than comparisons only.
func (p *parser) sum() expr {
	x := p.product()
	for {
		t := p.peek()
		if t.kind != kindSign || t.text != "+" && t.text != "-" && t.text != "~" {
			return x
		}
		p.at++
		x = &binary{t.text, x, p.product(), t.line}
	}
}

func (p *parser) product() expr {
	x := p.signed()
	for {
		t := p.peek()
		if t.kind != kindSign || t.text != "*" && t.text != "/" && t.text != "//" && t.text != "%" {
			return x
		}
		p.at++
		x = &binary{t.text, x, p.signed(), t.line}
	}
}

// signed reads what may have a sign before it, and filters and tests behind it.
func (p *parser) signed() expr {
	defer p.deeper()()
	var x expr
	switch {
	case p.sign("-"):
		x = &unary{"-", p.signed()}
	case p.sign("+"):
		x = p.signed()
	default:
		x = p.postfix(p.primary())
	}
	for {
		line := p.peek().line
		switch {
		case p.sign("|"):
			f := &filter{of: x, name: p.name(), line: line}
			if p.sign("(") {
				f.args, f.with = p.arguments()
			}
			x = f
		case p.word("is"):
			t := &test{of: x, not: p.word("not"), line: line}
			t.name = p.name()
			if p.sign("(") {
				t.args, _ = p.arguments()
			} else if k := p.peek().kind; k == kindString || k == kindNumber {
				t.args = []expr{p.primary()}
			}
			x = t
		default:
			return x
		}
	}
}

// postfix reads fields, elements and calls behind an expression.
func (p *parser) postfix(x expr) expr {
	for {
		line := p.peek().line
		switch {
		case p.sign("."):
			if t := p.peek(); t.kind == kindNumber {
				p.at++
				x = &field{x, number(t.text), false}
				continue
			}
			x = &field{x, literal{p.name()}, true}
		case p.sign("["):
			x = p.element(x)
		case p.sign("("):
			c := &call{of: x, line: line}
			c.args, c.named = p.arguments()
			x = c
		default:
			return x
		}
	}
}

// element reads [key] or a slice.
func (p *parser) element(x expr) expr {
	var parts [3]expr
	n, sliced := 0, false
	for !p.sign("]") {
		if p.sign(":") {
			if n++; n > 2 {
				p.fail("a slice of too many parts")
			}
			sliced = true
			continue
		}
		if parts[n] != nil {
			p.fail("%q stands where ] must", p.peek().text)
		}
		parts[n] = p.expression()
	}
	if sliced {
		return &slicing{x, parts[0], parts[1], parts[2]}
	}
	if parts[0] == nil {
		p.fail("an element without its place")
	}
	return &field{x, parts[0], false}
}

func (p *parser) arguments() (args []expr, named map[string]expr) {
	for !p.sign(")") {
		if t := p.peek(); t.kind == kindName && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "=" && p.tokens[p.at+1].kind == kindSign {
			p.at += 2
			if named == nil {
				named = map[string]expr{}
			}
			named[t.text] = p.expression()
		} else {
			args = append(args, p.expression())
		}
		if !p.sign(",") && !p.is(kindSign, ")") {
			p.fail("%q stands among arguments", p.peek().text)
		}
	}
	return args, named
}

func (p *parser) primary() expr {
	t := p.peek()
	p.at++
	switch {
	case t.kind == kindString:
		text := t.text
		for p.peek().kind == kindString {
			text += p.peek().text
			p.at++
		}
		return literal{text}
	case t.kind == kindNumber:
		return number(t.text)
	case t.kind == kindName:
		switch t.text {
		case "true", "True":
			return literal{true}
		case "false", "False":
			return literal{false}
		case "none", "None", "null":
			return literal{nil}
		}
		return variable{t.text}
	case t.kind == kindSign && t.text == "(":
		return p.group()
	case t.kind == kindSign && t.text == "[":
		return p.list("]")
	case t.kind == kindSign && t.text == "{":
		return p.dict()
	}
	p.at--
	p.fail("%q stands where a value must", t.text)
	return nil
}

// group reads what stands in parentheses: an expression, or a tuple.
func (p *parser) group() expr {
	if p.sign(")") {
		return listExpr{}
	}
	x := p.expression()
	if p.sign(")") {
		return x
	}
	p.want(kindSign, ",")
	return append(listExpr{x}, p.list(")")...)
}

func (p *parser) list(end string) (out listExpr) {
	out = listExpr{}
	for !p.sign(end) {
		out = append(out, p.expression())
		if !p.sign(",") && !p.is(kindSign, end) {
			p.fail("%q stands in a list", p.peek().text)
		}
	}
	return out
}

func (p *parser) dict() expr {
	d := &dictExpr{}
	for !p.sign("}") {
		d.keys = append(d.keys, p.expression())
		p.want(kindSign, ":")
		d.values = append(d.values, p.expression())
		if !p.sign(",") && !p.is(kindSign, "}") {
			p.fail("%q stands in a dict", p.peek().text)
		}
	}
	return d
}

func number(text string) expr {
	if strings.Contains(text, ".") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			fail("%q is no number", text)
		}
		return literal{f}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		fail("%q is no number", text)
	}
	return literal{n}
}
