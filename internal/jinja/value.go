package jinja

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// truth is Python's.
func truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int:
		return v != 0
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	case *Map:
		return len(v.keys) > 0
	}
	return true
}

// text is how a value is printed.
func (r *renderer) text(v any) string {
	switch v := v.(type) {
	case undefined:
		return ""
	case string:
		return v
	}
	var b strings.Builder
	r.repr(&b, v, 0)
	return b.String()
}

// repr writes a value as Python's repr does. Values may hold themselves, and the same list
// many times: each part counts as a step.
func (r *renderer) repr(b *strings.Builder, v any, depth int) {
	if depth > maxDepth {
		fail("a value goes deeper than %d", maxDepth)
	}
	r.spend(1)
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int:
		b.WriteString(strconv.Itoa(v))
	case float64:
		b.WriteString(floatText(v))
	case string:
		r.spend(len(v) / 16)
		quote := "'"
		if strings.Contains(v, "'") && !strings.Contains(v, `"`) {
			quote = `"`
		}
		b.WriteString(quote + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`, quote, `\`+quote).Replace(v) + quote)
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			r.repr(b, x, depth+1)
		}
		b.WriteByte(']')
	case *Map:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			r.repr(b, k, depth+1)
			b.WriteString(": ")
			r.repr(b, v.values[k], depth+1)
		}
		b.WriteByte('}')
	}
}

func floatText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e16 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// list returns the elements of what can be gone through.
func (r *renderer) list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case undefined:
		return nil
	case string:
		r.spend(len(v) / 4) // an element takes 32 bytes
		var out []any
		for _, c := range v {
			out = append(out, string(c))
		}
		return out
	case *Map:
		r.spend(len(v.keys) / 4)
		var out []any
		for _, k := range v.keys {
			out = append(out, k)
		}
		return out
	}
	fail("%s cannot be gone through", kindOf(v))
	return nil
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func (r *renderer) equal(a, b any) bool { return r.same(a, b, 0) }

// same is [renderer.equal] for parts of values, so many levels down.
func (r *renderer) same(a, b any, depth int) bool {
	if depth > maxDepth {
		fail("a value goes deeper than %d", maxDepth)
	}
	r.spend(1)
	if x, ok := float(a); ok {
		y, ok := float(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(x, y any) bool { return r.same(x, y, depth+1) })
	case *Map:
		b, ok := b.(*Map)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for _, k := range a.keys {
			if w, ok := b.values[k]; !ok || !r.same(a.values[k], w, depth+1) {
				return false
			}
		}
		return true
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	}
	return false
}

// contains is Python's in.
func (r *renderer) contains(of, v any) bool {
	switch of := of.(type) {
	case string:
		s, ok := v.(string)
		return ok && strings.Contains(of, s)
	case *Map:
		s, ok := v.(string)
		_, has := of.values[s]
		return ok && has
	case []any:
		return slices.ContainsFunc(of, func(x any) bool { return r.equal(x, v) })
	case undefined:
		return false
	}
	fail("in of %s", kindOf(of))
	return false
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "none"
	case undefined:
		return "something that is not there"
	case bool:
		return "a truth value"
	case string:
		return "a text"
	case int, float64:
		return "a number"
	case []any:
		return "a list"
	case *Map:
		return "a dict"
	}
	return "a function"
}

// writeJSON writes a value as Python's json.dumps does, ensure_ascii=False; indent 0 is one line.
func (r *renderer) writeJSON(b *strings.Builder, v any, indent, depth int) {
	if depth > maxDepth {
		fail("a value goes deeper than %d", maxDepth)
	}
	r.spend(1)
	switch v := v.(type) {
	case *Map:
		writeItems(b, "{}", len(v.keys), indent, depth, func(i int) {
			r.writeJSON(b, v.keys[i], indent, depth+1)
			b.WriteString(": ")
			r.writeJSON(b, v.values[v.keys[i]], indent, depth+1)
		})
	case []any:
		writeItems(b, "[]", len(v), indent, depth, func(i int) { r.writeJSON(b, v[i], indent, depth+1) })
	case string:
		r.spend(len(v) / 16)
		var line strings.Builder
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		enc.Encode(v) // a text
		b.WriteString(strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(line.String(), "\n")))
	case float64:
		b.WriteString(floatText(v))
	case nil, bool:
		b.WriteString(map[any]string{nil: "null", true: "true", false: "false"}[v])
	case undefined:
		fail("something that is not there has no JSON")
	default:
		b.WriteString(r.text(v))
	}
}

// writeItems writes n things between brackets.
func writeItems(b *strings.Builder, brackets string, n, indent, depth int, item func(i int)) {
	line := func(depth int) {
		if indent > 0 {
			b.WriteString("\n" + strings.Repeat(" ", indent*depth))
		}
	}
	b.WriteString(brackets[:1])
	for i := range n {
		if i > 0 && indent > 0 {
			b.WriteString(",")
		} else if i > 0 {
			b.WriteString(", ")
		}
		line(depth + 1)
		item(i)
	}
	if n > 0 {
		line(depth)
	}
	b.WriteString(brackets[1:])
}

// FromJSON turns JSON into a template's values; objects keep their order.
func FromJSON(b []byte) (any, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	return decode(d, 0)
}

func decode(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, ErrTemplate
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			out := []any{}
			for d.More() {
				v, err := decode(d, depth+1)
				if err != nil {
					return nil, err
				}
				out = append(out, v)
			}
			_, err := d.Token()
			return out, err
		}
		m := NewMap()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			m.Set(k.(string), v) // what else would be an error
		}
		_, err := d.Token()
		return m, err
	case json.Number:
		if n, err := strconv.Atoi(t.String()); err == nil {
			return n, nil
		}
		return t.Float64()
	}
	return t, nil
}
