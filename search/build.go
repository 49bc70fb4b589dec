package search

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"net/url"
	"slices"
	"strings"
	"time"

	"feilun"
	"feilun/internal/terms"

	"github.com/zeebo/xxh3"
)

// A Version is the hash of a document's id, address, title, date and text: the
// first half of its SHA-256. A document with any of them changed is another version.
type Version [16]byte

func (v Version) String() string { return hex.EncodeToString(v[:]) }

// ParseVersion reads what String writes.
func ParseVersion(s string) (Version, error) {
	var v Version
	if b, err := hex.DecodeString(s); err != nil || copy(v[:], b) != len(v) || len(b) != len(v) {
		return v, fmt.Errorf("%q is no document version: 32 hexadecimal digits", s)
	}
	return v, nil
}

// MarshalText writes the version as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Version) UnmarshalText(b []byte) (err error) {
	*v, err = ParseVersion(string(b))
	return err
}

// VersionOf returns the version of a document.
func VersionOf(d *feilun.Doc) Version {
	r := record{d.ID, d.URL, d.Title, d.Date, d.Text}
	head := r.appendHead(make([]byte, 0, 512))
	h := sha256.New()
	h.Write(head)
	h.Write([]byte(d.Text))
	return Version(h.Sum(head[:0])[:16])
}

// hostHash is a hash of the host of an address, 0 when it has none.
func hostHash(address string) uint32 {
	if h := hostOf(address); h != "" {
		return max(1, uint32(xxh3.HashString(h)))
	}
	return 0
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

func dayOf(date string) int32 {
	if len(date) < 10 {
		return noDay
	}
	t, err := time.Parse(time.DateOnly, date[:10])
	if err != nil {
		return noDay
	}
	return int32(t.Unix() / 86400)
}

// A builder inverts documents in memory and writes them as a segment.
type builder struct {
	size    int // of chunks, bytes
	w       *segmentWriter
	scan    *terms.Scanner
	table   termTable
	post    []uint32 // number of the term of each posting, chunk after chunk
	code    []uint8
	ends    []uint32 // where each chunk's postings end
	lengths []uint8
	title   []uint32 // terms of the current title
	docs    uint32
}

func newBuilder(dir string, size int) (*builder, error) {
	w, err := newSegmentWriter(dir)
	if err != nil {
		return nil, err
	}
	b := &builder{size: size, w: w, scan: terms.NewScanner()}
	b.table.init()
	return b, nil
}

func (b *builder) add(d *feilun.Doc, v Version) {
	b.w.doc(&record{d.ID, d.URL, d.Title, d.Date, d.Text}, v)
	b.title = b.title[:0]
	for b.scan.Reset(d.Title); b.scan.Next(); {
		b.title = append(b.title, b.table.id(b.scan))
	}
	pieces := chunks(d.Text, b.size)
	if len(pieces) == 0 {
		pieces = []span{{0, 0}} // a title alone
	}
	for _, p := range pieces {
		b.chunk(d.Text[p.start:p.end], p)
	}
	b.docs++
}

func (b *builder) chunk(text string, p span) {
	number, terms := uint32(len(b.ends)), 0
	for _, t := range b.title {
		b.slot(t, number, 1)
	}
	for b.scan.Reset(text); b.scan.Next(); terms++ {
		b.slot(b.table.id(b.scan), number, 2)
	}
	b.ends = append(b.ends, uint32(len(b.post)))
	n := lengthByte(terms)
	b.w.chunk(chunkEntry{b.docs, uint32(p.start), uint32(p.end)}, n)
	b.lengths = append(b.lengths, n)
}

// slot counts a term in a chunk: add 2 for the text, 1 for the title.
func (b *builder) slot(term, chunk uint32, add uint8) {
	s := &b.table.state[term]
	if s.chunk != chunk+1 {
		*s = termState{chunk + 1, uint32(len(b.post))}
		b.post, b.code = append(b.post, term), append(b.code, add)
		return
	}
	c := &b.code[s.slot]
	if add == 1 {
		*c |= 1
	} else if *c < numCodes-2 {
		*c += 2
	}
}

// close sorts postings by term and writes the segment.
func (b *builder) close() (segmentInfo, error) {
	order := b.table.sorted()
	starts := make([]uint32, len(order)+1)
	for _, t := range b.post {
		starts[t]++
	}
	at := uint32(0)
	for _, t := range order {
		starts[t], at = at, at+starts[t]
	}
	chunks, codes := make([]uint32, len(b.post)), make([]uint8, len(b.post))
	from := uint32(0)
	for chunk, to := range b.ends {
		for i := from; i < to; i++ {
			t := b.post[i]
			chunks[starts[t]], codes[starts[t]] = uint32(chunk), b.code[i]
			starts[t]++
		}
		from = to
	}
	from = 0
	for _, t := range order {
		to := starts[t]
		b.w.term(b.table.bytes(t), chunks[from:to], codes[from:to], b.lengths)
		from = to
	}
	return b.w.close()
}

// A termTable numbers terms. Pairs are found by their two characters, words by
// the letters before stemming, so that a word is stemmed once.
type termTable struct {
	slots []termSlot
	shift int
	used  int
	terms []termRef
	arena []byte
	stems map[string]uint32
	state []termState
}

type termSlot struct {
	key  uint64 // pairTag | a<<21 | b, or hash of the word
	id   uint32 // of the term, plus one
	word uint32 // where the word's letters stand in arena, behind their number
}

type termRef struct{ start, end uint32 }

type termState struct{ chunk, slot uint32 } // last chunk plus one, and the posting there

const pairTag = 1 << 63

func (t *termTable) init() {
	t.slots, t.shift, t.stems = make([]termSlot, 1<<14), 64-14, map[string]uint32{}
}

func (t *termTable) id(s *terms.Scanner) uint32 {
	key := pairTag | uint64(s.Tok.A)<<21 | uint64(s.Tok.B)
	if s.Tok.Word {
		key = xxh3.Hash(s.Word) &^ pairTag
	}
	mask := len(t.slots) - 1
	for i := int(key * 0x9e3779b97f4a7c15 >> t.shift); ; i = (i + 1) & mask {
		e := &t.slots[i]
		if e.id == 0 {
			return t.insert(i, key, s)
		}
		if e.key == key && (!s.Tok.Word || t.isWord(e.word, s.Word)) {
			return e.id - 1
		}
	}
}

func (t *termTable) isWord(at uint32, word []byte) bool {
	n := uint32(t.arena[at])
	return bytes.Equal(t.arena[at+1:at+1+n], word)
}

func (t *termTable) insert(i int, key uint64, s *terms.Scanner) uint32 {
	e := termSlot{key: key}
	if s.Tok.Word {
		e.word = uint32(len(t.arena))
		t.arena = append(append(t.arena, byte(len(s.Word))), s.Word...)
	}
	start := len(t.arena)
	t.arena = s.Term(t.arena)
	id := uint32(len(t.terms))
	known := false
	if s.Tok.Word {
		term := t.arena[start:]
		var old uint32
		if old, known = t.stems[string(term)]; known {
			id, t.arena = old, t.arena[:start]
		} else {
			t.stems[string(term)] = id
		}
	}
	if !known {
		t.terms = append(t.terms, termRef{uint32(start), uint32(len(t.arena))})
		t.state = append(t.state, termState{})
	}
	e.id = id + 1
	t.slots[i] = e
	if t.used++; t.used > len(t.slots)/2 {
		t.grow()
	}
	return id
}

func (t *termTable) grow() {
	old := t.slots
	t.slots = make([]termSlot, 2*len(old))
	t.shift = 64 - bits.TrailingZeros(uint(len(t.slots)))
	mask := len(t.slots) - 1
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		i := int(e.key * 0x9e3779b97f4a7c15 >> t.shift)
		for t.slots[i].id != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = e
	}
}

func (t *termTable) bytes(id uint32) []byte { return t.arena[t.terms[id].start:t.terms[id].end] }

// sorted lists the terms by their bytes, those of eight bytes or fewer without
// looking at the arena.
func (t *termTable) sorted() []uint32 {
	type keyed struct {
		head uint64
		id   uint32
	}
	all := make([]keyed, len(t.terms))
	for i := range all {
		var head [8]byte
		copy(head[:], t.bytes(uint32(i)))
		all[i] = keyed{binary.BigEndian.Uint64(head[:]), uint32(i)}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.head != b.head {
			if a.head < b.head {
				return -1
			}
			return 1
		}
		return bytes.Compare(t.bytes(a.id), t.bytes(b.id))
	})
	order := make([]uint32, len(all))
	for i, k := range all {
		order[i] = k.id
	}
	return order
}
