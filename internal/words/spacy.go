package words

import "sync"

// A ruleset is what spaCy's tokenizer knows of one language.
type ruleset struct {
	specials specials
	digits   bool // a hyphen between a digit and a letter splits, as in English
}

var (
	englishRules = sync.OnceValue(func() *ruleset { return newRuleset(specialsBase+specialsEnglish, true) })
	neutralRules = sync.OnceValue(func() *ruleset { return newRuleset(specialsBase, false) })
)

func newRuleset(list string, digits bool) *ruleset {
	rs := &ruleset{digits: digits}
	rs.specials.load(list)
	// Specials that the affix rules would cut are also looked for in the cut
	// text, as sequences of the tokens these rules make of them.
	var c cutter
	for i, s := range rs.specials.list {
		if c.affixesOf(s.text, digits) {
			c.tokens = c.tokens[:0]
			c.span(s.text, 0, len(s.text), rs, false)
			rs.specials.addPattern(i, s.text, c.tokens)
		}
	}
	return rs
}

// affixesOf reports whether any prefix, suffix or infix rule matches in s.
func (c *cutter) affixesOf(s string, digits bool) bool {
	if prefix(s) > 0 || suffix(s) > 0 {
		return true
	}
	for i := 0; i < len(s); {
		if infix(s, i, digits) > 0 {
			return true
		}
		_, n := decode(s[i:])
		i += n
	}
	return false
}

// spacy cuts text into runs of white space and other characters, and the latter
// by rules. One blank between words leaves no token; every other run of white
// space does, because sentences see it.
func (c *cutter) spacy(text string, rs *ruleset) {
	for i, start := 0, 0; i < len(text); {
		space, letters, j := run(text, i)
		switch {
		case space:
			if start < j {
				c.tokens = append(c.tokens, token{uint32(start), uint32(j), true})
			}
			start = j
		case letters:
			if k := rs.specials.find(text[start:j]); k >= 0 {
				c.special(start, &rs.specials.list[k])
			} else {
				c.tokens = append(c.tokens, token{uint32(start), uint32(j), false})
			}
			start = j
		default:
			c.span(text, start, j, rs, true)
			start = j
		}
		if !space && j < len(text) && text[j] == ' ' {
			start++
		}
		i = j
	}
	c.mergeSpecials(text, rs)
}

// run returns where the run of white space, or of other characters, that starts
// at i ends, and whether it consists of ASCII letters alone.
func run(s string, i int) (space, letters bool, end int) {
	first := i
	for i < len(s) && s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' {
		i++
	}
	if i > first && (i == len(s) || s[i] == ' ') {
		return false, true, i
	}
	r, n := decode(s[first:])
	space = IsSpace(r)
	for i = max(i, first+n); i < len(s); i += n {
		n = 1
		is := classPages[0][s[i]]
		if s[i] >= 0x80 {
			r, n = decode(s[i:])
			is = class(r)
		}
		if (is&isSpace != 0) != space {
			break
		}
	}
	return space, false, i
}

// special emits the fixed split of a special span.
func (c *cutter) special(start int, s *special) {
	at := start
	for _, n := range s.lengths {
		if n > 0 {
			c.tokens = append(c.tokens, token{uint32(at), uint32(at + int(n)), false})
			at += int(n)
		}
	}
}

type affixes struct{ before, after []token }

// span cuts one run of characters other than white space, text[start:end]. With
// specials off it cuts by affix rules alone.
func (c *cutter) span(text string, start, end int, rs *ruleset, specials bool) {
	a := &c.affixes
	a.before, a.after = a.before[:0], a.after[:0]
	known := func(from, to int) bool { return specials && from < to && rs.specials.find(text[from:to]) >= 0 }
	for start < end && !known(start, end) {
		pre := prefix(text[start:end])
		if pre > 0 && known(start+pre, end) {
			a.before = append(a.before, token{uint32(start), uint32(start + pre), false})
			start += pre
			break
		}
		suf := suffix(text[start+pre : end])
		if suf > 0 && known(start, end-suf) {
			a.after = append(a.after, token{uint32(end - suf), uint32(end), false})
			end -= suf
			break
		}
		if pre == 0 && suf == 0 {
			break
		}
		if pre > 0 {
			a.before = append(a.before, token{uint32(start), uint32(start + pre), false})
			start += pre
		}
		if suf > 0 {
			a.after = append(a.after, token{uint32(end - suf), uint32(end), false})
			end -= suf
		}
	}
	c.tokens = append(c.tokens, a.before...)
	if start < end {
		c.core(text, start, end, rs, specials)
	}
	for i := len(a.after) - 1; i >= 0; i-- {
		c.tokens = append(c.tokens, a.after[i])
	}
}

// core cuts what is left of a span when nothing more comes off its ends: at the
// infixes, unless it is special or an address.
func (c *cutter) core(text string, start, end int, rs *ruleset, specials bool) {
	s := text[start:end]
	if specials {
		if k := rs.specials.find(s); k >= 0 {
			c.special(start, &rs.specials.list[k])
			return
		}
	}
	from := 0
	if !isAddress(s) {
		for i := 0; i < len(s); {
			n := infix(s, i, rs.digits)
			if n == 0 {
				_, w := decode(s[i:])
				i += w
				continue
			}
			if i > 0 {
				if i > from {
					c.tokens = append(c.tokens, token{uint32(start + from), uint32(start + i), false})
				}
				c.tokens = append(c.tokens, token{uint32(start + i), uint32(start + i + n), false})
				from = i + n
			}
			i += n
		}
	}
	if from < len(s) {
		c.tokens = append(c.tokens, token{uint32(start + from), uint32(end), false})
	}
}

// countSentences applies spaCy's sentencizer to the tokens: a sentence starts
// at the first token after terminators that is neither one nor punctuation.
func (c *cutter) countSentences(text string, limit int) int {
	n, seen := 1, false
	for _, t := range c.tokens {
		s := text[t.start:t.end]
		stop := isTerminator(s)
		switch {
		case seen && !stop && !allPunct(s):
			n++
			seen = false
			if n == limit {
				return n
			}
		case stop:
			seen = true
		}
	}
	return n
}

func isTerminator(s string) bool {
	r, n := decode(s)
	return n == len(s) && class(r)&isStop != 0
}

func allPunct(s string) bool {
	for _, r := range s {
		if class(r)&isPunct == 0 {
			return false
		}
	}
	return true
}
