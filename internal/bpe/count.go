package bpe

import (
	"bytes"
	"math"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// A Counter counts the different pieces of text, for training. It is for one
// goroutine; counters of several are joined with [Counter.Merge].
type Counter struct {
	pattern Pattern
	nfc     bool
	table   *[tableSize]uint8
	norm    []byte

	slots []uint32 // place of a piece plus one
	list  []counted
	bytes []byte
}

type counted struct {
	hash  uint64
	count uint64
	at    uint64 // of its bytes
	n     uint32
}

// countedPiece is the longest piece that is counted; longer ones, such as rows
// of one character, are no words.
const countedPiece = 256

// NewCounter returns a counter for a split pattern.
func NewCounter(p Pattern, nfc bool) *Counter {
	return &Counter{pattern: p, nfc: nfc, table: classTable(), slots: make([]uint32, 1<<16)}
}

// Add counts the pieces of a text.
func (c *Counter) Add(text []byte) {
	if c.nfc && !norm.NFC.IsNormal(text) {
		c.norm = norm.NFC.Append(c.norm[:0], text...)
		text = c.norm
	}
	s := scanner{text, c.table}
	for i := 0; i < len(text); {
		j := s.next(c.pattern, i)
		if j-i > 1 && j-i <= countedPiece {
			c.add(text[i:j], xxh3.Hash(text[i:j]), 1)
		}
		i = j
	}
}

// Bytes returns the memory that the counts take.
func (c *Counter) Bytes() int64 {
	return int64(cap(c.slots))*4 + int64(cap(c.list))*32 + int64(cap(c.bytes))
}

func (c *Counter) piece(w *counted) []byte { return c.bytes[w.at : w.at+uint64(w.n)] }

// add counts a piece of that hash so many times.
func (c *Counter) add(p []byte, hash, times uint64) {
	mask := uint64(len(c.slots) - 1)
	at := hash & mask
	for ; c.slots[at] != 0; at = (at + 1) & mask {
		if w := &c.list[c.slots[at]-1]; w.hash == hash && bytes.Equal(c.piece(w), p) {
			w.count += times
			return
		}
	}
	if len(c.list) == math.MaxUint32-1 {
		return // four thousand million different pieces: enough is known
	}
	c.list = append(c.list, counted{hash, times, uint64(len(c.bytes)), uint32(len(p))})
	c.bytes = append(c.bytes, p...)
	c.slots[at] = uint32(len(c.list))
	if len(c.list)*3 > len(c.slots)*2 {
		c.grow()
	}
}

func (c *Counter) grow() {
	c.slots = make([]uint32, 2*len(c.slots))
	mask := uint64(len(c.slots) - 1)
	for i := range c.list {
		at := c.list[i].hash & mask
		for c.slots[at] != 0 {
			at = (at + 1) & mask
		}
		c.slots[at] = uint32(i + 1)
	}
}

// Merge adds the counts of another counter and empties it.
func (c *Counter) Merge(o *Counter) {
	for i := range o.list {
		w := &o.list[i]
		c.add(o.piece(w), w.hash, w.count)
	}
	o.slots, o.list, o.bytes = nil, nil, nil
}
