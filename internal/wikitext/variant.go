package wikitext

import (
	"strings"
)

// convert resolves -{ }-, the markup of languages with several forms.
func (p *Parser) convert(pr pair, depth int) {
	a := pr.inner
	flags := ""
	if at := p.split(a, pr.close, '|', 1); len(at) > 0 {
		flags = strings.TrimSpace(p.src[a:at[0]])
		a = at[0] + 1
	}
	for _, f := range strings.FieldsFunc(flags, func(r rune) bool { return r == ';' || r == ' ' }) {
		switch strings.ToUpper(f) {
		case "T", "H", "-", "D":
			return // a rule for the title or the text, which shows nothing
		case "R":
			p.expand(a, pr.close, depth+1)
			return
		}
	}
	rules := p.rules(a, pr.close)
	if len(rules) == 0 {
		p.expand(a, pr.close, depth+1)
		return
	}
	for _, want := range fallback(strings.ToLower(p.Variant)) {
		for _, r := range rules {
			if r.variant == want {
				p.expand(r.start, r.end, depth+1)
				return
			}
		}
	}
	p.expand(rules[0].start, rules[0].end, depth+1)
}

// A rule is the text for one variant.
type rule struct {
	variant    string
	start, end int
}

// rules lists what src[a:b] says for each variant. Texts may hold semicolons:
// only one that a variant follows ends a text.
func (p *Parser) rules(a, b int) []rule {
	var list []rule
	for _, semi := range append([]int{a - 1}, p.split(a, b, ';', 64)...) {
		name, start := variantAt(p.src[semi+1 : b])
		if name == "" {
			continue
		}
		if n := len(list); n > 0 {
			list[n-1].end = semi
		}
		list = append(list, rule{name, semi + 1 + start, b})
	}
	if n := len(list); n > 0 { // a last semicolon ends the list
		last := &list[n-1]
		for last.end > last.start && strings.IndexByte(" \t\n;", p.src[last.end-1]) >= 0 {
			last.end--
		}
	}
	return list
}

// variantAt returns the variant that s starts with, "zh-tw:" or "字=>zh-tw:",
// and where its text begins.
func variantAt(s string) (name string, start int) {
	head := s[:min(len(s), 80)]
	colon := strings.IndexByte(head, ':')
	if colon < 0 {
		return "", 0
	}
	name = head[:colon]
	if k := strings.Index(name, "=>"); k >= 0 {
		name = name[k+2:]
	}
	if name = strings.ToLower(strings.TrimSpace(name)); !variants[name] {
		return "", 0
	}
	return name, colon + 1
}

// fallback lists variants in the order in which they stand in for one, as
// MediaWiki's tables for Chinese have them.
func fallback(v string) []string {
	switch v {
	case "zh-cn":
		return []string{"zh-cn", "zh-hans", "zh-sg", "zh-my"}
	case "zh-sg", "zh-my":
		return []string{v, "zh-hans", "zh-cn", "zh-sg", "zh-my"}
	case "zh-hans":
		return []string{"zh-hans", "zh-cn", "zh-sg", "zh-my"}
	case "zh-tw":
		return []string{"zh-tw", "zh-hant", "zh-hk", "zh-mo"}
	case "zh-hk", "zh-mo":
		return []string{v, "zh-hant", "zh-hk", "zh-mo", "zh-tw"}
	case "zh-hant":
		return []string{"zh-hant", "zh-tw", "zh-hk", "zh-mo"}
	}
	return []string{v}
}
