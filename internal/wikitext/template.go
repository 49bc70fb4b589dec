package wikitext

import (
	"strconv"
	"strings"
)

// A call is a template or parser function with its arguments, not expanded.
type call struct {
	p     *Parser
	name  string
	first string // what stands behind a parser function's colon, as in the source
	at    int    // where first starts in the source
	end   int    // and ends
	args  []argument
	depth int
}

type argument struct {
	name       string // of a named argument; of others their number
	start, end int
}

const maxArguments = 2000 // of one template; more are not looked at

// template resolves {{ }}: magic words, parser functions, and the templates in
// the table. Others are dropped.
func (p *Parser) template(pr pair, depth int) {
	at := p.split(pr.inner, pr.close, '|', maxArguments)
	end := pr.close
	if len(at) > 0 {
		end = at[0]
	}
	head := p.src[pr.inner:end]
	if strings.Contains(head, "<!--") {
		head = uncomment(head)
	}
	head = strings.TrimSpace(head)
	for _, prefix := range []string{"subst:", "safesubst:", "Template:", "template:", "模板:", "T:"} {
		head = strings.TrimPrefix(head, prefix)
	}
	c := call{p: p, name: head, depth: depth}
	if colon := strings.IndexAny(head, ":："); colon > 0 && function(head[:colon]) {
		c.name = strings.ToLower(strings.TrimSpace(head[:colon]))
		k := strings.IndexAny(p.src[pr.inner:end], ":：")
		c.at, c.end = pr.inner+k+1, end
		c.first = p.src[c.at:end]
		c.positions(at, pr.close)
		if !c.function() {
			p.gone()
		}
		return
	}
	if strings.ContainsAny(head, "{[\n<") {
		p.gone() // a name that other templates make
		return
	}
	c.name = p.normalised(head)
	c.arguments(at, pr.close)
	if word, ok := c.word(); ok {
		p.out = append(p.out, word...)
		return
	}
	if !c.inline() {
		p.gone()
	}
}

// uncomment drops comments.
func uncomment(s string) string {
	for {
		i := strings.Index(s, "<!--")
		if i < 0 {
			return s
		}
		k := strings.Index(s[i:], "-->")
		if k < 0 {
			return s[:i]
		}
		s = s[:i] + s[i+k+3:]
	}
}

// normalised is normal with a memory.
func (p *Parser) normalised(name string) string {
	if n, ok := p.names[name]; ok {
		return n
	}
	n := normal(name)
	if p.names == nil || len(p.names) > 1<<12 {
		p.names = map[string]string{}
	}
	p.names[strings.Clone(name)] = n
	return n
}

// normal returns a template's name as the tables have it: in lower case, with
// spaces.
func normal(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(name, "_", " "))), " ")
}

// positions takes all arguments as they stand, as parser functions do.
func (c *call) positions(at []int, end int) {
	for i, a := range at {
		e := end
		if i+1 < len(at) {
			e = at[i+1]
		}
		c.args = append(c.args, argument{start: a + 1, end: e})
	}
}

// arguments tells named arguments from numbered ones.
func (c *call) arguments(at []int, end int) {
	c.positions(at, end)
	n := 0
	for i := range c.args {
		a := &c.args[i]
		if eq := c.p.split(a.start, a.end, '=', 1); len(eq) > 0 && len(c.p.src[a.start:eq[0]]) < 100 {
			a.name = strings.ToLower(strings.TrimSpace(uncomment(c.p.src[a.start:eq[0]])))
			a.start = eq[0] + 1
			continue
		}
		n++
		a.name = strconv.Itoa(n)
	}
}

// arg returns an argument expanded, "" if it is not there. Of several with one
// name the last counts, as in MediaWiki.
func (c *call) arg(names ...string) string {
	for _, name := range names {
		for i := len(c.args) - 1; i >= 0; i-- {
			if a := c.args[i]; a.name == name {
				if v := c.p.value(a.start, a.end, c.depth); v != "" {
					return v
				}
				break
			}
		}
	}
	return ""
}

// numbered returns the numbered arguments expanded, in order.
func (c *call) numbered() []string {
	var list []string
	for _, a := range c.args {
		if len(a.name) > 0 && a.name[0] >= '0' && a.name[0] <= '9' && len(list) < 50 {
			list = append(list, c.p.value(a.start, a.end, c.depth))
		}
	}
	return list
}

// word resolves variables such as {{PAGENAME}} and {{!}}. Those that depend on
// the clock or the wiki are empty.
func (c *call) word() (string, bool) {
	switch c.name {
	case "pagename", "fullpagename", "basepagename", "subpagename", "title":
		return c.p.Page, true
	}
	w, ok := words[c.name]
	if _, both := templates[c.name]; both && len(c.args) > 0 {
		return "", false
	}
	return w, ok
}

// inline resolves templates that carry words.
func (c *call) inline() bool {
	p := c.p
	if strings.HasPrefix(c.name, "lang-") || strings.HasPrefix(c.name, "langx-") {
		return c.put(c.arg("1"))
	}
	how, ok := templates[c.name]
	if !ok {
		return false
	}
	if how.by != byNothing {
		return c.put(c.shown(how.by))
	}
	v := ""
	switch {
	case how.arg < 0:
		if list := c.numbered(); len(list) > 0 {
			v = list[len(list)-1]
		}
	case how.other > 0:
		v = c.arg(strconv.Itoa(how.arg), strconv.Itoa(how.other))
	default:
		v = c.arg(strconv.Itoa(how.arg))
	}
	if v == "" {
		p.gone()
		return true
	}
	return c.put(how.before + v + how.after)
}

func (c *call) put(v string) bool {
	if v == "" {
		c.p.gone()
	}
	c.p.out = append(c.p.out, v...)
	return true
}

// function reports whether a name before a colon is a parser function.
func function(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return strings.HasPrefix(name, "#") || functions[name]
}

// function resolves parser functions whose outcome the page decides.
func (c *call) function() bool {
	switch c.name {
	case "#if":
		return c.branch(c.value(-1) != "")
	case "#ifeq":
		if len(c.args) == 0 {
			return false
		}
		same := c.value(-1) == c.value(0)
		c.args = c.args[1:]
		return c.branch(same)
	case "#ifexist", "#ifexpr":
		return c.branch(c.name == "#ifexist")
	case "#iferror":
		return c.put(c.value(-1))
	case "#switch":
		return c.choose()
	case "#tag":
		switch strings.ToLower(c.value(-1)) {
		case "nowiki", "code", "small", "span":
			return c.put(c.value(0))
		}
		return false
	case "lc", "uc", "lcfirst", "ucfirst", "formatnum", "plural", "#dateformat", "#formatdate", "padleft", "padright", "#language":
		return c.format()
	}
	return false
}

// value returns a parser function's argument expanded; -1 is the one behind
// the colon.
func (c *call) value(i int) string {
	if i < 0 {
		return c.p.value(c.at, c.end, c.depth)
	}
	if i >= len(c.args) {
		return ""
	}
	return c.p.value(c.args[i].start, c.args[i].end, c.depth)
}

func (c *call) branch(yes bool) bool {
	if yes {
		return c.put(c.value(0))
	}
	return c.put(c.value(1))
}

// choose resolves #switch with its fall-through and default.
func (c *call) choose() bool {
	want, found, fallback := c.value(-1), false, ""
	for i, a := range c.args {
		eq := c.p.split(a.start, a.end, '=', 1)
		if len(eq) == 0 {
			v := c.value(i)
			if i == len(c.args)-1 {
				fallback = v
			}
			found = found || v == want
			continue
		}
		name := c.p.value(a.start, eq[0], c.depth)
		if found || name == want {
			return c.put(c.p.value(eq[0]+1, a.end, c.depth))
		}
		if name == "#default" {
			fallback = c.p.value(eq[0]+1, a.end, c.depth)
		}
	}
	return c.put(fallback)
}

func (c *call) format() bool {
	v := c.value(-1)
	switch c.name {
	case "lc":
		v = strings.ToLower(v)
	case "uc":
		v = strings.ToUpper(v)
	case "lcfirst", "ucfirst":
		for i, r := range v {
			if i > 0 {
				break
			}
			first := string(r)
			rest := v[len(first):]
			if c.name == "lcfirst" {
				v = strings.ToLower(first) + rest
			} else {
				v = strings.ToUpper(first) + rest
			}
		}
	case "plural":
		if v == "1" || len(c.args) < 2 {
			v = c.value(0)
		} else {
			v = c.value(1)
		}
	case "formatnum":
		v = grouped(v)
	}
	return c.put(v)
}

// grouped puts commas between groups of three digits.
func grouped(v string) string {
	whole, frac, point := strings.Cut(v, ".")
	if len(whole) < 4 || strings.Trim(whole, "0123456789") != "" {
		return v
	}
	var b []byte
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, whole[i])
	}
	if point {
		return string(b) + "." + frac
	}
	return string(b)
}
