package filter

import (
	"strings"
	"sync"
	"unicode/utf8"

	"feilun"
)

// Tags of the phrases in [cueTable].
const (
	goneWhole  uint32 = 1 << iota // says by itself that the page is not there
	goneState                     // "does not exist"; counts beside a thing
	goneThing                     // "the page"
	goneHelp                      // "back to the home page"; counts beside a statement
	aboutIt                       // "how to fix": an article about such pages
	parkWhole                     // says by itself that nobody lives here
	parkState                     // "for sale"; counts beside a thing
	parkThing                     // "this domain"
	siteState                     // "under construction"; counts beside a site
	siteThing                     // "this website"
	parkHelp                      // "registrar"; counts beside a statement
	copySure                      // no other site says it
	copyStrong                    // written by copying sites alone
	copyMedium
	copyWeak
	lineShare
	lineFooter
	lineMore
	sellWord // what sellers and search optimisers put into lists
)

// cues is the automaton of [cueTable], built on first use and read-only after.
var cues = sync.OnceValue(func() *phrases { return newPhrases(cueWords()) })

// cueWords lists the phrases of [cueTable] in all their spellings.
func cueWords() (words []string, tags []uint32) {
	hant := map[rune]rune{}
	pairs := []rune(cueHant)
	for i := 0; i+1 < len(pairs); i += 2 {
		hant[pairs[i]] = pairs[i+1]
	}
	add := func(w string, tag uint32) {
		words = append(words, w)
		tags = append(tags, tag)
	}
	for _, row := range cueTable {
		for w := range strings.SplitSeq(row.text, "|") {
			w = strings.TrimSpace(w)
			add(w, row.tag)
			add(strings.Map(func(r rune) rune {
				if t, ok := hant[r]; ok {
					return t
				}
				return r
			}, w), row.tag)
			add(strings.ReplaceAll(w, "'", "’"), row.tag)
			add(strings.ReplaceAll(w, ",", "，"), row.tag)
		}
	}
	return words, tags
}

type seenKey struct{}

// seenTags returns all tags of phrases in the document's text, found once for
// all filters.
func seenTags(d *feilun.Doc) uint32 {
	return d.Memo(seenKey{}, func() any { return cues().seen(d.Text) }).(uint32)
}

// A notice reads a page as a statement about itself: "the page is not there",
// "the domain is for sale". whole and help are tags of one such topic, pairs
// the tags that make a statement together: a state and what is in it.
type notice struct {
	whole, help uint32
	pairs       [2]struct{ state, thing uint32 }
	hits        []phraseHit
}

// A finding is what a notice says. Units are Han characters and words of other
// scripts.
type finding struct {
	share  float64 // of the text's units that stand in sentences of the notice
	titled bool    // the title says it too
	about  bool    // the title is that of an article
	said   int     // sentences that state it
	help   int     // sentences that go with it
	weak   int     // sentences with a state of nothing in particular
	before int     // units before the first of them
	units  int
	note   string // words that state it
}

// maxStatement is how long a sentence that states what a page is may be, in
// units: longer ones tell about something.
const maxStatement = 60

// listWeight is what a unit counts for in lines that are not sentences, such
// as the entries of menus, which many such pages show below the notice.
const listWeight = 0.25

func (n *notice) read(title, text string) finding {
	var t tally
	t.about, t.titled, t.note = n.title(title)
	for text != "" {
		var s string
		var ended bool
		s, text, ended = sentence(text)
		if u := countUnits(s); u > 0 {
			kind, word := n.judge(s, u)
			t.add(kind, word, u, ended)
		}
	}
	return t.sum()
}

// A tally adds up sentences; talk, aid and all are weighted units.
type tally struct {
	finding
	talk, aid, all float64
	hint           string // first state of nothing in particular
}

func (t *tally) add(kind int, word string, units int, ended bool) {
	w := float64(units)
	switch {
	case kind == 2:
		if t.said++; t.said == 1 {
			t.before = t.units
		}
		if t.note == "" {
			t.note = word
		}
		t.talk += w
	case kind == 1:
		t.help++
		t.aid += w
		if word != "" {
			if t.weak++; t.weak == 1 {
				t.hint = word
			}
		}
	case !ended && units <= 25:
		w *= listWeight
	}
	t.all += w
	t.units += units
}

func (t *tally) sum() finding {
	if t.said == 0 && t.weak > 0 && (t.units <= maxBare || t.units <= maxAlone && t.help > t.weak && t.aid > t.all/2) {
		t.said = 1
		if t.note == "" {
			t.note = t.hint
		}
	}
	if t.said > 0 || t.titled {
		t.talk += t.aid
	}
	if t.all > 0 {
		t.share = t.talk / t.all
	} else if t.titled {
		t.share = 1
	}
	return t.finding
}

// maxBare is how long a page may be, in units, for which a state alone will do
// ("Not available.").
const maxBare = 30

// maxGap is how many bytes may lie between a thing and its state: ten Han
// characters, or "you are looking for might have".
const maxGap = 32

// judge returns 2 for a sentence that states the notice, 1 for one that goes
// with it, else 0.
func (n *notice) judge(s string, units int) (kind int, word string) {
	if units > maxStatement {
		return 0, ""
	}
	p := cues()
	word = ""
	n.hits = p.find(s, n.hits[:0])
	for i, h := range n.hits {
		tag := p.tag[h.word]
		if tag&n.whole != 0 {
			return 2, p.words[h.word]
		}
		if tag&n.help != 0 {
			kind = 1
		}
		for _, pair := range n.pairs {
			if tag&pair.state == 0 {
				continue
			}
			if kind = 1; word == "" {
				word = p.words[h.word]
			}
			if 2*(h.end-h.start) >= len(strings.TrimSpace(s)) && h.end-h.start > 6 { // says little else
				return 2, p.words[h.word]
			}
			if thing := n.near(i, pair.thing); thing != "" {
				return 2, thing + " … " + p.words[h.word]
			}
		}
	}
	return kind, word
}

// near returns the word with the tag that lies within maxGap of hit i and does
// not overlap it, or "".
func (n *notice) near(i int, tag uint32) string {
	p, h := cues(), n.hits[i]
	for _, o := range n.hits {
		if p.tag[o.word]&tag != 0 && (o.end <= h.start && h.start-o.end <= maxGap || h.end <= o.start && o.start-h.end <= maxGap) {
			return p.words[o.word]
		}
	}
	return ""
}

// title says whether the title states the notice in one of its parts, and
// whether it reads like the title of an article.
func (n *notice) title(title string) (about, titled bool, note string) {
	if title == "" || len(title) > 400 {
		return false, false, ""
	}
	p := cues()
	n.hits = p.find(title, n.hits[:0])
	for _, h := range n.hits {
		about = about || p.tag[h.word]&aboutIt != 0
	}
	for part := range strings.FieldsFuncSeq(title, func(r rune) bool { return strings.ContainsRune("|_–—·»«-:：", r) }) {
		u := countUnits(part)
		if kind, word := n.judge(part, u); kind == 2 && u <= 20 {
			return about, true, word
		}
		if part = strings.TrimSpace(part); part == "404" || part == "403" || part == "500" || part == "410" {
			return about, n.whole&goneWhole != 0, part
		}
	}
	if kind, word := n.judge(title, countUnits(title)); kind == 2 && countUnits(title) <= 20 {
		return about, true, word
	}
	return about, false, ""
}

// sentence cuts the first sentence or line off text. ended says whether it
// closes with a mark.
func sentence(text string) (s, rest string, ended bool) {
	for i, r := range text {
		switch r {
		case '\n', '\r':
			return text[:i], text[i+1:], false
		case '。', '！', '？', '!', '?', '；', '…':
			end := i + utf8.RuneLen(r)
			return text[:end], text[end:], true
		case '.':
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n' {
				return text[:i+1], text[i+1:], true
			}
		}
	}
	return text, "", false
}

// countUnits counts Han characters, kana and hangul, and runs of other letters
// and digits.
func countUnits(s string) int {
	n, in := 0, false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			word := isWordByte(c) || c == '\'' && in
			if word && !in {
				n++
			}
			in = word
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case isHan(r):
			n++
			in = false
		case r < 0x2000: // other alphabets
			if !in {
				n++
			}
			in = true
		default:
			in = in && r == '’'
		}
	}
	return n
}

// isHan reports characters counted one by one: Han, kana and hangul.
func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9FFF || r >= 0x3040 && r <= 0x30FF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0x20000 && r <= 0x3FFFF || r >= 0xF900 && r <= 0xFAFF || r == 0x3007
}
