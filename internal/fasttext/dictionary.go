package fasttext

import (
	"fmt"
	"math"
	"math/bits"
)

// A dictionary holds the words, then the labels: their bytes in one piece, and
// a hash table over them.
type dictionary struct {
	words, labels int32
	tokens        int64
	arena         []byte
	ends          []uint32 // end of entry i in arena; it starts where i-1 ends
	counts        []int64
	table         hashTable
	subwords      subwords
	folded        []int32 // in place of subwords: n-grams in the row of each word, -1 for none
	pruned        int64   // pairs in the file, -1 when the n-grams are not pruned
	pairs         []int32 // as in the file: hash bucket, row
	kept          int64   // rows of n-grams that are left after pruning
	slots         []int32 // open addressing over pairs: index of the pair, -1 is free
}

func (d *dictionary) load(in *reader) error {
	size := in.int32()
	d.words, d.labels = in.int32(), in.int32()
	d.tokens, d.pruned = in.int64(), in.int64()
	const least = 1 + 8 + 1 // bytes of an entry: NUL, count, type
	switch {
	case in.err != nil:
		return in.err
	case d.words < 0 || d.labels <= 0 || int64(d.words)+int64(d.labels) != int64(size):
		return fmt.Errorf("%d words and %d labels of %d entries", d.words, d.labels, size)
	case !in.room(int64(size), least):
		return fmt.Errorf("%d entries in %d bytes", size, in.left)
	case d.pruned < -1 || d.pruned >= 0 && !in.room(d.pruned, 8):
		return fmt.Errorf("%d pruned n-grams in %d bytes", d.pruned, in.left)
	}
	if err := d.loadEntries(in, size); err != nil {
		return err
	}
	return d.loadPairs(in)
}

func (d *dictionary) loadEntries(in *reader, size int32) error {
	d.ends, d.counts = make([]uint32, 0, size), make([]int64, 0, size)
	d.table = newHashTable(int(size))
	for i := range size {
		start := len(d.arena)
		d.arena = in.text(d.arena)
		count, kind := in.int64(), in.byte()
		if in.err != nil {
			return in.err
		}
		if len(d.arena) > math.MaxUint32 {
			return fmt.Errorf("%d bytes of words", len(d.arena))
		}
		if label := i >= d.words; (kind == 1) != label || kind > 1 {
			return fmt.Errorf("entry %d is of type %d", i, kind)
		}
		d.ends, d.counts = append(d.ends, uint32(len(d.arena))), append(d.counts, count)
		word := d.arena[start:]
		hash := hashBytes(word)
		slot, _ := d.find(word, hash)
		d.table.slots[slot] = hashSlot{hash, i + 1, uint32(start), uint32(len(d.arena))} // of equal entries the last one counts
	}
	return nil
}

func freeTable(n int) []int32 {
	size := 8
	for size < n*2 {
		size *= 2
	}
	t := make([]int32, size)
	for i := range t {
		t[i] = -1
	}
	return t
}

func (d *dictionary) loadPairs(in *reader) error {
	if d.pruned <= 0 {
		return nil
	}
	d.pairs = make([]int32, 2*d.pruned)
	for i := 0; i < len(d.pairs); i += 2 {
		d.pairs[i], d.pairs[i+1] = in.int32(), in.int32()
		if in.err != nil {
			return in.err
		}
		if d.pairs[i+1] < 0 {
			return fmt.Errorf("pruned n-gram in row %d", d.pairs[i+1])
		}
	}
	d.indexPairs()
	return nil
}

func (d *dictionary) save(out *writer) {
	out.int32(d.words + d.labels)
	out.int32(d.words)
	out.int32(d.labels)
	out.int64(d.tokens)
	out.int64(d.pruned)
	for i, n := range d.counts {
		out.bytes(d.text(int32(i)))
		out.bool(false) // NUL
		out.int64(n)
		out.bool(int32(i) >= d.words)
	}
	for _, p := range d.pairs {
		out.int32(p)
	}
}

func (d *dictionary) text(i int32) []byte {
	start := uint32(0)
	if i > 0 {
		start = d.ends[i-1]
	}
	return d.arena[start:d.ends[i]]
}

// A hashTable has open addressing; its length is a power of two.
type hashTable struct {
	slots []hashSlot
	shift uint8 // of the mixed hash, to a place
}

// A hashSlot holds the hash of an entry, its number plus one, and where its
// bytes are in the arena; entry 0 is free.
type hashSlot struct {
	hash       uint32
	entry      int32
	start, end uint32
}

func newHashTable(n int) hashTable {
	n = max(n, 4)
	size := bits.Len(uint(n + n/2))
	return hashTable{newLarge[hashSlot](1 << size), uint8(64 - size)}
}

// place is where a search for the hash starts: the low bits of FNV alone are poor.
func (t *hashTable) place(hash uint32) uint32 {
	return uint32(uint64(hash) * 0x9E3779B97F4A7C15 >> (t.shift & 63))
}

// find returns the place of the word in the table and its entry, -1 if none.
func (d *dictionary) find(word []byte, hash uint32) (slot uint32, entry int32) {
	mask := uint32(len(d.table.slots) - 1)
	for at := d.table.place(hash) & mask; ; at = (at + 1) & mask {
		s := d.table.slots[at]
		if s.entry == 0 || s.hash == hash && string(d.arena[s.start:s.end]) == string(word) {
			return at, s.entry - 1
		}
	}
}

// entry is lookup for a token whose slot is known.
func (d *dictionary) entry(word []byte, t *token) int32 {
	switch s := &t.slot; {
	case s.entry == 0:
		return -1
	case s.hash == t.hash && string(d.arena[s.start:s.end]) == string(word):
		return s.entry - 1
	}
	return d.lookup(word, t.hash)
}

// lookup returns the entry of the word, -1 if none.
func (d *dictionary) lookup(word []byte, hash uint32) int32 {
	_, entry := d.find(word, hash)
	return entry
}

// slot returns the place of a hash bucket among the pruned n-grams.
func (d *dictionary) slot(bucket int32) uint32 {
	mask := uint32(len(d.slots) - 1)
	s := uint32(bucket) * 2654435769 >> 7 & mask
	for d.slots[s] >= 0 && d.pairs[d.slots[s]] != bucket {
		s = (s + 1) & mask
	}
	return s
}

// ngramRow returns the row of the input matrix for a hash bucket, -1 when
// pruning left none.
func (d *dictionary) ngramRow(bucket int32) int32 {
	if d.pruned >= 0 {
		if d.pruned == 0 {
			return -1
		}
		i := d.slots[d.slot(bucket)]
		if i < 0 {
			return -1
		}
		bucket = d.pairs[i+1]
	}
	return d.words + bucket
}

// FNV-1a of 32 bits with fastText's quirk: bytes are signed when they are mixed in.
const (
	fnvStart = 2166136261
	fnvPrime = 16777619
)

// eosHash is the hash of "</s>".
const eosHash = 3617362777

func hashByte(h uint32, b byte) uint32 { return (h ^ uint32(int32(int8(b)))) * fnvPrime }

func hashBytes(b []byte) uint32 {
	h := uint32(fnvStart)
	for _, c := range b {
		h = hashByte(h, c)
	}
	return h
}
