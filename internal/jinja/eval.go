package jinja

import (
	"math"
	"strings"
	"unicode/utf8"
)

func (l literal) eval(*renderer, *scope) any { return l.v }

func (v variable) eval(_ *renderer, s *scope) any {
	x := s.get(v.name)
	if _, ok := x.(undefined); ok {
		if f := functionNamed(v.name); f != nil {
			return f
		}
	}
	return x
}

func (l listExpr) eval(r *renderer, s *scope) any {
	out := make([]any, len(l))
	for i, x := range l {
		r.step()
		out[i] = x.eval(r, s)
	}
	return out
}

func (d *dictExpr) eval(r *renderer, s *scope) any {
	m := NewMap()
	for i, k := range d.keys {
		m.Set(r.text(k.eval(r, s)), d.values[i].eval(r, s))
	}
	return m
}

func (f *field) eval(r *renderer, s *scope) any {
	of, key := f.of.eval(r, s), f.key.eval(r, s)
	if _, ok := of.(string); ok {
		r.weigh(of)
	}
	switch of := of.(type) {
	case *Map:
		name, ok := key.(string)
		if v, has := of.values[name]; ok && has {
			return v
		}
		if ok && f.dot && hasMethod(of, name) {
			return bound{of, name}
		}
		return undefined{}
	case []any:
		if i, ok := key.(int); ok {
			return at(of, place(i, len(of)))
		}
	case string:
		if i, ok := key.(int); ok {
			runes := []rune(of)
			if i = place(i, len(runes)); i >= 0 && i < len(runes) {
				return string(runes[i])
			}
			return undefined{}
		}
	case undefined:
		fail("%s of something that is not there", r.text(key))
	}
	if name, ok := key.(string); ok && f.dot && hasMethod(of, name) {
		return bound{of, name}
	}
	return undefined{}
}

// place turns a place from the end, which is negative, into one from the start.
func place(i, n int) int {
	if i < 0 {
		return i + n
	}
	return i
}

func (x *slicing) eval(r *renderer, s *scope) any {
	of := x.of.eval(r, s)
	_, isText := of.(string)
	items := r.list(of)
	step := integer(x.step, r, s, 1)
	if step == 0 {
		fail("a slice of step 0")
	}
	n := len(items)
	from, to := 0, n
	if step < 0 {
		from, to = n-1, -1
	}
	limit := func(e expr, v int) int {
		if e == nil || e.eval(r, s) == nil {
			return v
		}
		i := place(integer(e, r, s, 0), n)
		if step < 0 {
			return max(-1, min(i, n-1))
		}
		return max(0, min(i, n))
	}
	from, to = limit(x.from, from), limit(x.to, to)
	var out []any
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		r.step()
		out = append(out, items[i])
	}
	if !isText {
		return out
	}
	var b strings.Builder
	for _, c := range out {
		b.WriteString(c.(string))
	}
	return b.String()
}

func integer(e expr, r *renderer, s *scope, or int) int {
	if e == nil {
		return or
	}
	n, ok := e.eval(r, s).(int)
	if !ok || n > math.MaxInt32 || n < -math.MaxInt32 {
		fail("a number must be there that is whole")
	}
	return n
}

func (t *ternary) eval(r *renderer, s *scope) any {
	if truth(t.test.eval(r, s)) {
		return t.then.eval(r, s)
	}
	if t.other == nil {
		return undefined{}
	}
	return t.other.eval(r, s)
}

func (u *unary) eval(r *renderer, s *scope) any {
	x := u.x.eval(r, s)
	if u.op == "not" {
		return !truth(x)
	}
	switch x := x.(type) {
	case int:
		return -x
	case float64:
		return -x
	}
	fail("- of no number")
	return nil
}

func (b *binary) eval(r *renderer, s *scope) any {
	r.step()
	x := b.a.eval(r, s)
	switch b.op {
	case "and":
		if !truth(x) {
			return x
		}
		return b.b.eval(r, s)
	case "or":
		if truth(x) {
			return x
		}
		return b.b.eval(r, s)
	}
	y := b.b.eval(r, s)
	r.weigh(x)
	r.weigh(y)
	switch b.op {
	case "==":
		return r.equal(x, y)
	case "!=":
		return !r.equal(x, y)
	case "in":
		return r.contains(y, x)
	case "~":
		return r.joined(r.text(x), r.text(y))
	case "<", ">", "<=", ">=":
		return compare(b.op, x, y, b.line)
	}
	return r.arithmetic(b, x, y)
}

// joined bounds the length of texts.
func (r *renderer) joined(a, b string) string {
	if len(a)+len(b) > maxOutput {
		fail("it does too much")
	}
	r.steps -= (len(a) + len(b)) / 64
	return a + b
}

func (r *renderer) arithmetic(b *binary, x, y any) any {
	if b.op == "+" {
		xs, ok1 := x.(string)
		ys, ok2 := y.(string)
		if ok1 && ok2 {
			return r.joined(xs, ys)
		}
		xl, ok1 := x.([]any)
		yl, ok2 := y.([]any)
		if ok1 && ok2 {
			r.steps -= len(xl) + len(yl)
			return append(append([]any{}, xl...), yl...)
		}
	}
	xi, ok1 := x.(int)
	yi, ok2 := y.(int)
	if ok1 && ok2 && b.op != "/" {
		return b.whole(xi, yi)
	}
	xf, ok1 := float(x)
	yf, ok2 := float(y)
	if !ok1 || !ok2 {
		fail("line %d: %s between %s and %s", b.line, b.op, kindOf(x), kindOf(y))
	}
	switch b.op {
	case "+":
		return xf + yf
	case "-":
		return xf - yf
	case "*":
		return xf * yf
	case "/":
		return xf / yf
	}
	q := math.Floor(xf / yf)
	if b.op == "//" {
		return q
	}
	return xf - q*yf
}

// whole calculates with whole numbers; divisions round down.
func (b *binary) whole(x, y int) int {
	switch b.op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	}
	if y == 0 {
		fail("line %d: a division by 0", b.line)
	}
	q := int(math.Floor(float64(x) / float64(y)))
	if b.op == "//" {
		return q
	}
	return x - q*y
}

func compare(op string, x, y any, line int) bool {
	c := 0
	xs, ok1 := x.(string)
	ys, ok2 := y.(string)
	if ok1 && ok2 {
		c = strings.Compare(xs, ys)
	} else {
		xf, ok1 := float(x)
		yf, ok2 := float(y)
		switch {
		case !ok1 || !ok2:
			fail("line %d: %s between %s and %s", line, op, kindOf(x), kindOf(y))
		case xf < yf:
			c = -1
		case xf > yf:
			c = 1
		}
	}
	return c < 0 && op[0] == '<' || c > 0 && op[0] == '>' || c == 0 && len(op) == 2
}

func (c *call) eval(r *renderer, s *scope) any {
	r.step()
	of := c.of.eval(r, s)
	args := make([]any, len(c.args))
	for i, a := range c.args {
		args[i] = a.eval(r, s)
	}
	named := map[string]any{}
	for k, a := range c.named {
		named[k] = a.eval(r, s)
	}
	if r.depth++; r.depth > maxDepth {
		fail("it goes deeper than %d", maxDepth)
	}
	defer func() { r.depth-- }()
	switch f := of.(type) {
	case *macro:
		return f.call(r, args, named)
	case function:
		return f(r, args, named)
	case bound:
		return f.call(r, args)
	}
	fail("line %d: what is called here is no function", c.line)
	return nil
}

// A bound is a method of a value.
type bound struct {
	of   any
	name string
}

// characters counts them.
func characters(s string) int { return utf8.RuneCountInString(s) }
