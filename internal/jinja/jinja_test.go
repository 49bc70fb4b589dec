package jinja

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What Jinja2 makes of templates that use all that chat templates do: testdata/generate.py.
func TestAsJinja2(t *testing.T) {
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Template string
		Variables      json.RawMessage
		Want           *string
		Error          string
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			v, err := FromJSON(c.Variables)
			if err != nil {
				t.Fatal(err)
			}
			tmpl, err := Parse(c.Template)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tmpl.Render(v.(*Map).values, time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC))
			if (err != nil) != (c.Want == nil) {
				t.Fatalf("error %v, want %q", err, c.Error)
			}
			if c.Want != nil {
				if diff := cmp.Diff(*c.Want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// Templates that mean nothing, or do too much, are errors that say where or what.
func TestErrors(t *testing.T) {
	for in, want := range map[string]string{
		"{{ x":                           "line 1: {{ without }}",
		"\n{% if x %}":                   "",
		"{% endif %}":                    "without its beginning",
		"{% include 'x' %}":              `the statement "include" is not known`,
		"{{ x|shuffle }}":                `the filter "shuffle" is not known`,
		"{{ x is prime }}":               `the test "prime" is not known`,
		"{{ x.y.z }}":                    "y of something that is not there",
		"{{ x() }}":                      "no function",
		"{{ 1 // 0 }}":                   "a division by 0",
		"{{ 'a' + 1 }}":                  "+ between a text and a number",
		"{{ raise_exception('sorry') }}": "it says: sorry",
		"{% for i in range(100000000) %}{% endfor %}":                                                  "it does too much",
		"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}":                                              "deeper",
		"{% set s = namespace(x='ab') %}{% for i in range(60) %}{% set s.x = s.x ~ s.x %}{% endfor %}": "it does too much",
		"{{ " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500) + " }}":                      "deeper",
		strings.Repeat("{% if 1 %}", 300):                                                              "deeper",
		// Values that hold themselves, or grow by doubling, and loops without a body.
		"{% set n = namespace() %}{% set n.a = n %}{{ n == n }}":                                                                                              "deeper",
		"{% set n = namespace() %}{% set n.a = n %}{{ n }}":                                                                                                   "deeper",
		"{% set s = namespace(x=[]) %}{% for i in range(60) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x }}":                                                "it does too much",
		"{% set s = namespace(x=[]) %}{% for i in range(60) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x == s.x }}":                                         "it does too much",
		"{% set s = namespace(x=[]) %}{% for i in range(60) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x|tojson }}":                                         "it does too much",
		"{% set s = namespace(x='\n\n') %}{% for i in range(23) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x|indent(100) }}":                                 "it does too much",
		"{% set s = namespace(x='ab') %}{% for i in range(22) %}{% set s.x = s.x ~ s.x %}{% endfor %}{% for i in range(90000) %}{{ s.x|length }}{% endfor %}": "it does too much",
		"{% set l = range(9999) %}{% for a in l %}{% for b in l %}{% for c in l %}{% endfor %}{% endfor %}{% endfor %}":                                       "it does too much",
		"{{ [].append(1) }}": "cannot be changed",
		"{{ '\\u12":          "cut",
	} {
		tmpl, err := Parse(in)
		if err == nil {
			_, err = tmpl.Render(nil, time.Time{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", in, err, want)
		}
	}
}

// An escape that Python does not know stays as it is, a character beyond ASCII whole.
func TestUnknownEscape(t *testing.T) {
	tmpl, err := Parse(`{{ '\中\d' }}{ {`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Render(nil, time.Time{}); got != `\中\d{ {` || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A conversation of thousands of turns and megabytes is no work to speak of.
func TestLongChat(t *testing.T) {
	tmpl, err := Parse("{% for m in messages %}{% if loop.index0 == messages|length - 1 or m['content']|trim is string and 'x' in m.content %}{{ m.role + ': ' + m.content.strip() }}\n{% endif %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	var messages []any
	for range 5000 {
		messages = append(messages, NewMap("role", "user", "content", strings.Repeat("飞轮 x ", 100)))
	}
	if out, err := tmpl.Render(map[string]any{"messages": messages}, time.Time{}); err != nil || len(out) < 4_000_000 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

// FuzzRender: any template parses or not, and what parses ends.
func FuzzRender(f *testing.F) {
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []struct{ Template string }
	if err := json.Unmarshal(b, &cases); err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Template)
	}
	variables := map[string]any{"messages": []any{NewMap("role", "user", "content", "x"), NewMap("role", "assistant", "content", "y")}, "bos_token": "<s>", "tools": nil, "add_generation_prompt": true}
	f.Fuzz(func(t *testing.T, in string) {
		if tmpl, err := Parse(in); err == nil {
			tmpl.Render(variables, time.Time{})
		}
	})
}
