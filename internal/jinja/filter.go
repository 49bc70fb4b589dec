package jinja

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func (f *filter) eval(r *renderer, s *scope) any {
	r.step()
	v := f.of.eval(r, s)
	args := make([]any, len(f.args))
	for i, a := range f.args {
		args[i] = a.eval(r, s)
	}
	named := map[string]any{}
	for k, a := range f.with {
		named[k] = a.eval(r, s)
	}
	if out, ok := r.filter(f.name, v, args, named); ok {
		return out
	}
	fail("line %d: the filter %q is not known", f.line, f.name)
	return nil
}

// filter runs a filter of one of its kinds.
func (r *renderer) filter(name string, v any, args []any, named map[string]any) (any, bool) {
	r.weigh(v)
	for _, of := range []func(string, any, []any, map[string]any) (any, bool){r.textFilter, r.listFilter, r.chooseFilter} {
		if out, ok := of(name, v, args, named); ok {
			return out, true
		}
	}
	return nil, false
}

func (r *renderer) textFilter(name string, v any, args []any, named map[string]any) (any, bool) {
	switch name {
	case "trim":
		return stripped(r.text(v), "strip", args), true
	case "upper", "lower", "title", "capitalize", "replace":
		return textMethod(r, r.text(v), name, args), true
	case "string":
		return r.text(v), true
	case "safe":
		return v, true
	case "escape", "e":
		r.spend(len(r.text(v)) / 16)
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(r.text(v)), true
	case "tojson":
		return r.toJSON(v, args, named), true
	case "indent":
		return r.indented(r.text(v), args, named), true
	case "int":
		if f, ok := float(v); ok {
			return int(math.Trunc(f)), true
		}
		n, _ := strconv.Atoi(strings.TrimSpace(r.text(v))) // 0 where it is no number, as in Jinja
		return n, true
	case "float":
		if f, ok := float(v); ok {
			return f, true
		}
		f, _ := strconv.ParseFloat(strings.TrimSpace(r.text(v)), 64)
		return f, true
	case "default", "d":
		_, gone := v.(undefined)
		if loose, ok := arg(args, 1).(bool); gone || (ok && loose || named["boolean"] == true) && !truth(v) {
			return arg(args, 0), true
		}
		return v, true
	}
	return nil, false
}

func (r *renderer) toJSON(v any, args []any, named map[string]any) string {
	indent := whole(args, 0, 0)
	if n, ok := named["indent"].(int); ok {
		indent = n
	}
	var b strings.Builder
	r.writeJSON(&b, v, max(0, min(indent, 16)), 0)
	r.steps -= b.Len() / 64
	return b.String()
}

func (r *renderer) indented(text string, args []any, named map[string]any) string {
	pad := strings.Repeat(" ", max(0, min(whole(args, 0, 4), 100)))
	r.spend(strings.Count(text, "\n") * len(pad) / 16)
	text = strings.ReplaceAll(text, "\n", "\n"+pad)
	if first, ok := named["first"].(bool); ok && first {
		text = pad + text
	}
	return strings.ReplaceAll(text, "\n"+pad+"\n", "\n\n")
}

func (r *renderer) listFilter(name string, v any, args []any, named map[string]any) (any, bool) {
	switch name {
	case "length", "count":
		if s, ok := v.(string); ok {
			return characters(s), true
		}
		return len(r.list(v)), true
	case "join":
		all := r.list(v)
		if by, ok := named["attribute"]; ok {
			all = pluck(all, r.text(by))
		}
		return joinList(r, all, r.text(arg(args, 0))), true
	case "first":
		return at(r.list(v), 0), true
	case "last":
		return at(r.list(v), len(r.list(v))-1), true
	case "list":
		return r.list(v), true
	case "reverse":
		out := slices.Clone(r.list(v))
		slices.Reverse(out)
		return out, true
	case "sort":
		return r.sorted(r.list(v)), true
	case "unique":
		return r.unique(r.list(v)), true
	case "items":
		if m, ok := v.(*Map); ok {
			return r.mapMethod(m, "items", nil), true
		}
		return []any{}, true
	case "dictsort":
		m, ok := v.(*Map)
		if !ok {
			fail("dictsort of %s", kindOf(v))
		}
		out := []any{}
		for _, k := range slices.Sorted(slices.Values(m.keys)) {
			out = append(out, []any{k, m.values[k]})
		}
		return out, true
	}
	return nil, false
}

func (r *renderer) unique(all []any) []any {
	out := []any{}
	for _, x := range all {
		r.steps -= len(out)
		r.step()
		if !r.contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func pluck(all []any, name string) []any {
	out := make([]any, len(all))
	for i, x := range all {
		out[i] = undefined{}
		if m, ok := x.(*Map); ok {
			if v, ok := m.values[name]; ok {
				out[i] = v
			}
		}
	}
	return out
}

// chooseFilter are filters that go through a list with a filter or a test.
func (r *renderer) chooseFilter(name string, v any, args []any, named map[string]any) (any, bool) {
	switch name {
	case "map":
		all := r.list(v)
		if by, ok := named["attribute"]; ok {
			return pluck(all, r.text(by)), true
		}
		out := []any{}
		for _, x := range all {
			r.step()
			y, ok := r.filter(r.text(arg(args, 0)), x, args[min(1, len(args)):], nil)
			if !ok {
				fail("the filter %q is not known", r.text(arg(args, 0)))
			}
			out = append(out, y)
		}
		return out, true
	case "select", "reject", "selectattr", "rejectattr":
	default:
		return nil, false
	}
	all := r.list(v)
	of := all
	if strings.HasSuffix(name, "attr") {
		of = pluck(all, r.text(arg(args, 0)))
		args = args[min(1, len(args)):]
	}
	out := []any{}
	for i, x := range of {
		r.step()
		yes := truth(x)
		if len(args) > 0 {
			yes = r.check(r.text(args[0]), x, args[1:])
		}
		if yes == strings.HasPrefix(name, "select") {
			out = append(out, all[i])
		}
	}
	return out, true
}

func (t *test) eval(r *renderer, s *scope) any {
	r.step()
	args := make([]any, len(t.args))
	for i, a := range t.args {
		args[i] = a.eval(r, s)
	}
	return r.check(t.name, t.of.eval(r, s), args) != t.not
}

// check runs a test.
func (r *renderer) check(name string, v any, args []any) bool {
	r.weigh(v)
	_, gone := v.(undefined)
	switch name {
	case "defined":
		return !gone
	case "undefined":
		return gone
	case "none":
		return v == nil
	case "string":
		_, ok := v.(string)
		return ok
	case "mapping":
		_, ok := v.(*Map)
		return ok
	case "sequence", "iterable":
		switch v.(type) {
		case string, []any, *Map:
			return true
		}
		return false
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "true", "false":
		return v == (name == "true")
	case "integer":
		_, ok := v.(int)
		return ok
	case "number":
		_, ok := float(v)
		_, truth := v.(bool)
		return ok && !truth
	case "callable":
		return kindOf(v) == "a function"
	case "equalto", "eq", "==":
		return r.equal(v, arg(args, 0))
	case "ne", "!=":
		return !r.equal(v, arg(args, 0))
	case "in":
		return r.contains(arg(args, 0), v)
	}
	return parity(name, v)
}

// parity are tests of numbers.
func parity(name string, v any) bool {
	n, ok := v.(int)
	switch {
	case name == "odd" && ok:
		return n%2 != 0
	case name == "even" && ok:
		return n%2 == 0
	}
	fail("the test %q is not known", name)
	return false
}
