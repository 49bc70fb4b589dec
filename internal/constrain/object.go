package constrain

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A property is a pair that an object may or must have.
type property struct {
	pair     []sym
	required bool
}

// objectOf is an object of a schema's properties, in their order, then of additional ones.
func (c *compiler) objectOf(v *value, at string) []sym {
	list, extra, names := c.properties(v, at)
	if c.err != nil {
		return nil
	}
	var more, another []sym // additional pairs, each behind a comma, and one of them
	if extra != nil {
		another = []sym{c.rule(c.pair(c.nameBut(names), *extra))}
		more = c.repeat(join(c.comma(), another), 0, -1)
	}
	// from the last property back: what follows when there is a pair before it, and when not
	behind, first := more, []sym(nil)
	if extra != nil {
		first = c.either(nil, join(another, more))
	}
	for _, p := range slices.Backward(list) {
		with, alone := join(c.comma(), p.pair, behind), join(p.pair, behind)
		if p.required {
			behind, first = []sym{c.rule(with)}, []sym{c.rule(alone)}
			continue
		}
		behind, first = []sym{c.rule(with, behind)}, []sym{c.rule(alone, first)}
	}
	return join(c.literal("{"), []sym{c.space}, first, []sym{c.space}, c.literal("}"))
}

func (c *compiler) comma() []sym { return join([]sym{c.space}, c.literal(","), []sym{c.space}) }

func (c *compiler) pair(name []sym, value sym) []sym {
	return join(name, []sym{c.space}, c.literal(":"), []sym{c.space, value})
}

// properties reads what an object may have; extra is what additional ones are, or nil.
func (c *compiler) properties(v *value, at string) (list []property, extra *sym, names []string) {
	if x := v.fields["additionalProperties"]; x == nil {
		extra = &c.value
	} else if string(x.raw) != "false" {
		s := c.schema(x, at+"/additionalProperties")
		extra = &s
	}
	required := map[string]bool{}
	if x := v.fields["required"]; x != nil {
		for _, e := range x.list {
			name, ok := e.text()
			if !ok {
				c.fail("%s: required is a list of names", at)
			}
			required[name] = true
		}
		if x.kind != '[' {
			c.fail("%s: required is a list of names", at)
		}
	}
	if x := v.fields["properties"]; x != nil {
		if x.kind != '{' {
			c.fail("%s: properties is an object", at)
		}
		for _, name := range x.keys {
			value := c.schema(x.fields[name], at+"/properties/"+name)
			list = append(list, property{c.pair(c.literal(quoted(name)), value), required[name]})
			names = append(names, name)
			delete(required, name)
		}
	}
	var rest []string
	for name := range required {
		rest = append(rest, name)
	}
	slices.Sort(rest)
	for _, name := range rest {
		if extra == nil {
			c.fail("%s: %q is required and may not be there", at, name)
			return nil, nil, nil
		}
		list, names = append(list, property{c.pair(c.literal(quoted(name)), *extra), true}), append(names, name)
	}
	return list, extra, names
}

// nameBut is the name of an additional property: any string without escapes but for some.
func (c *compiler) nameBut(names []string) []sym {
	return join(c.literal(`"`), []sym{c.but(names)}, c.literal(`"`))
}

// but is any text of a string but for some: a rule for each beginning of theirs.
func (c *compiler) but(names []string) sym {
	r := c.rule()
	var heads []rune
	tails := map[rune][]string{}
	for _, name := range names {
		head, n := utf8.DecodeRuneInString(name)
		if n == 0 {
			continue
		}
		if tails[head] == nil {
			heads = append(heads, head)
		}
		tails[head] = append(tails[head], name[n:])
	}
	if !slices.Contains(names, "") {
		c.alt(r, nil)
	}
	c.alt(r, join(c.plainChar(heads), []sym{c.plain}))
	for _, head := range heads {
		if c.err == nil && head > 0x1f && head != '"' && head != '\\' && head != 0x7f {
			c.alt(r, []sym{c.class([]runeRange{{head, head}}, false)[0], c.but(tails[head])})
		}
	}
	return r
}

// ref is the schema that a pointer leads to.
func (c *compiler) ref(x *value, at string) sym {
	path, ok := x.text()
	if !ok || path != "#" && !strings.HasPrefix(path, "#/") {
		c.fail("%s: $ref leads into the schema itself (\"#/$defs/name\"), not to %s", at, x.raw)
		return c.value
	}
	if r, ok := c.refs[path]; ok {
		return r
	}
	v := c.root
	for _, part := range strings.Split(strings.TrimPrefix(path, "#"), "/")[1:] {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		next := v.fields[part]
		for i, e := range v.list {
			if fmt.Sprint(i) == part {
				next = e
			}
		}
		if next == nil {
			c.fail("%s: $ref %q leads to nothing", at, path)
			return c.value
		}
		v = next
	}
	r := c.rule()
	c.refs[path] = r // before its schema, which may have it in itself
	c.alt(r, []sym{c.schema(v, path)})
	return r
}
