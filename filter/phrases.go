package filter

import "slices"

// phrases finds every occurrence of many byte strings in one pass: the
// automaton of Aho and Corasick (1975), its transitions packed into one array
// as Aoe (1989) packs tries. It takes 16 bytes a state and is read-only once
// built, so that any number of filters may share it. ASCII letters match in
// either case; a phrase that starts or ends with an ASCII letter or digit
// matches only at that edge of a word.
type phrases struct {
	root  [256]int32 // first states by byte
	node  []phraseNode
	words []string                // lower case, sorted
	tag   []uint32                // what the caller said about each word
	link  []int32                 // by word: next shorter word that ends where this one ends, or -1
	start [2][1 << 16 / 64]uint64 // how words begin: with a word byte, with a character of three bytes
}

type phraseNode struct {
	base  int32 // child for byte c is at base+c, if its check says so
	check int32 // parent
	fail  int32 // state of the longest proper suffix
	out   int32 // longest word that ends here, or -1
}

// newPhrases builds the automaton for words and their tags; the tags of equal
// words are joined by or. Empty words are left out.
func newPhrases(words []string, tags []uint32) *phrases {
	joined := map[string]uint32{}
	for i, w := range words {
		if w != "" {
			joined[lowerASCII(w)] |= tags[i]
		}
	}
	p := &phrases{}
	for w := range joined {
		p.words = append(p.words, w)
	}
	slices.Sort(p.words)
	for _, w := range p.words {
		p.tag = append(p.tag, joined[w])
	}
	p.markStarts()
	p.link = make([]int32, len(p.words))
	b := phraseBuilder{p: p, free: 256} // lower slots are out of reach of most bytes
	b.build()
	return p
}

// A phraseBuilder lays the trie of sorted words out in breadth-first order. A
// state is a range of words that share a prefix.
type phraseBuilder struct {
	p    *phrases
	free int32 // no slot below is free
	top  int32 // highest slot in use
}

type phraseRange struct {
	state  int32
	lo, hi int // words
	depth  int
}

func (b *phraseBuilder) build() {
	p := b.p
	b.grow(1024)
	p.node[0] = phraseNode{check: -2, out: -1}
	queue := []phraseRange{{0, 0, len(p.words), 0}}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		kids := b.children(r)
		if len(kids) == 0 {
			continue
		}
		base := b.place(p, kids, r)
		p.node[r.state].base = base
		for _, k := range kids {
			c := p.words[k.lo][r.depth]
			k.state = base + int32(c)
			b.enter(r.state, k, c)
			queue = append(queue, k)
		}
	}
	p.node = slices.Clip(p.node)
}

// children splits the words of r by their next byte.
func (b *phraseBuilder) children(r phraseRange) []phraseRange {
	var kids []phraseRange
	lo := r.lo
	for lo < r.hi && len(b.p.words[lo]) == r.depth {
		lo++
	}
	for lo < r.hi {
		hi := lo + 1
		for hi < r.hi && b.p.words[hi][r.depth] == b.p.words[lo][r.depth] {
			hi++
		}
		kids = append(kids, phraseRange{0, lo, hi, r.depth + 1})
		lo = hi
	}
	return kids
}

// place returns a base at which every child has a free slot. States with few
// children fill the gaps; those with many look at the upper end, where search
// is short.
func (b *phraseBuilder) place(p *phrases, kids []phraseRange, r phraseRange) int32 {
	for p.node[b.free].check != -1 {
		b.free++
		b.grow(int(b.free) + 512)
	}
	first := int32(p.words[kids[0].lo][r.depth])
	from := b.free
	if len(kids) > 1 {
		from = max(from, b.top-256*int32(min(len(kids), 4)-1)/4)
	}
	base := max(1, from-first)
	for !b.fits(base, kids, r.depth) {
		base++
	}
	b.top = max(b.top, base+int32(p.words[kids[len(kids)-1].lo][r.depth]))
	return base
}

func (b *phraseBuilder) fits(base int32, kids []phraseRange, depth int) bool {
	b.grow(int(base) + 512)
	for _, k := range kids {
		if b.p.node[base+int32(b.p.words[k.lo][depth])].check != -1 {
			return false
		}
	}
	return true
}

func (b *phraseBuilder) grow(n int) {
	for len(b.p.node) < n {
		b.p.node = append(b.p.node, phraseNode{check: -1, out: -1})
	}
}

// enter makes state k the child of parent for byte c: all shorter states are
// known, so its suffix state is too.
func (b *phraseBuilder) enter(parent int32, k phraseRange, c byte) {
	p := b.p
	n := &p.node[k.state]
	n.check = parent
	if parent == 0 {
		p.root[c] = k.state
		n.fail = 0
	} else {
		n.fail = p.step(p.node[parent].fail, c)
	}
	n.out = p.node[n.fail].out
	if len(p.words[k.lo]) == k.depth {
		p.link[k.lo] = n.out
		n.out = int32(k.lo)
	}
}

// step returns the state after byte c, which must be in lower case.
func (p *phrases) step(s int32, c byte) int32 {
	for s != 0 {
		n := &p.node[s]
		if t := n.base + int32(c); p.node[t].check == s {
			return t
		}
		s = n.fail
	}
	return p.root[c]
}

// markStarts notes how words start, so that [phrases.skip] may pass by most of
// a text. A word too short to tell is noted under all starts it may have.
func (p *phrases) markStarts() {
	for _, w := range p.words {
		for b := range 256 {
			for c := range 256 {
				second, third := byteAt(w, 1, b), byteAt(w, 2, c)
				if table, at := startOf(w[0], second, third); table >= 0 {
					p.start[table][at/64] |= 1 << (at % 64)
				}
				if len(w) > 2 {
					break
				}
			}
			if len(w) > 1 {
				break
			}
		}
	}
}

func byteAt(s string, i, otherwise int) byte {
	if i < len(s) {
		return s[i]
	}
	return byte(otherwise)
}

// startOf returns the table and bit for three bytes in lower case; table is -1
// for starts that are not noted.
func startOf(a, b, c byte) (table int, at uint32) {
	switch {
	case isWordByte(a):
		return 0, (uint32(a)<<11 ^ uint32(b)<<5 ^ uint32(c)) & 0xFFFF
	case a >= 0xE0 && a < 0xF0:
		return 1, uint32(a&0xF)<<12 | uint32(b&0x3F)<<6 | uint32(c&0x3F)
	}
	return -1, 0
}

// skip returns the next position from i on, at or after which a word may start.
func (p *phrases) skip(text string, i int) int {
	for i < len(text) {
		c := lowerByte[text[i]]
		switch {
		case wordByte[c]:
			if i == 0 || !wordByte[text[i-1]] {
				if i+2 >= len(text) {
					return i
				}
				at := (uint32(c)<<11 ^ uint32(lowerByte[text[i+1]])<<5 ^ uint32(lowerByte[text[i+2]])) & 0xFFFF
				if p.start[0][at/64]>>(at%64)&1 != 0 {
					return i
				}
			}
			for i++; i < len(text) && wordByte[text[i]]; i++ {
			}
		case c >= 0xE0 && c < 0xF0:
			if i+2 >= len(text) {
				return i
			}
			at := uint32(c&0xF)<<12 | uint32(text[i+1]&0x3F)<<6 | uint32(text[i+2]&0x3F)
			if p.start[1][at/64]>>(at%64)&1 != 0 || text[i+1] < 0x80 || text[i+2] < 0x80 {
				return i
			}
			i += 3
		case p.root[c] != 0:
			return i
		default:
			i++
		}
	}
	return i
}

// A phraseHit is one occurrence of a word, as byte offsets in the text.
type phraseHit struct {
	start, end int
	word       int32
}

// seen returns all tags of words in the text, without a look at word edges:
// a cheap test for what the text cannot hold.
func (p *phrases) seen(text string) uint32 {
	var tags uint32
	s := int32(0)
	for i := p.skip(text, 0); i < len(text); {
		s = p.step(s, lowerByte[text[i]])
		i++
		if s == 0 {
			i = p.skip(text, i)
			continue
		}
		for w := p.node[s].out; w >= 0; w = p.link[w] {
			tags |= p.tag[w]
		}
	}
	return tags
}

// find appends the occurrences in text to hits, by end, the longest first.
func (p *phrases) find(text string, hits []phraseHit) []phraseHit {
	return p.findTags(text, ^uint32(0), hits)
}

// findTags is find for words with one of the tags.
func (p *phrases) findTags(text string, tags uint32, hits []phraseHit) []phraseHit {
	s := int32(0)
	for i := p.skip(text, 0); i < len(text); {
		s = p.step(s, lowerByte[text[i]])
		i++
		if s == 0 {
			i = p.skip(text, i)
			continue
		}
		for w := p.node[s].out; w >= 0; w = p.link[w] {
			start := i - len(p.words[w])
			if p.tag[w]&tags != 0 && atEdges(text, start, i) {
				hits = append(hits, phraseHit{start, i, w})
			}
		}
	}
	return hits
}

func atEdges(text string, start, end int) bool {
	return (start == 0 || !isWordByte(text[start]) || !isWordByte(text[start-1])) &&
		(end == len(text) || !isWordByte(text[end-1]) || !isWordByte(text[end]))
}

func isWordByte(c byte) bool { return wordByte[c] }

// wordByte is true for ASCII letters and digits.
var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
	}
	return t
}()

// lowerByte maps ASCII capitals to small letters and all other bytes to themselves.
var lowerByte = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}()

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowerByte[c]
	}
	return string(b)
}
