package bpe

import "slices"

// A trie finds the longest token that text begins with. It is a double array
// (Aoe, 1989): the child of node s for byte c is at base[s]+c, if that node's
// owner is s.
type trie struct {
	nodes []trieNode
}

type trieNode struct {
	base  int32
	owner int32  // parent, plus one; 0 for a free node
	token uint32 // that ends here, or none
}

// trieBuilder holds the words while a trie is made of them.
type trieBuilder struct {
	trie
	words [][]byte // sorted
	ids   []uint32
	from  int32 // no node below it is free
}

// newTrie makes a trie of the tokens that merging can reach, and enters for
// each the next shorter one that it begins with.
func newTrie(t *Tokenizer) trie {
	b := &trieBuilder{from: 1}
	for id := range t.parts {
		if t.parts[id].rank > -2 {
			b.ids = append(b.ids, uint32(id))
		}
	}
	slices.SortFunc(b.ids, func(x, y uint32) int { return slices.Compare(t.tokens[x], t.tokens[y]) })
	for _, id := range b.ids {
		b.words = append(b.words, t.tokens[id])
	}
	b.nodes = make([]trieNode, 512)
	b.nodes[0] = trieNode{owner: 1, token: none}
	b.node(t, 0, 0, len(b.words), 0, none)
	return b.trie
}

// node fills the subtree of the words from lo to hi, which agree in depth
// bytes; shorter is the longest token on the way.
func (b *trieBuilder) node(t *Tokenizer, at int32, lo, hi, depth int, shorter uint32) {
	if lo < hi && len(b.words[lo]) == depth {
		id := b.ids[lo]
		b.nodes[at].token = id
		t.parts[id].shorter = shorter
		shorter = id
		lo++
	}
	if lo == hi {
		return
	}
	var children []byte
	starts := []int{lo}
	for i := lo; i < hi; i++ {
		if c := b.words[i][depth]; len(children) == 0 || children[len(children)-1] != c {
			if len(children) > 0 {
				starts = append(starts, i)
			}
			children = append(children, c)
		}
	}
	starts = append(starts, hi)
	base := b.place(children)
	b.nodes[at].base = base
	for _, c := range children {
		b.nodes[base+int32(c)] = trieNode{owner: at + 1, token: none}
	}
	for k, c := range children {
		b.node(t, base+int32(c), starts[k], starts[k+1], depth+1, shorter)
	}
}

// place finds a base at which all children are free.
func (b *trieBuilder) place(children []byte) int32 {
	first := int32(children[0])
	for int(b.from) < len(b.nodes) && b.nodes[b.from].owner != 0 {
		b.from++
	}
	tries := 0
	for at := max(b.from, first+1); ; at++ {
		base := at - first
		for int(base)+256 > len(b.nodes) {
			b.nodes = append(b.nodes, make([]trieNode, len(b.nodes))...)
		}
		if b.nodes[at].owner == 0 && b.fits(base, children) {
			return base
		}
		if tries++; tries == 4096 && len(children) > 1 {
			b.from = max(b.from, at-1024) // full enough: do not search there again
		}
	}
}

func (b *trieBuilder) fits(base int32, children []byte) bool {
	for _, c := range children {
		if b.nodes[base+int32(c)].owner != 0 {
			return false
		}
	}
	return true
}

// longest returns the longest token that text begins with.
func (t *trie) longest(text []byte) uint32 {
	best, at := uint32(none), int32(0)
	for _, c := range text {
		next := t.nodes[at].base + int32(c)
		if int(next) >= len(t.nodes) || t.nodes[next].owner != at+1 {
			break
		}
		at = next
		if id := t.nodes[at].token; id != none {
			best = id
		}
	}
	return best
}
