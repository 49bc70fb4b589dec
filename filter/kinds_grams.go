package filter

import (
	"sync"

	"feilun/internal/words"
)

// Spaces of grams: all parts share one, title, frame and lead have one of their own too;
// said has none, its grams count for their sentence alone.
const (
	spaceText  = 3
	spaceTitle = 2
	spaceFrame = 4
	spaceLead  = 5
	spaceSaid  = 6
)

// kindSlot hashes a feature.
func kindSlot(h uint64) uint32 { return uint32(h * slotPrime >> (64 - kindBits)) }

func (r *kindReader) add(s uint32) {
	if r.seen[s/64]>>(s%64)&1 == 0 {
		r.seen[s/64] |= 1 << (s % 64)
		r.slots = append(r.slots, s)
	}
}

// gram adds a gram to its sentence and in the space of all parts, and of title or frame;
// of the lead in its own alone.
func (r *kindReader) gram(h uint64, space uint64) {
	if space == spaceLead { // the text has them too, and its sentences
		r.add(kindSlot(h*8 + space))
		return
	}
	s := kindSlot(h*8 + spaceText)
	r.said = append(r.said, s)
	if space == spaceSaid {
		return
	}
	r.add(s)
	if space != spaceText {
		r.add(kindSlot(h*8 + space))
	}
}

// stop ends a sentence.
func (r *kindReader) stop() {
	from := 0
	if n := len(r.stops); n > 0 {
		from = int(r.stops[n-1])
	}
	if len(r.said) > from {
		r.stops = append(r.stops, int32(len(r.said)))
	}
}

const slotPrime = 0x9E3779B97F4A7C15
const gramPrime = 1099511628211

// grams adds pairs and triples of Han characters in simplified form, words of
// other scripts, their pairs and the first five letters of long ones. Numbers
// of three digits count as words, others by their length. Characters between
// Han characters part them, other than spaces do so between words.
func (r *kindReader) grams(s string, space uint64) {
	var g gramState
	dot := false // a full stop stands before
	for _, c := range s {
		after := dot
		dot = c == '.'
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0xC0 && c < 0x2000:
			if g.digits > 0 {
				r.word(&g, space)
			}
			g.h1, g.h2 = 0, 0
			g.word = (g.word + uint64(c|0x20)) * gramPrime
			if g.letters++; g.letters == 5 {
				g.stem = g.word
			}
		case isHan(c):
			r.word(&g, space)
			r.han(&g, uint64(simple(c)), space)
		case c >= '0' && c <= '9':
			if g.letters > 0 {
				r.word(&g, space)
			}
			g.h1, g.h2 = 0, 0
			g.word = (g.word + uint64(c)) * gramPrime
			g.digits++
		case c == '\'' || c == '’':
		case c == ' ':
			r.word(&g, space)
			if after {
				r.stop()
			}
		default:
			r.word(&g, space)
			g.last, g.h1, g.h2 = 0, 0, 0
			if c == '\n' || c == '。' || c == '！' || c == '？' || c == '!' || c == '?' {
				r.stop()
			}
		}
	}
	r.word(&g, space)
	r.stop()
}

// A gramState is what stands before a character: two Han characters, the word
// so far, and the word before it.
type gramState struct {
	h1, h2, word, stem, last uint64
	letters, digits          int
}

// han adds the pair and the triple that the Han character u ends.
func (r *kindReader) han(g *gramState, u, space uint64) {
	g.last = 0
	if g.h1 != 0 {
		r.gram(g.h1<<20|u, space)
		if g.h2 != 0 {
			r.gram((g.h2<<20|g.h1)*1000003+u, space)
		}
	}
	g.h2, g.h1 = g.h1, u
}

// word ends a word.
func (r *kindReader) word(g *gramState, space uint64) {
	if g.word == 0 {
		return
	}
	if g.digits > 0 && g.digits != 3 {
		g.word = uint64(min(g.digits, 12))<<32 | 1
	}
	r.gram(g.word, space)
	if g.letters > 6 {
		r.gram(g.stem^0x5555, space)
	}
	if g.last != 0 {
		r.gram(g.last*31+g.word, space)
	}
	g.last, g.word, g.stem, g.letters, g.digits = g.word, 0, 0, 0, 0
}

// simple maps a traditional character to its simplified form.
func simple(r rune) rune {
	if r < 1<<16 {
		if s := simpleTable()[r]; s != 0 {
			return rune(s)
		}
	}
	return r
}

var simpleTable = sync.OnceValue(func() *[1 << 16]uint16 {
	t := new([1 << 16]uint16)
	pairs := []rune(words.FoldPairs)
	for i := 0; i+1 < len(pairs); i += 2 {
		t[pairs[i+1]] = uint16(pairs[i])
	}
	return t
})
