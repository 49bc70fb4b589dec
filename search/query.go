package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"feilun/internal/terms"
)

// A Query asks an index.
type Query struct {
	// Text is the question. "Quoted" words must stand together, -word may not occur, site:host
	// keeps to one host; all else is wished for.
	Text string
	K    int // hits wanted; 10 when 0

	Ranking *Ranking  // nil for the defaults
	Vector  []float32 // of the question, where the index has vectors; nil searches by words alone
}

// maxTerms is how many different terms of a question count; pasted pages have
// more, and their first ones say enough.
const maxTerms = 256

// A queryTerm is a term of the question with its weight.
type queryTerm struct {
	term   string
	weight float64
}

// A parsed is a question as the index sees it.
type parsed struct {
	terms   []queryTerm
	number  map[string]int // of a term in terms
	forms   []string       // of each term, as the question writes it
	idf     []float64      // of each term, set by candidates
	seq     []int          // the terms in the order they stand
	follows []bool         // whether each stands right behind the one before
	phrases [][]string     // must stand together
	not     []string       // terms that may not occur
	site    string
}

// parse reads a question. Any text is one.
func parse(text string, r *Ranking) *parsed {
	p := &parsed{number: map[string]int{}}
	s := terms.NewScanner()
	text = strings.ToValidUTF8(text, " ")
	for text != "" {
		if strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "“") {
			_, n := utf8.DecodeRuneInString(text)
			if inner, rest, ok := cutQuote(text[n:]); ok {
				p.phrase(s, inner, r)
				text = rest
				continue
			}
		}
		if rest, ok := p.operator(s, text); ok {
			text = rest
			continue
		}
		n := nextOperator(text)
		p.wish(s, text[:n], r)
		text = text[n:]
	}
	return p
}

func cutQuote(s string) (inner, rest string, ok bool) {
	i := strings.IndexAny(s, `"”`)
	if i < 0 {
		return "", s, false
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return s[:i], s[i+n:], true
}

// operator reads -word and site:host.
func (p *parsed) operator(s *terms.Scanner, text string) (rest string, ok bool) {
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	if host, ok := strings.CutPrefix(word, "site:"); ok && host != "" {
		p.site = strings.TrimPrefix(strings.ToLower(host), "www.")
		return text[end:], true
	}
	if not, ok := strings.CutPrefix(word, "-"); ok && not != "" && not[0] != '-' {
		for s.Reset(not); s.Next(); {
			p.not = append(p.not, string(s.Term(nil)))
			ok = true
		}
		return text[end:], len(p.not) > 0
	}
	return text, false
}

// nextOperator returns where the next quotation or operator may begin: after
// white space, and not at once.
func nextOperator(text string) int {
	space := false
	for i, r := range text {
		if i > 0 && (r == '"' || r == '“' || space && (r == '-' || strings.HasPrefix(text[i:], "site:"))) {
			return i
		}
		space = unicode.IsSpace(r)
	}
	return len(text)
}

func (p *parsed) phrase(s *terms.Scanner, text string, r *Ranking) {
	var phrase []string
	for s.Reset(text); s.Next(); {
		phrase = append(phrase, string(s.Term(nil)))
	}
	if len(phrase) > 0 {
		p.phrases = append(p.phrases, phrase)
	}
	p.wish(s, text, r)
}

// wish adds the terms of a text with their weights.
func (p *parsed) wish(s *terms.Scanner, text string, r *Ranking) {
	weigh := terms.Weigh(text, r.Function, r.Cross)
	first := true
	last := terms.Token{}
	for s.Reset(text); s.Next(); first = false {
		weight := weigh.Of(s)
		term := string(s.Term(nil))
		n, known := p.number[term]
		switch {
		case known:
			p.terms[n].weight += weight
		case len(p.terms) == maxTerms:
			continue
		default:
			n = len(p.terms)
			p.number[term] = n
			p.terms = append(p.terms, queryTerm{term, weight})
			p.forms = append(p.forms, text[s.Tok.Start:s.Tok.End])
		}
		p.seq = append(p.seq, n)
		p.follows = append(p.follows, !first && near(text, last, s.Tok))
		last = s.Tok
	}
}

// near reports whether b is the neighbour of a: the next pair of its run, or the
// next word behind spaces or nothing.
func near(text string, a, b terms.Token) bool {
	return b.Joined || a.End <= b.Start && strings.TrimLeft(text[a.End:b.Start], " ") == ""
}

// hostMatches reports whether a host is site or below it.
func hostMatches(host, site string) bool {
	return host == site || strings.HasSuffix(host, "."+site)
}

// distinct returns the terms that a chunk must or must not have, each once.
func distinct(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
