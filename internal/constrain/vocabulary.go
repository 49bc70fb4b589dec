package constrain

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// A Vocabulary is the texts of a model's tokens, in order of their bytes. It is read only
// once made.
type Vocabulary struct {
	size  int
	texts [][]byte // by number; nil for tokens without text
	trie  []trieNode
}

// A trieNode is a byte of tokens' texts; nodes lie in the order of a walk that goes down
// before it goes on.
type trieNode struct {
	token int32 // whose text ends here, or -1
	end   int32 // the node behind all that begin with this one's text
	depth uint16
	b     byte
}

// maxText is the longest text of a token that is offered.
const maxText = 1 << 12

// NewVocabulary returns the vocabulary of size tokens, whose texts text returns; nil for
// special tokens and numbers that stand for nothing.
func NewVocabulary(size int, text func(id uint32) []byte) *Vocabulary {
	v := &Vocabulary{size: size, texts: make([][]byte, size)}
	var order []int32
	for id := range v.texts {
		if b := text(uint32(id)); len(b) > 0 && len(b) <= maxText {
			v.texts[id], order = b, append(order, int32(id))
		}
	}
	slices.SortFunc(order, func(x, y int32) int {
		return cmp.Or(bytes.Compare(v.texts[x], v.texts[y]), cmp.Compare(x, y))
	})
	var open []int // nodes on the way to the last text
	var last []byte
	for _, id := range order {
		t := v.texts[id]
		same := 0
		for same < min(len(t), len(last)) && t[same] == last[same] {
			same++
		}
		if same == len(t) {
			continue // the text of a token before it
		}
		open = v.shut(open, same)
		for i := same; i < len(t); i++ {
			open = append(open, len(v.trie))
			v.trie = append(v.trie, trieNode{token: -1, depth: uint16(i), b: t[i]})
		}
		v.trie[len(v.trie)-1].token, last = id, t
	}
	v.shut(open, 0)
	return v
}

// shut notes the end of nodes that nothing more begins with.
func (v *Vocabulary) shut(open []int, but int) []int {
	for _, n := range open[but:] {
		v.trie[n].end = int32(len(v.trie))
	}
	return open[:but]
}

// A Matcher follows a text through a grammar. It is for one goroutine.
type Matcher struct {
	v     *Vocabulary
	a     *automaton
	now   *state
	path  []*state // of the walk
	spare []uint64
}

// Matcher returns a matcher at the beginning of a text.
func (g *Grammar) Matcher(v *Vocabulary) *Matcher {
	m := &Matcher{v: v, a: newAutomaton(g)}
	m.now = m.a.start()
	return m
}

// Ends reports whether the text may end here.
func (m *Matcher) Ends() bool { return m.now.ends }

// Complete reports whether the text has ended: nothing can follow.
func (m *Matcher) Complete() bool { return m.now.ends && len(m.now.tops) == 1 }

// Left returns how many bytes the text needs at least to be complete.
func (m *Matcher) Left() int { return int(m.now.left) }

// Accept goes on by a token and reports whether the grammar allows it; if not, the
// matcher stays where it is.
func (m *Matcher) Accept(token uint32) bool {
	if int(token) >= m.v.size || m.v.texts[token] == nil {
		return false
	}
	return m.Read(m.v.texts[token])
}

// Read goes on by bytes, as [Matcher.Accept] does by a token's.
func (m *Matcher) Read(text []byte) bool {
	s := m.now
	for _, b := range text {
		if s = m.a.step(s, b); s == m.a.dead {
			return false
		}
	}
	m.now = s
	m.forget()
	return true
}

// forget begins a new automaton when there are too many states.
func (m *Matcher) forget() {
	if len(m.a.states) <= maxStates && len(m.a.stacks) <= 16*maxStates {
		return
	}
	a := newAutomaton(m.a.g)
	c := a.closure()
	for _, t := range m.now.tops {
		c.tops = append(c.tops, a.moved(t))
	}
	a.lost = m.a.lost
	m.a, m.now = a, c.state()
}

// Allowed returns which tokens may follow when tokens of them are left, this one included:
// a bit each. Each leaves room to complete the text, a byte a token at worst; where there is
// no such token, and the text may not end, those are allowed that bring the end nearest. The end
// is not among them: see [Matcher.Ends]. The result is overwritten by the next call. Err is a grammar that can
// be read in too many ways, or a vocabulary that lacks a byte.
func (m *Matcher) Allowed(tokens int) ([]uint64, error) {
	if m.a.lost || len(m.now.tops) > maxTops {
		return nil, errAmbiguous
	}
	s := m.now
	m.a.work = 0
	mask := s.mask
	if mask == nil {
		mask, s.after, _ = m.walk(make([]uint64, (m.v.size+63)/64), never-1)
		s.mask = mask
		m.a.remember(s)
	}
	if int(s.after) >= tokens {
		if m.spare == nil {
			m.spare = make([]uint64, len(mask))
		}
		limit, nearest := int32(max(0, tokens-1)), int32(0)
		if mask, _, nearest = m.walk(m.spare, limit); nearest > limit && !s.ends {
			mask, _, _ = m.walk(m.spare, nearest)
		}
	}
	if m.a.work >= maxWork || m.a.lost {
		s.mask = nil // it is not whole
		return nil, errAmbiguous
	}
	if !s.ends && !slices.ContainsFunc(mask, func(w uint64) bool { return w != 0 }) {
		return nil, errors.New("no token of the vocabulary goes on as the grammar wants")
	}
	return mask, nil
}

// walk sets the bits of tokens that lead to states no further from the end than limit. It
// returns the largest distance of these, and the smallest of all.
func (m *Matcher) walk(mask []uint64, limit int32) (out []uint64, largest, nearest int32) {
	clear(mask)
	nearest = never
	m.path = append(m.path[:0], m.now)
	for i := int32(0); int(i) < len(m.v.trie) && m.a.work < maxWork; {
		n := &m.v.trie[i]
		s := m.a.step(m.path[n.depth], n.b)
		if s == m.a.dead {
			i = n.end
			continue
		}
		if n.token >= 0 {
			nearest = min(nearest, s.left)
			if s.left <= limit {
				mask[n.token/64] |= 1 << (n.token % 64)
				largest = max(largest, s.left)
			}
		}
		m.path = append(m.path[:n.depth+1], s)
		i++
	}
	return mask, largest, nearest
}
