package dedup

import (
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// unitText is a text cut into the units that substrings are counted in. Unit i
// is text[start[i]:end[i]]; for bytes, both are nil and it is text[i].
type unitText struct {
	table      *table
	unit       string
	text       string
	hash       []uint64
	start, end []uint32
	norm       []byte // units with a zero byte before each
	at         []uint32
}

func newUnitText(unit string) *unitText { return &unitText{table: characterTable(), unit: unit} }

// cut cuts a text. It reuses its memory.
func (u *unitText) cut(text string) {
	u.text, u.hash, u.start, u.end = text, u.hash[:0], u.start[:0], u.end[:0]
	if u.unit == "bytes" {
		for i := range len(text) {
			u.hash = append(u.hash, mix(uint64(text[i])+1))
		}
		return
	}
	begin := -1 // of the word under way
	word := func(end int) {
		if begin >= 0 {
			u.add(begin, end)
			begin = -1
		}
	}
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		c, _ := u.table.of(r)
		switch {
		case c == classSpace:
			word(i)
		case c == classAlone || u.unit == "characters":
			word(i)
			u.add(i, i+n)
		case begin < 0:
			begin = i
		}
		i += n
	}
	word(len(text))
}

func (u *unitText) add(start, end int) {
	u.hash = append(u.hash, hashExact(u.text[start:end]))
	u.start, u.end = append(u.start, uint32(start)), append(u.end, uint32(end))
}

// hashExact hashes a token as it stands.
func hashExact(s string) uint64 {
	if len(s) <= 8 {
		var x uint64
		for i := range len(s) {
			x |= uint64(s[i]) << (8 * i)
		}
		return mix(x + uint64(len(s))*mulChunk)
	}
	return xxh3.HashString(s)
}

// span returns where units i to i+n-1 stand in the text.
func (u *unitText) span(i, n int) (from, to int) {
	if u.unit == "bytes" {
		return i, i + n
	}
	return int(u.start[i]), int(u.end[i+n-1])
}

// normalise prepares window: the units without the white space between them.
func (u *unitText) normalise() {
	u.norm, u.at = u.norm[:0], u.at[:0]
	if u.unit == "bytes" {
		return
	}
	for i := range u.start {
		u.at = append(u.at, uint32(len(u.norm)))
		u.norm = append(append(u.norm, 0), u.text[u.start[i]:u.end[i]]...)
	}
	u.at = append(u.at, uint32(len(u.norm)))
}

// window returns 128 bits of units i to i+n-1 themselves.
func (u *unitText) window(i, n int) (hi, lo uint64) {
	var h xxh3.Uint128
	if u.unit == "bytes" {
		h = xxh3.HashString128(u.text[i : i+n])
	} else {
		h = xxh3.Hash128(u.norm[u.at[i]:u.at[i+n]])
	}
	return h.Hi, h.Lo
}

// anchors calls f with the position and hash of one run of k units in every
// window of n units: the one with the lowest hash, of equal ones the last
// (winnowing: Schleimer, Wilkerson and Aiken, 2003). Two equal windows have
// equal anchors at equal places.
func (u *unitText) anchors(n, k int, f func(at int, hash uint64)) {
	if len(u.hash) < n {
		return
	}
	width := n - k + 1 // runs of k units in a window
	type entry struct {
		at   int
		hash uint64
	}
	queue := make([]entry, 0, 2*width) // hashes rise from the lowest on
	head, last := 0, -1
	var h uint64
	top := uint64(1)
	for range k - 1 {
		top *= mulShingle
	}
	for i, x := range u.hash {
		h = h*mulShingle + x
		at := i - k + 1
		if at < 0 {
			continue
		}
		m := mix(h)
		h -= u.hash[at] * top
		for len(queue) > head && queue[len(queue)-1].hash >= m {
			queue = queue[:len(queue)-1]
		}
		if len(queue) == cap(queue) {
			queue = queue[:copy(queue, queue[head:])]
			head = 0
		}
		queue = append(queue, entry{at, m})
		if queue[head].at <= at-width {
			head++
		}
		if at >= width-1 && queue[head].at != last {
			last = queue[head].at
			f(last, queue[head].hash)
		}
	}
}
