// Package constrain keeps generated text within a grammar: [JSON], a JSON [Schema], or
// rules in the form of llama.cpp ([Parse]). A [Matcher] tells, token by token, which
// tokens of a vocabulary may follow, and that there is always one: every text that it
// lets begin can be completed, and near the limit of tokens it allows only what still
// can. It knows bytes and tokens alone; drawing is the affair of package model.
package constrain

import (
	"errors"
	"fmt"
)

// ErrGrammar is wrapped by every complaint about a grammar or a schema.
var ErrGrammar = errors.New("not a usable grammar")

// Limits of grammars: symbols in all, and repetitions of a part.
const (
	maxSymbols = 1 << 18
	maxRepeats = 1 << 13
)

// A Grammar is a context-free grammar over bytes, ready for matching. Any number of
// matchers may use it.
type Grammar struct {
	syms  []sym
	sets  []byteSet
	alts  [][]int32 // by rule: where its alternatives begin among the symbols
	least []int32   // bytes at least from a symbol to the end of its alternative
	start int32
}

// A byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) add(from, to byte) {
	for b := int(from); b <= int(to); b++ {
		s[b/64] |= 1 << (b % 64)
	}
}

func (s *byteSet) has(b byte) bool { return s[b/64]>>(b%64)&1 != 0 }

// A sym is a symbol of an alternative: a rule, one of a set of bytes, or its end.
type sym struct {
	kind symKind
	at   int32 // number of the rule or the set
}

type symKind uint8

const (
	symEnd symKind = iota
	symSet
	symRule
)

// A builder collects rules. Of two errors it keeps the first.
type builder struct {
	rules [][][]sym
	sets  []byteSet
	known map[byteSet]int32
	size  int
	err   error
}

func newBuilder() *builder { return &builder{known: map[byteSet]int32{}} }

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("%w: "+format, append([]any{ErrGrammar}, args...)...)
	}
}

// rule adds a rule of alternatives; more may be added later.
func (b *builder) rule(alts ...[]sym) sym {
	b.rules = append(b.rules, nil)
	r := sym{symRule, int32(len(b.rules) - 1)}
	for _, a := range alts {
		b.alt(r, a)
	}
	return r
}

// alt adds an alternative to a rule.
func (b *builder) alt(rule sym, syms []sym) {
	if b.size += len(syms) + 1; b.size > maxSymbols {
		b.fail("it comes to more than %d symbols", maxSymbols)
		return
	}
	b.rules[rule.at] = append(b.rules[rule.at], syms)
}

// set is one byte of a set.
func (b *builder) set(s byteSet) sym {
	i, ok := b.known[s]
	if !ok {
		i = int32(len(b.sets))
		b.sets, b.known[s] = append(b.sets, s), i
	}
	return sym{symSet, i}
}

func (b *builder) byteRange(from, to byte) sym {
	var s byteSet
	s.add(from, to)
	return b.set(s)
}

// literal is a text as it is.
func (b *builder) literal(text string) []sym {
	var out []sym
	for i := range len(text) {
		out = append(out, b.byteRange(text[i], text[i]))
	}
	return out
}

// repeat is a part at least so many times, and at most; most below 0 is without end.
func (b *builder) repeat(part []sym, least, most int) []sym {
	if b.err != nil {
		return nil
	}
	if least < 0 || least > maxRepeats || most > maxRepeats || most >= 0 && most < least {
		b.fail("a repetition of %d to %d, at most %d are handled", least, most, maxRepeats)
		return nil
	}
	if b.size+least+4*max(0, most-least) > maxSymbols {
		b.fail("it comes to more than %d symbols", maxSymbols)
		return nil
	}
	one := part
	if len(part) != 1 {
		one = []sym{b.rule(part)}
	}
	var out []sym
	for range least {
		out = append(out, one...)
	}
	if most < 0 {
		again := b.rule(nil)
		b.alt(again, []sym{one[0], again})
		return append(out, again)
	}
	var rest []sym // from the last one back: nothing, or one more and the rest
	for range most - least {
		rest = []sym{b.rule(nil, append([]sym{one[0]}, rest...))}
	}
	return append(out, rest...)
}

// either is one of several parts.
func (b *builder) either(parts ...[]sym) []sym { return []sym{b.rule(parts...)} }

func join(parts ...[]sym) []sym {
	var out []sym
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// never is a length that no text has.
const never = 1 << 29

// finish checks the rules and lays them out. Alternatives that no text satisfies go.
func (b *builder) finish(start sym) (*Grammar, error) {
	if b.err != nil {
		return nil, b.err
	}
	least, err := b.shortest()
	if err != nil {
		return nil, err
	}
	if least[start.at] >= never {
		return nil, fmt.Errorf("%w: no text satisfies it", ErrGrammar)
	}
	g := &Grammar{sets: b.sets, start: start.at, alts: make([][]int32, len(b.rules))}
	for r, alts := range b.rules {
		for _, a := range alts {
			if lengthOf(a, least) >= never {
				continue
			}
			from := len(g.syms)
			g.alts[r] = append(g.alts[r], int32(from))
			g.syms = append(append(g.syms, a...), sym{})
			g.least = append(g.least, make([]int32, len(a)+1)...)
			for i := len(a) - 1; i >= 0; i-- {
				g.least[from+i] = min(g.least[from+i+1]+int32(lengthOf(a[i:i+1], least)), never)
			}
		}
	}
	return g, g.leftRecursive(least)
}

// lengthOf returns how many bytes symbols come to at least.
func lengthOf(syms []sym, least []int) int {
	n := 0
	for _, s := range syms {
		switch s.kind {
		case symSet:
			n++
		case symRule:
			n += least[s.at]
		}
	}
	return min(n, never)
}

// maxLooks bounds how many symbols are looked at for the shortest texts: ordinary grammars need
// a few times as many as they have.
const maxLooks = 1 << 26

// shortest returns the length of each rule's shortest text.
func (b *builder) shortest() ([]int, error) {
	least, users, waits := make([]int, len(b.rules)), make([][]int32, len(b.rules)), make([]bool, len(b.rules))
	var todo []int32
	for r, alts := range b.rules {
		least[r], waits[r], todo = never, true, append(todo, int32(len(b.rules)-1-r))
		for _, a := range alts {
			for _, s := range a {
				if s.kind == symRule && (len(users[s.at]) == 0 || users[s.at][len(users[s.at])-1] != int32(r)) {
					users[s.at] = append(users[s.at], int32(r))
				}
			}
		}
	}
	for looks := 0; len(todo) > 0; {
		if looks > maxLooks {
			return nil, fmt.Errorf("%w: its rules depend on one another in too many ways", ErrGrammar)
		}
		r := todo[0]
		todo, waits[r] = todo[1:], false
		n := never
		for _, a := range b.rules[r] {
			n = min(n, lengthOf(a, least))
			looks += len(a) + 1
		}
		if n < least[r] {
			least[r] = n
			looks += len(users[r])
			for _, u := range users[r] {
				if !waits[u] {
					waits[u], todo = true, append(todo, u)
				}
			}
		}
	}
	return least, nil
}
