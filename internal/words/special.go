package words

import (
	"slices"
	"strings"
)

// A special is a span with a fixed split.
type special struct {
	text    string
	lengths [3]uint8 // of its tokens in bytes
}

// A pattern is the sequence of tokens that the affix rules make of a special.
type pattern struct {
	special int
	tokens  []string
}

// specials finds spans with a fixed split.
type specials struct {
	list     []special
	lengths  [256]uint32 // by first byte: bit n is set when one of n bytes begins so
	slots    []int16     // hash table into list, -1 for empty
	patterns map[string][]pattern
	starts   [256]uint32 // by first byte: bit n is set when a pattern's first token of n bytes begins so
}

const specialSlots = 4096 // a power of two, three times the number of specials

func (t *specials) load(list string) {
	t.slots = make([]int16, specialSlots)
	for i := range t.slots {
		t.slots[i] = -1
	}
	t.patterns = map[string][]pattern{}
	for line := range strings.Lines(list) {
		s := special{}
		for i, tok := range strings.Fields(line) {
			s.text += tok
			s.lengths[i] = uint8(len(tok))
		}
		t.lengths[s.text[0]] |= 1 << min(len(s.text), 31)
		at := Hash(s.text) % specialSlots
		for t.slots[at] >= 0 {
			at = (at + 1) % specialSlots
		}
		t.slots[at] = int16(len(t.list))
		t.list = append(t.list, s)
	}
}

// find returns the index of the special that s is, or -1.
func (t *specials) find(s string) int {
	if t.lengths[s[0]]>>min(len(s), 31)&1 == 0 {
		return -1
	}
	for at := Hash(s) % specialSlots; t.slots[at] >= 0; at = (at + 1) % specialSlots {
		if k := int(t.slots[at]); t.list[k].text == s {
			return k
		}
	}
	return -1
}

func (t *specials) addPattern(i int, text string, toks []token) {
	p := pattern{special: i}
	for _, k := range toks {
		p.tokens = append(p.tokens, text[k.start:k.end])
	}
	t.patterns[p.tokens[0]] = append(t.patterns[p.tokens[0]], p)
	t.starts[p.tokens[0][0]] |= 1 << min(len(p.tokens[0]), 31)
}

// A match is a pattern found at tokens first up to, not including, end.
type match struct {
	special    int
	first, end int
}

// mergeSpecials puts together what the affix rules cut of a special. Longer
// matches win, then earlier ones; a match whose tokens do not touch in the text
// changes nothing but still keeps others away.
func (c *cutter) mergeSpecials(text string, rs *ruleset) {
	c.matches = c.matches[:0]
	for i, t := range c.tokens {
		if rs.specials.starts[text[t.start]]>>min(t.end-t.start, 31)&1 == 0 || !c.oddPair(text, i) {
			continue
		}
		for _, p := range rs.specials.patterns[text[t.start:t.end]] {
			if c.matchesAt(text, i, p.tokens) {
				c.matches = append(c.matches, match{p.special, i, i + len(p.tokens)})
			}
		}
	}
	if len(c.matches) > 0 {
		c.replace(text, rs)
	}
}

// oddPair is a quick test: every pattern has a character that is no ASCII
// letter or digit at the start of its first or second token, or is one token.
func (c *cutter) oddPair(text string, i int) bool {
	odd := func(t token) bool {
		b := text[t.start]
		return b >= 0x80 || classPages[0][b]&(isLetter|isDigit) == 0
	}
	return odd(c.tokens[i]) || i+1 < len(c.tokens) && odd(c.tokens[i+1])
}

func (c *cutter) matchesAt(text string, i int, pattern []string) bool {
	if i+len(pattern) > len(c.tokens) {
		return false
	}
	for k, want := range pattern {
		if t := c.tokens[i+k]; text[t.start:t.end] != want {
			return false
		}
	}
	return true
}

// replace applies the winning matches to the tokens.
func (c *cutter) replace(text string, rs *ruleset) {
	slices.SortFunc(c.matches, func(a, b match) int {
		if la, lb := a.end-a.first, b.end-b.first; la != lb {
			return lb - la
		}
		return a.first - b.first
	})
	// A match that loses keeps its tokens from others all the same.
	seen := make([]bool, len(c.tokens))
	won := c.matches[:0]
	for _, m := range c.matches {
		free := !seen[m.first] && !seen[m.end-1]
		for i := m.first; i < m.end; i++ {
			seen[i] = true
		}
		if free {
			won = append(won, m)
		}
	}
	slices.SortFunc(won, func(a, b match) int { return a.first - b.first })
	old := slices.Clone(c.tokens)
	c.tokens = c.tokens[:0]
	at := 0
	for _, m := range won {
		c.tokens = append(c.tokens, old[at:m.first]...)
		s := &rs.specials.list[m.special]
		if start := old[m.first].start; text[start:old[m.end-1].end] == s.text {
			c.special(int(start), s)
		} else {
			c.tokens = append(c.tokens, old[m.first:m.end]...)
		}
		at = m.end
	}
	c.tokens = append(c.tokens, old[at:]...)
}
