// Package bpe holds byte-pair encoding: vocabularies in the forms of tiktoken and
// Hugging Face, encoding equal to theirs, decoding, and training of byte-level ones.
// Start with [Open] or [Train], then [Tokenizer.Encoder]. Byte-level vocabularies
// give any bytes back as they were; those of SentencePiece's form, such as Llama 2's,
// take U+2581 for a space.
package bpe

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"feilun/internal/hint"
)

// ErrFormat is wrapped by every complaint about the bytes of a vocabulary.
var ErrFormat = errors.New("not a usable BPE vocabulary")

// maxTokens is the largest vocabulary that is read, and maxToken the longest
// token in bytes.
const (
	maxTokens = 1 << 21
	maxToken  = 1 << 12
)

// none stands where there is no token.
const none = math.MaxUint32

// A Tokenizer is a vocabulary with its way of splitting. It is read only once
// made: any number of goroutines may share it, each with an [Encoder].
type Tokenizer struct {
	Pattern Pattern
	NFC     bool      // text is brought into Unicode's composed form first
	Special []Special // in order of their numbers

	Guessed bool // Pattern was not told: ranks of tiktoken as many as no published vocabulary has

	// Shown are the special tokens that belong to texts, such as <think>: they are written out
	// when tokens are turned to text. tokenizer.json calls these alone not special.
	Shown map[uint32]bool

	// Normalized are the special tokens that are looked for behind the others, in text that is in
	// the composed form where NFC says so.
	Normalized map[uint32]bool

	// Borders are what special tokens want or take of the text beside them; most want nothing.
	Borders map[uint32]Border

	tokens [][]byte          // by number; nil where there is none, or a special one
	ids    map[string]uint32 // of tokens
	merges []merge           // by rank
	most   int               // bytes of the longest token
	mixed  bool              // some merge comes before one that makes what it joins
	whole  bool              // a piece that is a token is taken as it is, as tiktoken does

	pairs pairTable // what two neighbours merge into
	parts []part    // how each token comes about; by number
	trie  trie      // tokens that merging can reach

	sp *sentencePiece // nil for byte-level vocabularies
}

// A Special is a token that no text makes by itself, such as an end of text.
type Special struct {
	Text string
	ID   uint32
}

// A merge joins two neighbouring tokens. Lower ranks come first.
type merge struct {
	left, right, id uint32
	rank            int32
}

// A part is the last merge that makes a token.
type part struct {
	left, right uint32
	rank        int32  // of the merge; -1 for single bytes, -2 for tokens that merging cannot reach
	shorter     uint32 // the longest token that it begins with
}

// Size returns one more than the highest number of a token.
func (t *Tokenizer) Size() int {
	n := len(t.tokens)
	for _, s := range t.Special {
		n = max(n, int(s.ID)+1)
	}
	return n
}

// Token returns the bytes of a token, or nil when there is none of that number.
func (t *Tokenizer) Token(id uint32) []byte {
	if int(id) < len(t.tokens) && t.tokens[id] != nil {
		return t.tokens[id]
	}
	for _, s := range t.Special {
		if s.ID == id && t.sp != nil {
			return spaced(s.Text)
		} else if s.ID == id {
			return []byte(s.Text)
		}
	}
	return nil
}

// ID returns the number of a token, special ones included.
func (t *Tokenizer) ID(token string) (uint32, bool) {
	if id, ok := t.ids[token]; ok {
		return id, true
	}
	for _, s := range t.Special {
		if s.Text == token {
			return s.ID, true
		}
	}
	return 0, false
}

// LeadingSpace reports whether a space that a text begins with belongs to its first token
// alone, and is left out when tokens become text.
func (t *Tokenizer) LeadingSpace() bool { return t.sp != nil && t.sp.strip }

// Decode appends the text of tokens to dst. Bytes that make no character are
// kept.
func (t *Tokenizer) Decode(dst []byte, ids []uint32) ([]byte, error) {
	from := len(dst)
	for _, id := range ids {
		b := t.Token(id)
		if b == nil {
			return dst, fmt.Errorf("no token has number %d; there are %d", id, t.Size())
		}
		dst = append(dst, b...)
	}
	if t.LeadingSpace() && len(dst) > from && dst[from] == ' ' {
		dst = slices.Delete(dst, from, from+1)
	}
	return dst, nil
}

// finish builds the tables of a tokenizer whose tokens and merges are set.
func (t *Tokenizer) finish() error {
	t.ids = make(map[string]uint32, len(t.tokens))
	for id, b := range t.tokens {
		if b == nil {
			continue
		}
		if len(b) == 0 || len(b) > maxToken {
			return fmt.Errorf("token %d has %d bytes, want 1 to %d", id, len(b), maxToken)
		}
		t.most = max(t.most, len(b))
		if _, twice := t.ids[string(b)]; twice {
			return fmt.Errorf("token %q stands there twice", b)
		}
		t.ids[string(b)] = uint32(id)
	}
	var lacking []byte
	for c := range 256 {
		if _, ok := t.ids[string([]byte{byte(c)})]; !ok {
			lacking = append(lacking, byte(c))
		}
	}
	if n := len(lacking); n > 0 {
		err := fmt.Errorf("no token for byte 0x%02x (%d bytes have none): text with them would be lost", lacking[0], n)
		return hint.With(err, "trainers of tokenizers take all bytes in with initial_alphabet=ByteLevel.alphabet()")
	}
	if err := t.specials(); err != nil {
		return err
	}
	t.pair()
	t.reach()
	t.trie = newTrie(t)
	return nil
}

// pair builds the table of merges.
func (t *Tokenizer) pair() {
	t.pairs = newPairTable(len(t.merges))
	for _, m := range t.merges {
		t.pairs.put(m.left, m.right, m.rank, m.id)
	}
}

// specials sorts special tokens and refuses those with numbers of other tokens; one may be a word
// like others too.
func (t *Tokenizer) specials() error {
	slices.SortFunc(t.Special, func(a, b Special) int { return cmp.Compare(a.ID, b.ID) })
	for i, s := range t.Special {
		if int(s.ID) < len(t.tokens) && t.tokens[s.ID] != nil && string(t.tokens[s.ID]) != s.Text || i > 0 && t.Special[i-1].ID == s.ID {
			return fmt.Errorf("special token %q has number %d, as another token has", s.Text, s.ID)
		}
	}
	return nil
}

// reach finds out how each token comes about by merging its own bytes.
func (t *Tokenizer) reach() {
	t.parts = make([]part, len(t.tokens))
	var e pieces
	for id, b := range t.tokens {
		t.parts[id] = part{rank: -2, shorter: none}
		switch {
		case len(b) == 1:
			t.parts[id].rank = -1
		case len(b) > 1:
			e.load(t, b)
			if last, ok := e.merge(t); ok && e.single() && e.first() == uint32(id) {
				t.parts[id].left, t.parts[id].right, t.parts[id].rank = last.left, last.right, last.rank
			}
		}
	}
	for _, p := range t.parts {
		t.mixed = t.mixed || p.rank >= 0 && !(t.before(p.left, p.rank) && t.before(p.right, p.rank))
	}
}

// before reports whether a token is a byte, or its last merge comes before one of that rank.
func (t *Tokenizer) before(id uint32, rank int32) bool {
	return t.parts[id].rank >= -1 && t.parts[id].rank < rank
}

// A pairTable finds what a pair of tokens merges into.
type pairTable struct {
	keys  []uint64 // left and right, plus one
	ranks []int32
	ids   []uint32
}

func newPairTable(n int) pairTable {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return pairTable{make([]uint64, size), make([]int32, size), make([]uint32, size)}
}

func pairKey(left, right uint32) uint64 { return uint64(left)<<32 | uint64(right) + 1 }

func pairHash(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	return key ^ key>>29
}

// put enters a pair; of equal pairs the first stays.
func (p *pairTable) put(left, right uint32, rank int32, id uint32) {
	key, mask := pairKey(left, right), uint64(len(p.keys)-1)
	for at := pairHash(key) & mask; ; at = (at + 1) & mask {
		if p.keys[at] == key {
			return
		}
		if p.keys[at] == 0 {
			p.keys[at], p.ranks[at], p.ids[at] = key, rank, id
			return
		}
	}
}

// get returns the rank of the pair's merge and what it makes, or a rank of
// -1.
func (p *pairTable) get(left, right uint32) (rank int32, id uint32) {
	key, mask := pairKey(left, right), uint64(len(p.keys)-1)
	for at := pairHash(key) & mask; ; at = (at + 1) & mask {
		switch p.keys[at] {
		case key:
			return p.ranks[at], p.ids[at]
		case 0:
			return -1, none
		}
	}
}
