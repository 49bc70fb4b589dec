package wikitext

import (
	"sort"
	"strings"
)

// Kinds of bracketed markup.
const (
	kindTemplate = iota // {{ }} or {{{ }}}
	kindLink            // [[ ]]
	kindURL             // [http://… ]
	kindVariant         // -{ }-
	kindTag             // <name> </name> whose content other rules do not see
	kinds
)

// A pair is markup whose start and end were found.
type pair struct {
	start, end   int // src[start:end], brackets included
	inner, close int // src[inner:close], without
	kind         int
	tag          string // name of a tag
}

// An opener waits for its end.
type opener struct {
	at, count, line int // count: braces
	kind            int
}

// match finds all pairs in one pass with a stack. What is left on the stack has
// no end, and will be dropped where it stands.
func (p *Parser) match() {
	p.pairs, p.open, p.opened = p.pairs[:0], p.open[:0], [kinds]int{}
	p.missing = nil
	s, line := p.src, 0
	for i := 0; i < len(s); {
		c := s[i]
		if !bracket[c] {
			i++
			continue
		}
		switch c {
		case '\n':
			line++
			i++
		case '<':
			i = p.tagPair(i)
		case '{':
			i = p.openBraces(i, line)
		case '}':
			i = p.closeBraces(i)
		case '[':
			i = p.openBrackets(i, line)
		case ']':
			i = p.closeBrackets(i, line)
		case '-':
			if strings.HasPrefix(s[i:], "-{") && !strings.HasPrefix(s[i:], "-{{") {
				p.push(opener{at: i, line: line, kind: kindVariant})
				i++
			}
			i++
		}
	}
	sort.Slice(p.pairs, func(a, b int) bool { return p.pairs[a].start < p.pairs[b].start })
}

var bracket = func() (set [256]bool) {
	for _, c := range []byte("\n<{}[]-") {
		set[c] = true
	}
	return set
}()

// maxPairs bounds the memory for one page. Articles of the largest size that
// wikis allow, 2 MiB, stay far below; markup beyond it has no partner.
const maxPairs = 1 << 19

func (p *Parser) full() bool { return len(p.pairs)+len(p.open) >= maxPairs }

func (p *Parser) push(o opener) {
	if p.full() {
		return
	}
	p.open = append(p.open, o)
	p.opened[o.kind]++
}

func (p *Parser) pop() {
	p.opened[p.open[len(p.open)-1].kind]--
	p.open = p.open[:len(p.open)-1]
}

func (p *Parser) top() *opener {
	if len(p.open) == 0 {
		return nil
	}
	return &p.open[len(p.open)-1]
}

// run returns how many bytes from i on equal s[i].
func run(s string, i int) int {
	n := 1
	for i+n < len(s) && s[i+n] == s[i] {
		n++
	}
	return n
}

func (p *Parser) openBraces(i, line int) int {
	n := run(p.src, i)
	if n >= 2 {
		p.push(opener{at: i, count: n, line: line, kind: kindTemplate})
	}
	return i + n
}

// closeBraces matches a run of closing braces with the openers on top, three
// by three where both have them. Links that were left open inside end here.
func (p *Parser) closeBraces(i int) int {
	end := i + run(p.src, i)
	for i < end {
		dash := end < len(p.src) && p.src[end] == '-'
		for o := p.top(); o != nil && p.given(o, end-i, dash); o = p.top() {
			p.pop()
		}
		o := p.top()
		switch {
		case o == nil:
			return end
		case o.kind == kindVariant && dash:
			p.pairs = append(p.pairs, pair{start: o.at, end: end + 1, inner: o.at + 2, close: end - 1, kind: kindVariant})
			p.pop()
			return end + 1
		case o.kind == kindTemplate && end-i >= 2:
			n := min(o.count, end-i, 3)
			start := o.at + o.count - n
			p.pairs = append(p.pairs, pair{start: start, end: i + n, inner: start + n, close: i, kind: kindTemplate})
			i += n
			if o.count -= n; o.count < 2 {
				p.pop()
			}
		default:
			return end
		}
	}
	return end
}

// given reports whether an opener has to be given up because n closing braces,
// perhaps with a dash, close one below it.
func (p *Parser) given(o *opener, n int, dash bool) bool {
	braces := n >= 2 && p.opened[kindTemplate] > 0
	variant := dash && p.opened[kindVariant] > 0
	switch o.kind {
	case kindLink, kindURL:
		return braces || variant
	case kindVariant:
		return !dash && braces
	}
	return n < 2 && variant
}

func (p *Parser) openBrackets(i, line int) int {
	n := run(p.src, i)
	end := i + n
	if n%2 == 1 {
		if scheme(p.src[end:]) && n == 1 {
			p.push(opener{at: i, line: line, kind: kindURL})
		}
		i++
	}
	for ; i < end; i += 2 {
		p.push(opener{at: i, line: line, kind: kindLink})
	}
	return end
}

// closeBrackets ends links. A template that was opened inside, on this line,
// and has no end is given up.
func (p *Parser) closeBrackets(i, line int) int {
	end := i + run(p.src, i)
	for i < end {
		if o := p.top(); o != nil && o.kind == kindURL {
			if o.line == line {
				p.pairs = append(p.pairs, pair{start: o.at, end: i + 1, inner: o.at + 1, close: i, kind: kindURL})
				i++
			}
			p.pop()
			continue
		}
		if end-i < 2 {
			return end
		}
		k := len(p.open) - 1
		for k >= 0 && p.opened[kindLink] > 0 && p.open[k].kind != kindLink && p.open[k].line == line && len(p.open)-k < 100 {
			k--
		}
		if k < 0 || p.open[k].kind != kindLink {
			return end
		}
		if k < len(p.open)-1 && p.open[k].line != line {
			return end // a template between, from another line, may still end
		}
		for len(p.open)-1 > k {
			p.pop()
		}
		o := p.top()
		p.pairs = append(p.pairs, pair{start: o.at, end: i + 2, inner: o.at + 2, close: i, kind: kindLink})
		p.pop()
		i += 2
	}
	return end
}

// scheme reports whether s begins with a URL that may stand in brackets.
func scheme(s string) bool {
	if strings.HasPrefix(s, "//") {
		return true
	}
	i := strings.IndexByte(s[:min(len(s), 12)], ':')
	return i > 1 && schemes[strings.ToLower(s[:i])]
}

// tagPair finds the end of a comment or of an extension tag and returns where
// to go on. Other tags are no pairs.
func (p *Parser) tagPair(i int) int {
	s := p.src
	if p.full() {
		return i + 1
	}
	if strings.HasPrefix(s[i:], "<!--") {
		end := len(s)
		if k := strings.Index(s[i+4:], "-->"); k >= 0 {
			end = i + 4 + k + 3
		}
		p.pairs = append(p.pairs, pair{start: i, end: end, inner: i + 4, close: end, kind: kindTag, tag: "!--"})
		return end
	}
	name := tagName(s[i+1:])
	if !extension[name] {
		return i + 1
	}
	head, self := tagEnd(s, i)
	if head < 0 {
		return i + 1
	}
	pr := pair{start: i, end: head, inner: head, close: head, kind: kindTag, tag: name}
	if !self {
		if p.missing[name] {
			return i + 1
		}
		at, end := endTag(s, head, name)
		if at < 0 {
			if p.missing == nil {
				p.missing = map[string]bool{}
			}
			p.missing[name] = true
			return i + 1
		}
		pr.close, pr.end = at, end
	}
	p.pairs = append(p.pairs, pr)
	return pr.end
}

// tagName returns the name at the start of what follows "<" in lower case.
func tagName(s string) string {
	n := 0
	for n < len(s) && n < 20 && (letter(s[n]) || n > 0 && '0' <= s[n] && s[n] <= '9') {
		n++
	}
	return strings.ToLower(s[:n])
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// maxTag is how long a start tag may be.
const maxTag = 2000

// tagEnd returns the offset behind the tag at s[i], and whether it ends itself;
// -1 when no tag stands there.
func tagEnd(s string, i int) (end int, self bool) {
	part := s[i:min(len(s), i+maxTag)]
	k := strings.IndexByte(part, '>')
	if k < 0 || strings.IndexByte(part[1:k], '<') >= 0 {
		return -1, false
	}
	return i + k + 1, part[k-1] == '/'
}

// endTag finds </name> at or behind from.
func endTag(s string, from int, name string) (at, end int) {
	for {
		k := strings.Index(s[from:], "</")
		if k < 0 {
			return -1, -1
		}
		from += k
		rest := s[from+2:]
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			e := from + 2 + len(name)
			for e < len(s) && (s[e] == ' ' || s[e] == '\t' || s[e] == '\n') {
				e++
			}
			if e < len(s) && s[e] == '>' {
				return from, e + 1
			}
		}
		from += 2
	}
}

// pairAt returns the pair that starts at offset i.
func (p *Parser) pairAt(i int) (pair, bool) {
	k := sort.Search(len(p.pairs), func(k int) bool { return p.pairs[k].start >= i })
	if k < len(p.pairs) && p.pairs[k].start == i {
		return p.pairs[k], true
	}
	return pair{}, false
}

// split returns the places of sep in src[a:b] outside any pair, at most limit.
func (p *Parser) split(a, b int, sep byte, limit int) []int {
	var at []int
	k := sort.Search(len(p.pairs), func(k int) bool { return p.pairs[k].start >= a })
	for i := a; i < b && len(at) < limit; {
		next := b
		for k < len(p.pairs) && p.pairs[k].start < i {
			k++
		}
		if k < len(p.pairs) {
			next = min(b, p.pairs[k].start)
		}
		for len(at) < limit {
			n := strings.IndexByte(p.src[i:next], sep)
			if n < 0 {
				break
			}
			at, i = append(at, i+n), i+n+1
		}
		if next == b {
			break
		}
		i = p.pairs[k].end
	}
	return at
}
