package sentencepiece

import (
	"cmp"
	"slices"
)

// A trie finds the entries that a text begins with, byte by byte.
type trie struct {
	nodes  []node
	labels []byte // of the nodes
}

// A node has its children side by side, in the order of their labels.
type node struct {
	first, count int32
	id           int32 // of the entry that ends here, or -1
}

// An entry is a text with its number.
type entry struct {
	text string
	id   int32
}

// newTrie builds a trie; of equal texts the first counts.
func newTrie(entries []entry) *trie {
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.text, b.text) })
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.text == b.text })
	t := &trie{nodes: []node{{id: -1}}, labels: []byte{0}}
	t.build(0, entries, 0)
	return t
}

// build gives a node its children: the entries agree in their first depth bytes.
func (t *trie) build(at int32, entries []entry, depth int) {
	if len(entries) > 0 && len(entries[0].text) == depth {
		t.nodes[at].id = entries[0].id
		entries = entries[1:]
	}
	var starts []int
	for i, e := range entries {
		if i == 0 || e.text[depth] != entries[i-1].text[depth] {
			starts = append(starts, i)
			t.nodes, t.labels = append(t.nodes, node{id: -1}), append(t.labels, e.text[depth])
		}
	}
	first := int32(len(t.nodes) - len(starts))
	t.nodes[at].first, t.nodes[at].count = first, int32(len(starts))
	for k, from := range starts {
		to := len(entries)
		if k+1 < len(starts) {
			to = starts[k+1]
		}
		t.build(first+int32(k), entries[from:to], depth+1)
	}
}

// step returns the child of a node by label, or -1.
func (t *trie) step(at int32, c byte) int32 {
	n := &t.nodes[at]
	if i, ok := slices.BinarySearch(t.labels[n.first:n.first+n.count], c); ok {
		return n.first + int32(i)
	}
	return -1
}

// longest returns the length of the longest entry that s begins with.
func (t *trie) longest(s string) int {
	length, at := 0, int32(0)
	for i := range len(s) {
		if at = t.step(at, s[i]); at < 0 {
			break
		}
		if t.nodes[at].id >= 0 {
			length = i + 1
		}
	}
	return length
}
