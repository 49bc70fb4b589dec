package constrain

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A stack is a place in a grammar with the places to return to: pos is a symbol that reads
// a byte, or for the others the symbol behind a rule; -1 on its own is the end of the text.
type stack struct {
	pos   int32
	id    uint32
	left  int32 // bytes to the end of the text at least
	below *stack
}

// A state is where a text may be: all stacks that its bytes lead to.
type state struct {
	tops  []*stack
	ends  bool  // the text may end here
	left  int32 // bytes to the end at least
	next  *[256]*state
	mask  []uint64 // tokens that may follow, as far as it is known
	after int32    // the largest left behind one of them
}

// An automaton makes states as they are needed.
type automaton struct {
	g      *Grammar
	stacks map[stackKey]*stack
	states map[string]*state
	dead   *state
	masks  []*state // that have one
	work   int      // places looked at
	lost   bool     // a text could be read in too many ways: states are not whole
}

type stackKey struct {
	pos   int32
	below uint32
}

// Limits of what a matcher remembers, and of how many ways a text may be read in.
const (
	maxStates = 1 << 12
	maxMasks  = 1 << 8
	maxTops   = 1 << 14
	maxPlaces = 1 << 18 // that one byte leads to
	maxWork   = 1 << 21 // places looked at for one token
)

var errAmbiguous = errors.New("the grammar can be read in too many ways at once")

func newAutomaton(g *Grammar) *automaton {
	return &automaton{g: g, stacks: map[stackKey]*stack{}, states: map[string]*state{}, dead: &state{left: never}}
}

// push returns the stack with a place on another.
func (a *automaton) push(pos int32, below *stack) *stack {
	key := stackKey{pos: pos}
	left := int32(0)
	if below != nil {
		key.below, left = below.id, below.left
	}
	if pos >= 0 {
		left += a.g.least[pos]
	}
	s := a.stacks[key]
	if s == nil {
		s = &stack{pos, uint32(len(a.stacks) + 1), min(left, never), below}
		a.stacks[key] = s
	}
	return s
}

// A closure collects the stacks that a place leads to without reading a byte.
type closure struct {
	a    *automaton
	seen map[stackKey]bool
	tops []*stack
}

func (c *closure) add(pos int32, below *stack) {
	key := stackKey{pos: pos}
	if below != nil {
		key.below = below.id
	}
	if c.seen[key] || len(c.tops) > maxTops {
		return
	}
	if len(c.seen) >= maxPlaces {
		c.a.lost = true
		return
	}
	c.a.work++
	c.seen[key] = true
	g := c.a.g
	switch s := g.syms[pos]; s.kind {
	case symSet:
		c.tops = append(c.tops, c.a.push(pos, below))
	case symRule:
		if g.syms[pos+1].kind != symEnd {
			below = c.a.push(pos+1, below)
		}
		for _, at := range g.alts[s.at] {
			c.add(at, below)
		}
	default:
		if below == nil {
			c.tops = append(c.tops, c.a.push(-1, nil))
		} else {
			c.add(below.pos, below.below)
		}
	}
}

func (a *automaton) closure() *closure { return &closure{a: a, seen: map[stackKey]bool{}} }

// state returns the state of the stacks that were collected.
func (c *closure) state() *state {
	if len(c.tops) == 0 {
		return c.a.dead
	}
	slices.SortFunc(c.tops, func(x, y *stack) int { return int(x.id) - int(y.id) })
	tops := slices.Compact(c.tops)
	key := make([]byte, 0, 4*len(tops))
	for _, t := range tops {
		key = binary.LittleEndian.AppendUint32(key, t.id)
	}
	s := c.a.states[string(key)]
	if s == nil {
		s = &state{tops: tops, left: never}
		for _, t := range tops {
			s.ends, s.left = s.ends || t.pos < 0, min(s.left, t.left)
		}
		c.a.states[string(key)] = s
	}
	return s
}

func (a *automaton) start() *state {
	c := a.closure()
	for _, at := range a.g.alts[a.g.start] {
		c.add(at, nil)
	}
	return c.state()
}

// step reads a byte.
func (a *automaton) step(s *state, b byte) *state {
	if s.next == nil {
		s.next = new([256]*state)
	}
	to := s.next[b]
	if to == nil {
		c := a.closure()
		a.work += len(s.tops) / 16
		for _, t := range s.tops {
			if t.pos >= 0 && a.g.sets[a.g.syms[t.pos].at].has(b) {
				c.add(t.pos+1, t.below)
			}
		}
		to = c.state()
		s.next[b] = to
	}
	return to
}

// moved returns a stack in another automaton.
func (a *automaton) moved(s *stack) *stack {
	var list []int32
	for ; s != nil; s = s.below {
		list = append(list, s.pos)
	}
	var out *stack
	for _, pos := range slices.Backward(list) {
		out = a.push(pos, out)
	}
	return out
}

// remember notes that a state has a mask, and lets those of the oldest go.
func (a *automaton) remember(s *state) {
	if a.masks = append(a.masks, s); len(a.masks) > maxMasks {
		for _, old := range a.masks[:maxMasks/2] {
			old.mask = nil
		}
		a.masks = slices.Clone(a.masks[maxMasks/2:])
	}
}
