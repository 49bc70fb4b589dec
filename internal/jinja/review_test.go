package jinja

import (
	"strings"
	"testing"
	"time"
)

// A template that hangs a value into itself, or does much with few steps, is an error: the goroutine's stack and the processor are not
// its own.
func TestHostileTemplates(t *testing.T) {
	const self = `{% set n = namespace(a=1) %}{% set n.self = n %}`
	const long = `{% set n = namespace(s="0123456789abcdef") %}{% for i in range(18) %}{% set n.s = n.s ~ n.s %}{% endfor %}`
	for name, text := range map[string]string{
		"text": self + `{{ n }}`, "tojson": self + `{{ n | tojson }}`, "equal": self + `{% set m = namespace(a=1) %}{% set m.self = m %}{{ n == m }}`,
		"in": self + `{{ n in [n, n] }}`, "string": self + `{{ n | string }}`, "list": self + `{{ [n, [n]] }}`, "length": self + `{{ n.self.self.self | string | length }}`,
		"upper":   long + `{% for i in range(100000) %}{% set x = n.s | upper %}{% endfor %}`,
		"lower()": long + `{% for i in range(100000) %}{% set x = n.s.lower() %}{% endfor %}`,
		"find":    long + `{% for i in range(100000) %}{% set x = n.s.find("zz") %}{% endfor %}`,
		"strip":   long + `{% for i in range(100000) %}{% set x = n.s[::-1] %}{% endfor %}`,
		"index":   long + `{% for i in range(100000) %}{% set x = n.s[3] %}{% endfor %}`,
		"has":     long + `{% for i in range(100000) %}{% set x = "zz" in n.s %}{% endfor %}`,
		"length2": long + `{% for i in range(100000) %}{% set x = n.s | length %}{% endfor %}`,
		"tojson2": long + `{% for i in range(100000) %}{% set x = n.s | tojson %}{% endfor %}`,
		"compare": long + `{% for i in range(100000) %}{% set x = n.s == n.s ~ "" %}{% endfor %}`,
		"split":   long + `{% for i in range(100000) %}{% set x = n.s.split("0") %}{% endfor %}`,
	} {
		tmpl, err := Parse(text)
		if err != nil {
			continue // not known at all
		}
		ended := make(chan error, 1)
		go func() {
			_, err := tmpl.Render(map[string]any{}, time.Unix(0, 0))
			ended <- err
		}()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: does not end", name)
			return
		}
	}
}

// Deep templates are refused or rendered.
func TestDeepTemplates(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while under the race detector")
	}
	for _, text := range []string{
		"{{ " + strings.Repeat("not ", 200000) + "x }}", "{{ " + strings.Repeat("-", 300000) + "1 }}", "{{ " + strings.Repeat("(", 300000) + "1", "{{ " + strings.Repeat("[", 300000),
		"{{ 1" + strings.Repeat("~1", 300000) + " }}", "{{ 1" + strings.Repeat(" if 1 else 1", 80000) + " }}", "{{ x" + strings.Repeat(".a", 300000) + " }}", "{{ x" + strings.Repeat("|e", 300000) + " }}",
		strings.Repeat("{% if 1 %}", 100000), strings.Repeat("{% if 1 %}{% else %}", 50000), "{% if 1 %}" + strings.Repeat("{% elif 1 %}", 80000) + "{% endif %}", "{{ x" + strings.Repeat("()", 300000) + " }}",
		"{{ 1" + strings.Repeat(" and 1", 150000) + " }}", "{{ {1:" + strings.Repeat("{1:", 200000), "{{ 1" + strings.Repeat(" < 1", 200000) + " }}", "{{ 1" + strings.Repeat(" is odd", 100000) + " }}",
	} {
		if tmpl, err := Parse(text); err == nil {
			tmpl.Render(map[string]any{}, time.Unix(0, 0)) // an error, or not
		}
	}
}
