package filter

import (
	"fmt"
	"math/bits"
	"net/url"
	"strings"
	"unicode/utf8"

	"feilun"
)

// put adds a feature of the shape, a small whole number, by itself.
func (r *kindReader) put(name string, id, value int) {
	n := len(r.slots)
	r.add(kindSlot(1<<60 | uint64(id)<<20 | uint64(value)))
	if r.names && len(r.slots) > n {
		r.named = append(r.named, fmt.Sprintf("%s %d", name, value))
	}
}

// steps maps a count to whole numbers that grow by half.
func steps(n int) int {
	if n < 3 {
		return n
	}
	b := bits.Len(uint(n))
	return 2*b - 2 + n>>(b-2)&1
}

// shape adds what the page measures: how long its text is and how much of the
// page, how much is linked, how it is cut into lines and sentences, how often
// terms return, and what the phrases of the rules say.
func (r *kindReader) shape(d *feilun.Doc) {
	units := countUnits(cutText(d.Text, 12000))
	size := steps(units)
	r.put("text of length class", 1, size)
	l := d.Layout
	if l.Visible > 0 {
		main := min(10, 10*visibleChars(d.Text)/l.Visible)
		linked := min(10, 10*l.Linked/l.Visible)
		r.put("tenths of the page in the text", 2, main)
		r.put("tenths of the page in links", 3, linked)
		r.put("links class", 4, steps(l.Links))
		r.put("blocks class", 5, steps(l.Blocks))
		r.put("text length and share of links", 6, size/2*16+linked/2)
		r.put("text length and share of page", 7, size/2*16+main/2)
	}
	r.lines(d.Text, units, size)
	r.title(d, size)
	r.terms(d.Text, size)
	r.phrases(d, units, size)
}

func visibleChars(s string) int {
	n := 0
	for _, c := range s {
		if c > ' ' {
			n++
		}
	}
	return n
}

// lines adds how the head of the text is cut into lines, sentences and lists.
func (r *kindReader) lines(text string, units, size int) {
	text = cutText(text, 4000)
	lines, short, items, long, running := 0, 0, 0, 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			continue
		}
		lines++
		if len(line) < 45 {
			short++
		}
		if strings.HasPrefix(line, "- ") {
			items++
		}
		if len(line) >= 150 {
			long++
			running += len(line)
		}
	}
	n := max(1, min(units, 1300))
	r.put("names spaced out", 9, min(3, spacedOut(text)))
	r.put("lines class", 10, steps(lines))
	r.put("long lines class", 24, steps(long))
	r.put("length of long lines class", 25, steps(running/100))
	if lines > 0 {
		r.put("fifths of short lines", 11, 5*short/lines)
		r.put("units a line", 12, steps(n/lines))
		r.put("fifths of list items", 13, 5*items/lines)
	}
	r.signs(text, n, size)
}

// signs adds how many of each sort of sign stand in text, of n units.
func (r *kindReader) signs(text string, n, size int) {
	ends, commas, marks, digits, dots := 0, 0, 0, 0, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case strings.ContainsRune("。.!！？?", c):
			ends++
		case strings.ContainsRune("，,、；;", c):
			commas++
		case strings.ContainsRune("|_/#-·【】[]★", c):
			marks++
		case c == '：' || c == ':':
			dots++
		}
	}
	r.put("sentence ends", 14, min(12, 100*ends/n))
	r.put("commas", 15, min(20, 100*commas/n)/2)
	r.put("marks", 16, min(40, 100*marks/n)/4)
	r.put("digits", 17, min(60, 100*digits/n)/6)
	r.put("colons", 18, min(12, 100*dots/n))
	r.put("length and sentence ends", 19, size/2*8+min(7, 50*ends/n))
}

// title adds the shape of the title, and where the name of the host stands.
func (r *kindReader) title(d *feilun.Doc, size int) {
	parts := 0
	for _, c := range d.Title {
		if strings.ContainsRune("_|-,，、—–", c) {
			parts++
		}
	}
	r.put("parts of the title", 20, min(parts, 8))
	r.put("title of length class", 21, steps(countUnits(d.Title)))
	u, err := url.Parse(d.URL)
	if err != nil || u.Hostname() == "" {
		return
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	host = strings.TrimPrefix(host, "m.")
	head, _, tail := headTail(d.Text, kindHead, kindTail)
	for i, s := range []string{d.Title, head, tail, cutText(d.Frame, 2*kindFrame)} {
		if strings.Contains(lowerASCII(s), host) {
			r.put("own address in part", 22, i)
			r.put("own address in a text of length", 23, size/2)
		}
	}
}

// terms adds how often pairs and words return, and how few small words there are.
func (r *kindReader) terms(text string, size int) {
	s := &r.stuff
	s.read(cutText(text, 2500))
	if len(s.units) < 8 {
		return
	}
	s.measure(text, 3)
	term, repeat, small := int(20*s.term), int(10*s.repeat), int(40*s.function)
	r.put("twentieths in one term", 30, min(term, 12))
	r.put("tenths in terms that return", 31, repeat)
	r.put("fortieths of small words", 32, min(small, 12))
	r.put("terms that return and small words", 33, repeat/2*8+min(small/2, 7))
	r.put("one term and length", 34, min(term/2, 6)*16+size/2)
	pairs := 0
	for _, slot := range s.used {
		if s.counts[slot] == 1 {
			pairs++
		}
	}
	r.put("tenths of terms said once", 35, 10*pairs/max(1, len(s.used)))
}

// phrases adds what the rules' phrases say of the page.
func (r *kindReader) phrases(d *feilun.Doc, units, size int) {
	text := seenTags(d)
	title, frame := cues().seen(d.Title), cues().seen(d.Frame)
	for t := range 20 {
		if text>>t&1 != 0 {
			r.put("phrase in the text", 40, t)
			r.put("phrase and length", 41, t*16+size/2)
		}
		if title>>t&1 != 0 {
			r.put("phrase in the title", 42, t)
		}
		if frame>>t&1 != 0 && uint32(1)<<t&(copySure|copyStrong|copyMedium|goneWhole|parkWhole) != 0 {
			r.put("phrase in the frame", 43, t)
		}
	}
	if units < 800 {
		r.notices(d, d.Text, 0)
	}
	r.notices(d, lead(d.Text), 10)
	m := &r.mirror
	m.seen = m.seen[:0]
	head, _, tail := headTail(d.Text, 2*kindHead, kindTail)
	sum := 0.0
	for _, s := range []string{head, tail, d.Title, d.Frame} {
		if utf8.RuneCountInString(s) > 0 {
			sum, _ = m.marks(s, sum, "")
		}
	}
	r.put("marks of copies", 44, min(12, int(4*sum)))
}

// notices adds how much of a short text, or of the first lines of any, states
// that the page is not there or that nobody lives here; more tells the features
// of the first lines from those of the text.
func (r *kindReader) notices(d *feilun.Doc, text string, more int) {
	n := &r.notice
	for i := range 2 {
		n.whole, n.help = goneWhole, goneHelp
		n.pairs[0].state, n.pairs[0].thing = goneState, goneThing
		n.pairs[1].state, n.pairs[1].thing = 0, 0
		if i == 1 {
			n.whole, n.help = parkWhole, parkHelp
			n.pairs[0].state, n.pairs[0].thing = parkState, parkThing
			n.pairs[1].state, n.pairs[1].thing = siteState, siteThing
		}
		f := n.read(d.Title, text)
		r.put("tenths of a notice", 50+i+more, int(10*f.share))
		r.put("sentences of a notice", 52+i+more, min(f.said, 4))
		r.put("sentences beside a notice", 54+i+more, min(f.help, 4))
		if more > 0 {
			continue
		}
		if f.titled {
			r.put("notice in the title", 56, i)
		}
		if f.about {
			r.put("title of an article on notices", 57, i)
		}
	}
}

// spacedOut counts runs of four or more single characters that one mark or
// space parts, as in "f r e e b o o k s" or "某.某.小.说": names of sites that
// mean to pass by filters.
func spacedOut(text string) int {
	runs, run := 0, 0
	gap, last := false, false // the character before is a mark; a single character stands before it
	for _, c := range text {
		single := c > ' ' && (isHan(c) || c < 0x80 && isWordByte(byte(c)))
		switch {
		case single && (gap || run == 0 && !last):
			if run++; run == 4 {
				runs++
			}
			gap, last = false, true
		case single:
			run, gap, last = 0, false, true
		case !gap && run > 0 && (c == ' ' || c == '.' || c == '~' || c == '-' || c == '*' || c == '·' || c == '_'):
			gap = true
		default:
			run, gap, last = 0, false, false
		}
	}
	return runs
}
