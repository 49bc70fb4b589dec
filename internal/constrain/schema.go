package constrain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Schema returns the grammar of the JSON texts that satisfy a JSON schema. Understood are
// type, enum, const, properties, required, additionalProperties, items, anyOf, minLength,
// maxLength, minItems, maxItems, and $ref into the schema itself ("#", "#/$defs/…"); what
// merely describes is passed over (title, description, default, examples, …). Any other
// keyword, and a combination that is not understood, is an error that names its place.
// Properties come in the schema's order, then additional ones, whose names have no escapes.
func Schema(schema []byte) (*Grammar, error) {
	if len(schema) > maxGrammar {
		return nil, fmt.Errorf("%w: a schema of %d bytes, at most %d are read", ErrGrammar, len(schema), maxGrammar)
	}
	root, err := decode(schema, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGrammar, err)
	}
	c := &compiler{jsonRules: newJSON(), root: root, refs: map[string]sym{}}
	start := c.rule([]sym{c.schema(root, "#")})
	return c.finish(start)
}

// A value is decoded JSON whose objects keep their order.
type value struct {
	raw    json.RawMessage
	keys   []string // of an object
	fields map[string]*value
	list   []*value // of an array
	kind   byte     // the first byte of raw: { [ " t f n or a number's
}

// decode reads JSON; a name that stands twice in an object is an error.
func decode(b []byte, depth int) (*value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it goes deeper than %d", maxDepth)
	}
	b = bytes.TrimSpace(b)
	if !json.Valid(b) {
		var v any
		return nil, fmt.Errorf("it is no JSON: %w", json.Unmarshal(b, &v))
	}
	v := &value{raw: b, kind: b[0]}
	switch v.kind {
	case '{':
		return v, v.decodeObject(depth)
	case '[':
		var raws []json.RawMessage
		if err := json.Unmarshal(b, &raws); err != nil {
			return nil, err
		}
		for _, raw := range raws {
			e, err := decode(raw, depth+1)
			if err != nil {
				return nil, err
			}
			v.list = append(v.list, e)
		}
	}
	return v, nil
}

func (v *value) decodeObject(depth int) error {
	v.fields = map[string]*value{}
	d := json.NewDecoder(bytes.NewReader(v.raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		var raw json.RawMessage
		if err == nil {
			err = d.Decode(&raw)
		}
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if v.fields[name] != nil {
			return fmt.Errorf("%q stands twice in an object", name)
		}
		if v.fields[name], err = decode(raw, depth+1); err != nil {
			return err
		}
		v.keys = append(v.keys, name)
	}
	return nil
}

func (v *value) text() (string, bool) {
	var s string
	return s, v.kind == '"' && json.Unmarshal(v.raw, &s) == nil
}

// A compiler turns a schema into rules.
type compiler struct {
	*jsonRules
	root *value
	refs map[string]sym
}

// describing are the keywords that say nothing about what is valid.
const describing = " $schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly "

// allowed are the keywords understood with each type; those of other types have no say
// about a value.
var allowed = map[string]string{
	"object": " properties required additionalProperties ", "array": " items minItems maxItems ", "string": " minLength maxLength ",
	"number": "", "integer": "", "boolean": "", "null": "",
}

// schema returns the rule of a schema.
func (c *compiler) schema(v *value, at string) sym {
	switch {
	case c.err != nil:
		return c.value
	case string(v.raw) == "true":
		return c.value
	case string(v.raw) == "false":
		return c.rule() // no alternative: nothing satisfies it
	case v.kind != '{':
		c.fail("%s: a schema is an object, true or false", at)
		return c.value
	}
	var said []string
	for _, k := range v.keys {
		if !strings.Contains(describing, " "+k+" ") {
			said = append(said, k)
		}
	}
	for _, k := range []string{"$ref", "anyOf", "enum", "const"} {
		if !slices.Contains(said, k) {
			continue
		}
		for _, other := range said {
			if other != k && !(other == "type" && (k == "enum" || k == "const")) {
				c.fail("%s: %s together with %s is not understood", at, k, other)
			}
		}
		return c.whole(v, k, at)
	}
	return c.typed(v, said, at)
}

// whole is a schema of one keyword.
func (c *compiler) whole(v *value, keyword, at string) sym {
	x := v.fields[keyword]
	switch keyword {
	case "$ref":
		return c.ref(x, at)
	case "anyOf":
		r := c.rule()
		if len(x.list) == 0 {
			c.fail("%s: anyOf is a list of schemas", at)
		}
		for i, s := range x.list {
			c.alt(r, []sym{c.schema(s, fmt.Sprintf("%s/anyOf/%d", at, i))})
		}
		return r
	case "const":
		return c.constants(v, []*value{x}, at)
	}
	if len(x.list) == 0 {
		c.fail("%s: enum is a list of values", at)
	}
	return c.constants(v, x.list, at)
}

// constants are given values, those of the schema's type where it has one.
func (c *compiler) constants(v *value, list []*value, at string) sym {
	r, types := c.rule(), c.types(v, at)
	for _, x := range list {
		if len(types) > 0 && !slices.ContainsFunc(types, x.is) {
			continue
		}
		var b bytes.Buffer
		if err := json.Compact(&b, x.raw); err != nil {
			c.fail("%s: %v", at, err)
		}
		c.alt(r, c.literal(b.String()))
	}
	return r
}

// is reports whether a value is of a type.
func (v *value) is(kind string) bool {
	switch v.kind {
	case '{':
		return kind == "object"
	case '[':
		return kind == "array"
	case '"':
		return kind == "string"
	case 't', 'f':
		return kind == "boolean"
	case 'n':
		return kind == "null"
	}
	return kind == "number" || kind == "integer" && !bytes.ContainsAny(v.raw, ".eE")
}

// types returns the types that a schema names, none where it names none.
func (c *compiler) types(v *value, at string) []string {
	x := v.fields["type"]
	if x == nil {
		return nil
	}
	list := x.list
	if x.kind != '[' {
		list = []*value{x}
	}
	var out []string
	for _, e := range list {
		name, _ := e.text()
		if _, ok := allowed[name]; !ok {
			c.fail("%s: type %s is not known", at, e.raw)
			return nil
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		c.fail("%s: type names none", at)
	}
	return out
}

// typed is a schema of types; one that names no type, and no keyword, is any value.
func (c *compiler) typed(v *value, said []string, at string) sym {
	types := c.types(v, at)
	for _, k := range said {
		fits := k == "type"
		for kind, keywords := range allowed {
			if strings.Contains(keywords, " "+k+" ") {
				fits = true
				if v.fields["type"] == nil { // the keyword says which type is meant, as users mean it
					types = append(types, kind)
				}
			}
		}
		if !fits {
			c.fail("%s: the keyword %q is not understood", at, k)
		}
	}
	if len(types) == 0 {
		return c.value
	}
	slices.Sort(types)
	r := c.rule()
	for _, kind := range slices.Compact(types) {
		c.alt(r, c.ofType(v, kind, at))
	}
	return r
}

func (c *compiler) ofType(v *value, kind, at string) []sym {
	switch kind {
	case "object":
		return c.objectOf(v, at)
	case "array":
		return c.arrayOf(v, at)
	case "string":
		least, most := c.bounds(v, "minLength", "maxLength", at)
		return join(c.literal(`"`), c.repeat([]sym{c.char}, least, most), c.literal(`"`))
	case "integer":
		return []sym{c.integer}
	case "number":
		return []sym{c.number}
	case "boolean":
		return c.either(c.literal("true"), c.literal("false"))
	}
	return c.literal("null")
}

// bounds reads two numbers, 0 and -1 where they are not there.
func (c *compiler) bounds(v *value, least, most, at string) (from, to int) {
	to = -1
	for _, f := range []struct {
		key string
		n   *int
	}{{least, &from}, {most, &to}} {
		x := v.fields[f.key]
		if x == nil {
			continue
		}
		n, err := strconv.Atoi(string(x.raw))
		if err != nil || n < 0 || n > maxRepeats {
			c.fail("%s: %s is %s, want a whole number up to %d", at, f.key, x.raw, maxRepeats)
			return 0, -1
		}
		*f.n = n
	}
	if to >= 0 && to < from {
		c.fail("%s: %s is above %s", at, least, most)
		return 0, -1
	}
	return from, to
}

func (c *compiler) arrayOf(v *value, at string) []sym {
	least, most := c.bounds(v, "minItems", "maxItems", at)
	part := []sym{c.value}
	if x := v.fields["items"]; x != nil {
		part = []sym{c.schema(x, at+"/items")}
	}
	if most == 0 {
		return join(c.literal("["), []sym{c.space}, c.literal("]"))
	}
	next := join([]sym{c.space}, c.literal(","), []sym{c.space}, part)
	some := join(part, c.repeat(next, max(0, least-1), max(-1, most-1)), []sym{c.space})
	if least == 0 {
		some = c.either(nil, some)
	}
	return join(c.literal("["), []sym{c.space}, some, c.literal("]"))
}
