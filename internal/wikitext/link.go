package wikitext

import (
	"strings"
)

// link resolves [[ ]]: files, categories and links to other languages are
// dropped, of others the words shown stay.
func (p *Parser) link(pr pair, depth int) {
	at := p.split(pr.inner, pr.close, '|', 1)
	end := pr.close
	if len(at) > 0 {
		end = at[0]
	}
	target := strings.TrimSpace(p.src[pr.inner:end])
	if strings.ContainsAny(target, "{<[") {
		target = p.value(pr.inner, end, depth)
	}
	if strings.ContainsAny(target, "\n") {
		p.expand(pr.inner, pr.close, depth+1) // no link: text that was not meant so
		return
	}
	colon := strings.HasPrefix(target, ":")
	target = strings.TrimPrefix(target, ":")
	if !colon && p.hidden(target) {
		p.gone()
		return
	}
	if len(at) == 0 {
		p.out = append(p.out, strings.ReplaceAll(decode(target), "_", " ")...)
		return
	}
	if strings.TrimSpace(p.src[end+1:pr.close]) == "" {
		p.out = append(p.out, trick(target)...)
		return
	}
	p.expand(end+1, pr.close, depth+1)
}

// hidden reports whether a link shows nothing where it stands.
func (p *Parser) hidden(target string) bool {
	i := strings.IndexByte(target, ':')
	if i < 1 {
		return false
	}
	name := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(target[:i], "_", " ")))
	if n, ok := p.Namespaces[name]; ok {
		return n == 6 || n == 14 // File, Category
	}
	return hiddenNames[name] || languageCode[name]
}

// trick is what [[target|]] shows: no namespace, no words in brackets or
// behind a comma.
func trick(target string) string {
	if i := strings.IndexByte(target, ':'); i >= 0 {
		target = target[i+1:]
	}
	for _, open := range []string{" (", "（", "("} {
		if i := strings.Index(target, open); i > 0 && (strings.HasSuffix(target, ")") || strings.HasSuffix(target, "）")) {
			return strings.TrimSpace(target[:i])
		}
	}
	if i := strings.Index(target, ", "); i > 0 {
		target = target[:i]
	}
	return target
}

// external resolves [URL words]; without words nothing is left, as readers see
// a number only.
func (p *Parser) external(pr pair, depth int) {
	i := pr.inner
	for i < pr.close && p.src[i] != ' ' && p.src[i] != '\t' && p.src[i] != '\n' && p.src[i] != '<' && p.src[i] != '[' && p.src[i] != '{' && p.src[i] != '\'' {
		i++
	}
	if i < pr.close && p.src[i] == '{' { // a template inside the address
		for i < pr.close && p.src[i] != ' ' {
			if q, ok := p.pairAt(i); ok && q.end <= pr.close {
				i = q.end
				continue
			}
			i++
		}
	}
	if strings.TrimSpace(p.src[i:pr.close]) == "" {
		p.gone()
		return
	}
	words := p.value(i, pr.close, depth)
	p.out = append(p.out, words...)
}
