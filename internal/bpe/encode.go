package bpe

import (
	"math"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// Sizes of an encoder's memory.
const (
	cacheSlots = 1 << 17 // half of them used
	cachePiece = 24      // bytes; longer pieces seldom come again
	validSlots = 1 << 16
)

// An Encoder turns text into tokens. It remembers short pieces, which changes
// its speed alone. It is for one goroutine.
type Encoder struct {
	t     *Tokenizer
	table *[tableSize]uint8
	valid []uint64 // pairs that were judged: key, then the verdict in the lowest bit
	dead  []uint64 // bits: no token ends at this byte of the piece
	norm  []byte

	first, later []Special // later are those that the text is normalized for

	slots []cached
	used  int
	bytes []byte
	ids   []uint32
	plain pieces
}

// A cached is a piece with its tokens.
type cached struct {
	hash       uint64 // 0 for an empty slot
	piece, ids uint32 // where they begin
	n, count   uint16
}

// Encoder returns an encoder.
func (t *Tokenizer) Encoder() *Encoder {
	e := &Encoder{t: t, table: classTable(), valid: make([]uint64, validSlots), slots: make([]cached, cacheSlots)}
	for _, s := range t.Special {
		if !t.Normalized[s.ID] || t.sp != nil {
			e.first = append(e.first, s)
			continue
		}
		if t.NFC {
			s.Text = norm.NFC.String(s.Text)
		}
		e.later = append(e.later, s)
	}
	return e
}

// Encode appends the tokens of text to dst. Special tokens in the text are
// taken as text.
func (e *Encoder) Encode(dst []uint32, text []byte) []uint32 { return e.text(dst, text, true) }

// EncodeSpecial is [Encoder.Encode] that takes special tokens in the text for
// what they stand for, the longest where several begin. Those of Normalized are
// looked for in what the others leave.
func (e *Encoder) EncodeSpecial(dst []uint32, text []byte) []uint32 {
	return e.EncodePart(dst, text, true, true)
}

// EncodePart encodes a part of a text that begins behind a special token or, with begins, where
// the text does; special tells to take special tokens in it for what they stand for.
func (e *Encoder) EncodePart(dst []uint32, text []byte, special, begins bool) []uint32 {
	if special {
		return e.special(dst, text, begins)
	}
	return e.text(dst, text, begins)
}

// text appends the tokens of what lies between special tokens.
func (e *Encoder) text(dst []uint32, text []byte, begins bool) []uint32 {
	if e.t.sp != nil {
		return e.characters(dst, text, begins)
	}
	if e.t.NFC && !norm.NFC.IsNormal(text) {
		e.norm = norm.NFC.Append(e.norm[:0], text...)
		text = e.norm
	}
	s := scanner{text, e.table}
	for i := 0; i < len(text); {
		j := s.next(e.t.Pattern, i)
		dst = e.piece(dst, text[i:j])
		i = j
	}
	return dst
}

// special appends the tokens of text with special ones.
func (e *Encoder) special(dst []uint32, text []byte, begins bool) []uint32 {
	return e.around(dst, text, begins, e.first, e.normalized)
}

// normalized appends the tokens of what lies between special tokens: the text is brought into the
// form that the vocabulary has, and the special tokens that are looked for there are found.
func (e *Encoder) normalized(dst []uint32, text []byte, begins bool) []uint32 {
	if len(e.later) == 0 {
		return e.text(dst, text, begins)
	}
	if e.t.NFC {
		text = norm.NFC.Bytes(text)
	}
	return e.around(dst, text, begins, e.later, e.text)
}

// piece appends the tokens of one piece.
func (e *Encoder) piece(dst []uint32, p []byte) []uint32 {
	if len(p) > cachePiece {
		return e.merge(dst, p)
	}
	h := xxh3.Hash(p) | 1
	at := h >> 32 & (cacheSlots - 1)
	for ; e.slots[at].hash != 0; at = (at + 1) & (cacheSlots - 1) {
		c := &e.slots[at]
		if c.hash == h && int(c.n) == len(p) && string(e.bytes[c.piece:c.piece+uint32(c.n)]) == string(p) {
			if c.count == 1 {
				return append(dst, e.ids[c.ids])
			}
			return append(dst, e.ids[c.ids:c.ids+uint32(c.count)]...)
		}
	}
	from := len(dst)
	dst = e.merge(dst, p)
	if e.used++; e.used > cacheSlots/2 {
		clear(e.slots)
		e.used, e.bytes, e.ids = 0, e.bytes[:0], e.ids[:0]
		return dst
	}
	e.slots[at] = cached{h, uint32(len(e.bytes)), uint32(len(e.ids)), uint16(len(p)), uint16(len(dst) - from)}
	e.bytes, e.ids = append(e.bytes, p...), append(e.ids, dst[from:]...)
	return dst
}

// merge appends what merging makes of a piece. A row of tokens is that exactly
// if any two neighbours would come out of merging their bytes as they are, and
// there is one such row; so it is searched from the left, longest tokens first,
// with places remembered from which there is no way on (after Antonov and
// Beeching's proof for rust-gems, 2024).
func (e *Encoder) merge(dst []uint32, p []byte) []uint32 {
	t := e.t
	if t.whole && len(p) <= t.most {
		if id, ok := t.ids[string(p)]; ok {
			return append(dst, id)
		}
	}
	if t.mixed || t.sp != nil { // what follows needs merges in order
		return e.slow(dst, p)
	}
	e.dead = append(e.dead[:0], make([]uint64, len(p)/64+1)...)
	from, at := len(dst), 0
	next := t.trie.longest(p)
	for {
		placed := false
		for next != none {
			end := at + len(t.tokens[next])
			if e.dead[end>>6]>>(end&63)&1 == 0 && (len(dst) == from || e.fits(dst[len(dst)-1], next)) {
				dst = append(dst, next)
				at, placed = end, true
				break
			}
			next = t.parts[next].shorter
		}
		if placed {
			if at == len(p) {
				return dst
			}
			next = t.trie.longest(p[at:])
			continue
		}
		if len(dst) == from {
			return e.slow(dst, p)
		}
		e.dead[at>>6] |= 1 << (at & 63)
		last := dst[len(dst)-1]
		dst = dst[:len(dst)-1]
		at -= len(t.tokens[last])
		next = t.parts[last].shorter
	}
}

// slow merges by the definition.
func (e *Encoder) slow(dst []uint32, p []byte) []uint32 {
	e.plain.load(e.t, p)
	e.plain.merge(e.t)
	return e.plain.appendTo(dst)
}

// fits reports whether merging the bytes of two tokens gives the two.
func (e *Encoder) fits(a, b uint32) bool {
	key := pairKey(a, b)
	slot := &e.valid[pairHash(key)>>20&(validSlots-1)]
	if *slot>>1 == key {
		return *slot&1 == 1
	}
	*slot = key << 1
	if e.t.fits(a, b) {
		*slot |= 1
		return true
	}
	return false
}

// fits undoes the merges of two neighbours from the last one on, and looks at
// each step for a merge across the border that would have come before.
func (t *Tokenizer) fits(a, b uint32) bool {
	limit := int32(math.MaxInt32)
	for {
		if rank, _ := t.pairs.get(a, b); rank >= 0 && rank < limit {
			return false
		}
		x, y := &t.parts[a], &t.parts[b]
		switch {
		case x.rank < 0 && y.rank < 0:
			return true
		case x.rank > y.rank:
			limit, a = x.rank, x.right
		default: // of equal merges the left one came first, so the right one is undone first
			limit, b = y.rank+1, y.left
		}
	}
}
