package constrain

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func schemas() []string {
	return []string{
		`{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":8},"age":{"type":"integer"},"tags":{"type":"array","items":{"enum":["red","green","你好"]},"minItems":1,"maxItems":3}},"required":["name","tags"],"additionalProperties":false}`,
		`{"type":"object","properties":{"a":{"type":"number"},"ab":{"type":"null"},"q\"":{"const":{"x":[1,2]}}},"required":["zz"],"additionalProperties":{"type":"boolean"}}`,
		`{"type":"object","properties":{"a":true},"required":["a"]}`,
		`{"$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"right":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]},"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}},"$ref":"#/$defs/tree"}`,
		`{"anyOf":[{"type":["string","null"]},{"type":"array","items":{"type":"array","maxItems":2,"items":false}}]}`,
		`{"type":"array","items":{"type":"object","additionalProperties":{"type":"integer"}},"minItems":2}`,
		`{"const":"x"}`, `{}`, `true`, `{"enum":[1,"a",null,[true]],"type":["string","array"]}`, `{"type":"array","maxItems":0}`,
		`{"title":"t","description":"d","properties":{"k":{"type":"boolean","default":true}},"required":["k"]}`,
	}
}

// TestSchema: whatever is drawn satisfies the schema, by a reading of it of its own.
func TestSchema(t *testing.T) {
	v := testVocabulary()
	rng := rand.New(rand.NewPCG(9, 9))
	for _, s := range schemas() {
		g, err := Schema([]byte(s))
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		var root any
		if err := json.Unmarshal([]byte(s), &root); err != nil {
			t.Fatal(err)
		}
		for i := range tries(120) {
			text, done := generate(t, g, v, rng, g.Matcher(v).Left()+i)
			if !done || !utf8.Valid(text) {
				t.Fatalf("%s: drew %q, done %v", s, text, done)
			}
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			var x any
			if err := d.Decode(&x); err != nil || d.More() {
				t.Fatalf("%s: drew %q: %v", s, text, err)
			}
			if !valid(root, root, x) {
				t.Fatalf("%s: drew %s", s, text)
			}
		}
	}
}

// valid is the meaning of the keywords, written down plainly.
func valid(root, schema, x any) bool {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema == true
	}
	if ref, ok := s["$ref"].(string); ok {
		at := root
		for _, p := range strings.Split(ref, "/")[1:] {
			at = at.(map[string]any)[p]
		}
		return valid(root, at, x)
	}
	if list, ok := s["anyOf"].([]any); ok {
		return slices.ContainsFunc(list, func(o any) bool { return valid(root, o, x) })
	}
	if c, ok := s["const"]; ok && !same(c, x) {
		return false
	}
	if list, ok := s["enum"].([]any); ok && !slices.ContainsFunc(list, func(o any) bool { return same(o, x) }) {
		return false
	}
	if kind, ok := s["type"]; ok {
		list, several := kind.([]any)
		if !several {
			list = []any{kind}
		}
		if !slices.ContainsFunc(list, func(k any) bool { return isType(k.(string), x) }) {
			return false
		}
	}
	bound := func(n int, least, most string) bool {
		low, _ := s[least].(float64)
		high, limited := s[most].(float64)
		return n >= int(low) && (!limited || n <= int(high))
	}
	switch x := x.(type) {
	case string:
		return bound(utf8.RuneCountInString(x), "minLength", "maxLength")
	case []any:
		items, ok := s["items"]
		return bound(len(x), "minItems", "maxItems") && !(ok && slices.ContainsFunc(x, func(e any) bool { return !valid(root, items, e) }))
	case map[string]any:
		props, _ := s["properties"].(map[string]any)
		for k, e := range x {
			if p, ok := props[k]; ok && !valid(root, p, e) {
				return false
			} else if extra, limited := s["additionalProperties"]; !ok && limited && !valid(root, extra, e) {
				return false
			}
		}
		required, _ := s["required"].([]any)
		return !slices.ContainsFunc(required, func(k any) bool { _, ok := x[k.(string)]; return !ok })
	}
	return true
}

// same compares values; numbers of x keep their text.
func same(a, x any) bool {
	b, err := json.Marshal(x)
	var y any
	return err == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(a, y)
}

func isType(kind string, x any) bool {
	switch x := x.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	case json.Number:
		return kind == "number" || kind == "integer" && !strings.ContainsAny(string(x), ".eE")
	}
	return false
}

func TestSchemaTexts(t *testing.T) {
	const person = `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["age"],"additionalProperties":false}`
	const open = `{"type":"object","properties":{"ab":{"type":"integer"}}}`
	for _, tt := range []struct {
		schema, text string
		want         bool
	}{
		{person, `{"name":"x","age":3}`, true}, {person, `{"age":3}`, true}, {person, `{"age":3,"name":"x"}`, false}, {person, `{"name":"x"}`, false}, {person, `{"age":3,"b":1}`, false},
		{person, "{\n \"name\": \"x\",\n \"age\": 3\n}", true}, {person, `{"age":3.0}`, false},
		{open, `{}`, true}, {open, `{"ab":1,"abc":"x","a":2,"b":3}`, true}, {open, `{"ab":"x"}`, false}, {open, `{"a":1,"ab":1}`, false}, {open, `{"":1}`, true}, {open, `{"\u0061b":"x"}`, false},
		{`{"type":"string","maxLength":2}`, `"你\n"`, true}, {`{"type":"string","maxLength":2}`, `"abc"`, false}, {`{"type":"string","maxLength":1}`, `"\ud83d\ude00"`, true},
		{`{"const":"<a>"}`, `"<a>"`, true},
	} {
		g, err := Schema([]byte(tt.schema))
		if err != nil {
			t.Fatal(err)
		}
		if matches(g, tt.text) != tt.want {
			t.Errorf("%s of %s: want %v", tt.text, tt.schema, tt.want)
		}
	}
}

func TestSchemaErrors(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"strange"}`: `type "strange" is not known`, `{"type":"string","pattern":"a"}`: `#: the keyword "pattern" is not understood`,
		`{"properties":{"a":{"type":"number","minimum":1}}}`: `#/properties/a: the keyword "minimum"`, `{"anyOf":[],"type":"null"}`: "anyOf together with type",
		`{"$ref":"http://x"}`: "$ref leads into the schema itself", `{"$ref":"#/a"}`: "leads to nothing", `{"$ref":"#"}`: "no text satisfies", `false`: "no text satisfies",
		`{"type":"array","minItems":3,"maxItems":2}`: "minItems is above maxItems", `{"minLength":-1}`: "want a whole number", `{"minLength":1e9}`: "want a whole number",
		`{`: "no JSON", `3`: "a schema is an object", `{"type":"null","type":"null"}`: "stands twice", `{"enum":[]}`: "enum is a list", `{"enum":[1],"type":"string"}`: "no text satisfies",
		`{"required":["a"],"additionalProperties":false}`: `"a" is required and may not be there`, `{"required":1}`: "required is a list", `{"properties":1}`: "properties is an object",
		strings.Repeat(`{"items":`, 300) + `{}` + strings.Repeat(`}`, 300): "deeper",
	} {
		if _, err := Schema([]byte(schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", schema, err, want)
		}
	}
}
