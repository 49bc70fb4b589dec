package filter

import (
	_ "embed"
	"math"
	"math/bits"
	"strings"
	"sync"
	"unicode/utf8"

	"feilun"
)

// Kinds of pages that are no text, in the order of [kindBytes].
const (
	kindSoft404 = iota
	kindParked
	kindStuffed
	kindMirror
	kindCount
)

const (
	kindSlots = 1 << 15 // hashed features
	kindHead  = 1500    // bytes of text looked at from its start
	kindTail  = 600     // and from its end, where copies say so
	kindFrame = 700     // bytes of frame, from its start and from its end
)

// kindBytes holds one signed byte a kind and slot, then, as float32 in
// hundredths of decimal digits, nothing else: see [kindScale]. It is written by
// the training test (go test ./filter -run TestTrainKinds -train).
//
//go:embed kinds.bin
var kindBytes string

// kindScale is the weight of one step of a byte in the table.
const kindScale = 1.0 / 32

// A kindReader turns a page into hashed features. Each slot counts once.
type kindReader struct {
	slots  []uint16
	seen   [kindSlots / 64]uint64
	notice notice
	mirror Mirror
	hits   []phraseHit
}

type kindKey struct{}

// kindScores returns the probability of each kind, found once per document for
// all filters.
func kindScores(d *feilun.Doc) *[kindCount]float64 {
	return d.Memo(kindKey{}, func() any {
		r := kindReaders.Get().(*kindReader)
		r.read(d)
		s := new([kindCount]float64)
		for k := range s {
			s[k] = r.score(k)
		}
		kindReaders.Put(r)
		return s
	}).(*[kindCount]float64)
}

var kindReaders = sync.Pool{New: func() any { return new(kindReader) }}

// score is the logistic of the sum of a kind's weights, divided by nothing.
func (r *kindReader) score(kind int) float64 {
	sum, table := 0, kindBytes[kind*kindSlots:(kind+1)*kindSlots]
	for _, s := range r.slots {
		sum += int(int8(table[s]))
	}
	return 1 / (1 + math.Exp(-float64(sum)*kindScale))
}

// read fills slots with the features of the page.
func (r *kindReader) read(d *feilun.Doc) {
	for _, s := range r.slots {
		r.seen[s/64] = 0
	}
	r.slots = r.slots[:0]
	r.add(1)
	r.grams(cutText(d.Title, 300), 2)
	head, tail := headTail(d.Text, kindHead, kindTail)
	r.grams(head, 3)
	r.grams(tail, 3)
	head, tail = headTail(d.Frame, kindFrame, kindFrame)
	r.grams(head, 4)
	r.grams(tail, 4)
	r.numbers(d)
}

func headTail(s string, head, tail int) (string, string) {
	if len(s) <= head+tail {
		return s, ""
	}
	from := len(s) - tail
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	return cutText(s, head), s[from:]
}

// cutText returns at most n bytes of s, whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (r *kindReader) add(h uint64) {
	h *= 0x9E3779B97F4A7C15
	s := uint16(h >> 49)
	if r.seen[s/64]>>(s%64)&1 == 0 {
		r.seen[s/64] |= 1 << (s % 64)
		r.slots = append(r.slots, s)
	}
}

// grams adds pairs, triples and fours of Han characters, words of other scripts
// and their pairs. Title, text and frame share the features; where they
// stand apart, space tells them.
func (r *kindReader) grams(s string, space uint64) {
	var h1, h2, h3, word, last uint64
	end := func() {
		if word == 0 {
			return
		}
		r.pair(word, space)
		if last != 0 {
			r.pair(last*31+word, space)
		}
		last, word = word, 0
	}
	for _, c := range s {
		switch {
		case isHan(c):
			end()
			last = 0
			c = simple(c)
			u := uint64(c)
			if h1 != 0 {
				r.pair(h1<<20|u, space)
			}
			if h2 != 0 {
				r.pair((h2<<20|h1)*1000003+u, space)
			}
			if h3 != 0 {
				r.pair((h3*31+h2)*1000003+h1<<20+u, space)
			}
			h3, h2, h1 = h2, h1, u
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0xC0 && c < 0x2000:
			h1, h2, h3 = 0, 0, 0
			word = (word+uint64(c|0x20))*1099511628211 + 7
		case c >= '0' && c <= '9':
			h1, h2, h3 = 0, 0, 0
			if c == '4' {
				word = (word+4)*1099511628211 + 7
			} else {
				word = (word+5)*1099511628211 + 7
			}
		case c == '\'' || c == '’':
		case c == ' ':
			end()
			h1, h2, h3 = 0, 0, 0
		default:
			end()
			last, h1, h2, h3 = 0, 0, 0, 0
		}
	}
	end()
}

// pair adds a gram in all places but frames, and by its place.
func (r *kindReader) pair(h, space uint64) {
	if space == 4 {
		r.add(h*8 + 4)
		return
	}
	r.add(h*8 + 3)
	if space == 2 {
		r.add(h*8 + 2)
	}
}

// numbers adds what the page measures: lengths, links, and what the phrases
// and shares of the rules say.
func (r *kindReader) numbers(d *feilun.Doc) {
	size := bits.Len(uint(len(d.Text)))
	put := func(name, value int) { r.add(1<<40 | uint64(name)<<20 | uint64(value)) }
	put(1, size)
	if d.Layout.Visible > 0 {
		put(3, 10*d.Layout.Linked/d.Layout.Visible)
	}
	tags := seenTags(d) | cues().seen(d.Title) | cues().seen(d.Frame)&(copySure|copyStrong)
	for t := range 20 {
		if tags>>t&1 != 0 {
			put(4, t)
			if size < 10 {
				put(5, t)
			}
		}
	}
	if len(d.Text) < 4800 {
		r.notices(d, put)
	}
	r.mirror.seen = r.mirror.seen[:0]
	sum, _ := r.mirror.marks(cutText(d.Text, 20000), 0, "")
	sum, _ = r.mirror.marks(d.Title, sum, "")
	sum, _ = r.mirror.marks(d.Frame, sum, "")
	put(8, min(12, int(4*sum)))
	r.shape(d.Text, put)
}

func (r *kindReader) notices(d *feilun.Doc, put func(name, value int)) {
	n := &r.notice
	n.whole, n.help = goneWhole, goneHelp
	n.pairs[0].state, n.pairs[0].thing = goneState, goneThing
	n.pairs[1].state, n.pairs[1].thing = 0, 0
	for i := range 2 {
		f := n.read(d.Title, d.Text)
		put(10+i, int(10*f.share))
		put(12+i, min(f.said, 4))
		put(14+i, min(f.help, 4))
		if f.titled {
			put(16, i)
		}
		if f.about {
			put(17, i)
		}
		n.whole, n.help = parkWhole, parkHelp
		n.pairs[0].state, n.pairs[0].thing = parkState, parkThing
		n.pairs[1].state, n.pairs[1].thing = siteState, siteThing
	}
}

// shape adds how much of the text stands in short lines, and how often its
// sentences end.
func (r *kindReader) shape(text string, put func(name, value int)) {
	text = cutText(text, 4000)
	lines, short, ends := 0, 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			continue
		}
		lines++
		if len(line) < 40 {
			short++
		}
	}
	for _, c := range text {
		if c == '。' || c == '.' || c == '!' || c == '！' || c == '？' {
			ends++
		}
	}
	put(20, min(20, lines))
	if lines > 0 {
		put(21, 5*short/lines)
	}
	put(22, min(10, ends*500/(len(text)+1)))
}

// simple maps a traditional character to its simplified form, where the table
// of phrases knows it.
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
	pairs := []rune(cueHant)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] < 1<<16 && pairs[i] < 1<<16 {
			t[pairs[i+1]] = uint16(pairs[i])
		}
	}
	return t
})
