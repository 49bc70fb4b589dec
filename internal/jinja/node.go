package jinja

// A node is a statement.
type node interface {
	run(r *renderer, s *scope) jump
}

type (
	textNode  string
	printNode struct{ x expr }
	ifNode    struct {
		test        expr // nil is true
		then, other []node
	}
	forNode struct {
		names       []string
		list, test  expr
		body, other []node
	}
	setNode struct {
		name, field string
		value       expr
		body        []node
	}
	macroNode struct {
		name  string
		macro *macro
	}
	jumpNode jump
)

// A macro is a function of a template.
type macro struct {
	names  []string
	values []expr // defaults, nil for none
	body   []node
	scope  *scope // where it was defined
}

func (n textNode) run(r *renderer, _ *scope) jump {
	r.write(string(n))
	return onward
}

func (n *printNode) run(r *renderer, s *scope) jump {
	r.write(r.text(n.x.eval(r, s)))
	return onward
}

func (n *ifNode) run(r *renderer, s *scope) jump {
	if n.test == nil || truth(n.test.eval(r, s)) {
		return r.run(n.then, s)
	}
	return r.run(n.other, s)
}

func (n jumpNode) run(*renderer, *scope) jump { return jump(n) }

func (n *setNode) run(r *renderer, s *scope) jump {
	var v any
	if n.value != nil {
		v = n.value.eval(r, s)
	} else {
		v = r.captured(n.body, s)
	}
	if n.field == "" {
		s.vars[n.name] = v
		return onward
	}
	m, ok := s.get(n.name).(*Map)
	if !ok {
		fail("%s is no namespace", n.name)
	}
	m.Set(n.field, v)
	return onward
}

func (n *macroNode) run(_ *renderer, s *scope) jump {
	m := *n.macro
	m.scope = s
	s.vars[n.name] = &m
	return onward
}

func (n *forNode) run(r *renderer, s *scope) jump {
	items := r.list(n.list.eval(r, s))
	if n.test != nil {
		var some []any
		for _, v := range items {
			r.step()
			inner := &scope{vars: map[string]any{}, outer: s}
			n.bind(r, inner, v)
			if truth(n.test.eval(r, inner)) {
				some = append(some, v)
			}
		}
		items = some
	}
	if len(items) == 0 {
		return r.run(n.other, s)
	}
	for i, v := range items {
		r.spend(8) // the loop's variables
		inner := &scope{vars: map[string]any{}, outer: s}
		n.bind(r, inner, v)
		loop := NewMap("index", i+1, "index0", i, "first", i == 0, "last", i == len(items)-1, "length", len(items), "revindex", len(items)-i, "revindex0", len(items)-i-1)
		loop.Set("previtem", at(items, i-1))
		loop.Set("nextitem", at(items, i+1))
		inner.vars["loop"] = loop
		if r.run(n.body, inner) == breaks {
			break
		}
	}
	return onward
}

func at(items []any, i int) any {
	if i < 0 || i >= len(items) {
		return undefined{}
	}
	return items[i]
}

// bind gives an element its name, or its parts theirs.
func (n *forNode) bind(r *renderer, s *scope, v any) {
	if len(n.names) == 1 {
		s.vars[n.names[0]] = v
		return
	}
	parts := r.list(v)
	if len(parts) != len(n.names) {
		fail("%d names for %d values", len(n.names), len(parts))
	}
	for i, name := range n.names {
		s.vars[name] = parts[i]
	}
}

// call runs a macro.
func (m *macro) call(r *renderer, args []any, named map[string]any) any {
	s := &scope{vars: map[string]any{}, outer: m.scope}
	for i, name := range m.names {
		v, ok := named[name]
		switch {
		case i < len(args):
			v = args[i]
		case ok:
		case m.values[i] != nil:
			v = m.values[i].eval(r, m.scope)
		default:
			v = undefined{}
		}
		s.vars[name] = v
	}
	if len(args) > len(m.names) {
		fail("a macro takes %d values, not %d", len(m.names), len(args))
	}
	return r.captured(m.body, s)
}
