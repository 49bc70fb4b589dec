package jinja

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A function is one that templates may call.
type function func(r *renderer, args []any, named map[string]any) any

func functionNamed(name string) function {
	switch name {
	case "raise_exception":
		return func(r *renderer, args []any, _ map[string]any) any {
			fail("it says: %s", r.text(arg(args, 0)))
			return nil
		}
	case "namespace", "dict":
		return func(_ *renderer, args []any, named map[string]any) any {
			m := NewMap()
			if of, ok := arg(args, 0).(*Map); ok {
				for _, k := range of.keys {
					m.Set(k, of.values[k])
				}
			}
			for _, k := range slices.Sorted(mapKeys(named)) {
				m.Set(k, named[k])
			}
			return m
		}
	case "range":
		return numbers
	case "strftime_now":
		return func(r *renderer, args []any, _ map[string]any) any { return strftime(r, r.text(arg(args, 0))) }
	}
	return nil
}

func mapKeys(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// arg returns an argument, or what is not there.
func arg(args []any, i int) any { return at(args, i) }

func whole(args []any, i, or int) int {
	switch v := arg(args, i).(type) {
	case int:
		return v
	case undefined:
		return or
	}
	fail("a number must be there that is whole")
	return 0
}

func numbers(r *renderer, args []any, _ map[string]any) any {
	from, to, step := 0, whole(args, 0, 0), 1
	if len(args) > 1 {
		from, to, step = to, whole(args, 1, 0), whole(args, 2, 1)
	}
	if step == 0 {
		fail("a range of step 0")
	}
	out := []any{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		r.step()
		out = append(out, i)
	}
	return out
}

// strftime writes the renderer's time; what it does not know stays.
func strftime(r *renderer, format string) string {
	return strings.NewReplacer("%d", r.now.Format("02"), "%b", r.now.Format("Jan"), "%B", r.now.Format("January"), "%m", r.now.Format("01"), "%Y", r.now.Format("2006"),
		"%y", r.now.Format("06"), "%H", r.now.Format("15"), "%M", r.now.Format("04"), "%S", r.now.Format("05"), "%A", r.now.Format("Monday"), "%a", r.now.Format("Mon"),
		"%-d", r.now.Format("2"), "%%", "%").Replace(format)
}

// hasMethod reports whether a value has a method.
func hasMethod(of any, name string) bool {
	switch of.(type) {
	case string:
		return slices.Contains([]string{"strip", "lstrip", "rstrip", "split", "startswith", "endswith", "upper", "lower", "title", "capitalize", "replace", "join", "find", "isdigit"}, name)
	case *Map:
		return slices.Contains([]string{"items", "keys", "values", "get", "update"}, name)
	case []any:
		return name == "append" || name == "index" || name == "pop"
	}
	return false
}

// call runs a method. Lists cannot be changed: the sandbox of transformers forbids it, too.
func (b bound) call(r *renderer, args []any) any {
	switch of := b.of.(type) {
	case string:
		r.weigh(of)
		return textMethod(r, of, b.name, args)
	case *Map:
		return r.mapMethod(of, b.name, args)
	}
	fail("a list cannot be changed by %s", b.name)
	return nil
}

func (r *renderer) mapMethod(m *Map, name string, args []any) any {
	out := []any{}
	if name != "get" {
		r.spend(len(m.keys) / 4)
	}
	switch name {
	case "get":
		if v, ok := m.values[r.text(arg(args, 0))]; ok {
			return v
		}
		if len(args) > 1 {
			return args[1]
		}
		return nil
	case "items":
		for _, k := range m.keys {
			out = append(out, []any{k, m.values[k]})
		}
	case "keys":
		for _, k := range m.keys {
			out = append(out, k)
		}
	case "values":
		for _, k := range m.keys {
			out = append(out, m.values[k])
		}
	default:
		fail("a dict cannot be changed by %s", name)
	}
	return out
}

func textMethod(r *renderer, s, name string, args []any) any {
	first := r.text(arg(args, 0))
	switch name {
	case "strip", "lstrip", "rstrip":
		return stripped(s, name, args)
	case "split":
		return split(r, s, args)
	case "startswith", "endswith":
		return r.affix(s, name == "startswith", arg(args, 0))
	case "upper":
		return strings.ToUpper(s)
	case "lower":
		return strings.ToLower(s)
	case "title":
		return title(s)
	case "capitalize":
		return capital(s)
	case "replace":
		return replaced(r, s, first, r.text(arg(args, 1)), whole(args, 2, -1))
	case "find":
		if i := strings.Index(s, first); i >= 0 {
			return characters(s[:i])
		}
		return -1
	case "isdigit":
		return s != "" && strings.IndexFunc(s, func(c rune) bool { return !unicode.IsDigit(c) }) < 0
	}
	return joinList(r, r.list(arg(args, 0)), s)
}

func replaced(r *renderer, s, old, by string, n int) string {
	if grown := strings.Count(s, old) * len(by); grown > maxOutput {
		fail("it does too much")
	} else {
		r.steps -= (len(s) + grown) / 64
	}
	return strings.Replace(s, old, by, n)
}

func (r *renderer) affix(s string, start bool, of any) bool {
	for _, a := range append([]any{}, tuple(of)...) {
		if start && strings.HasPrefix(s, r.text(a)) || !start && strings.HasSuffix(s, r.text(a)) {
			return true
		}
	}
	return false
}

func tuple(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func stripped(s, how string, args []any) string {
	cut := " \t\n\r\v\f\u0085\u00a0"
	if v, ok := arg(args, 0).(string); ok {
		cut = v
	}
	if how != "rstrip" {
		s = strings.TrimLeft(s, cut)
	}
	if how != "lstrip" {
		s = strings.TrimRight(s, cut)
	}
	return s
}

func split(r *renderer, s string, args []any) any {
	out := []any{}
	sep, ok := arg(args, 0).(string)
	n := whole(args, 1, -1)
	parts := strings.Fields(s)
	if ok && sep == "" {
		fail("split by nothing")
	} else if ok && n >= 0 {
		parts = strings.SplitN(s, sep, n+1)
	} else if ok {
		parts = strings.Split(s, sep)
	}
	for _, p := range parts {
		r.step()
		out = append(out, p)
	}
	return out
}

func capital(s string) string {
	for i, c := range s {
		return strings.ToUpper(string(c)) + strings.ToLower(s[i+len(string(c)):])
	}
	return s
}

func title(s string) string {
	start := true
	return strings.Map(func(c rune) rune {
		was := start
		start = !unicode.IsLetter(c)
		if was {
			return unicode.ToTitle(c)
		}
		return unicode.ToLower(c)
	}, s)
}

func joinList(r *renderer, all []any, by string) string {
	var b strings.Builder
	for i, v := range all {
		r.step()
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(r.text(v))
		if b.Len() > maxOutput {
			fail("it does too much")
		}
	}
	return b.String()
}

// sorted orders texts and numbers.
func (r *renderer) sorted(all []any) []any {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b any) int {
		x, ok1 := float(a)
		y, ok2 := float(b)
		if ok1 && ok2 {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(fmt.Sprint(r.text(a)), fmt.Sprint(r.text(b)))
	})
	return out
}
