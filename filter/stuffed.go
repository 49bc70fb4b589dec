package filter

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"feilun"
)

// Stuffed drops pages stuffed with keywords: the same terms over and over,
// lists of search phrases, every town with every service. It looks at the
// first 1000 units of the text (Han characters, words of other scripts). A
// line that returns, as a refrain does, counts once.
type Stuffed struct {
	// MaxTerm is the highest share of units one pair of Han characters may make up.
	MaxTerm float64 `json:"max_term" default:"0.23" range:"0..1"`
	// MaxListTerm is that share in text without the small words of sentences
	// (under min_function), where pairs also recur (over 0.3 of the units).
	MaxListTerm float64 `json:"max_list_term" default:"0.15" range:"0..1"`
	// MaxListRepeat is the highest share of units in such text that stand in
	// pairs of Han characters which recur at least 4 times and once in 50 units.
	MaxListRepeat float64 `json:"max_list_repeat" default:"0.5" range:"0..1"`
	// MaxWord is the highest share of units one word of an alphabet may make up.
	MaxWord float64 `json:"max_word" default:"0.16" range:"0..1"`
	// MaxPhrase is the highest share of units in pairs of words, neither of them
	// small, that recur as often.
	MaxPhrase float64 `json:"max_phrase" default:"0.38" range:"0..1"`
	// MaxListPhrase is that share in text without small words.
	MaxListPhrase float64 `json:"max_list_phrase" default:"0.32" range:"0..1"`
	// MaxSeller is the highest share of units in phrases of sellers and search
	// optimisers (near me, 哪家好) in text without small words.
	MaxSeller float64 `json:"max_seller" default:"0.3" range:"0..1"`
	// MinFunction is the share of small words (the, of, 的, 了) that marks sentences.
	MinFunction float64 `json:"min_function" default:"0.09" range:"0..1"`
	// MinUnits is how long a text must be to be judged.
	MinUnits int `json:"min_units" default:"15" range:"1.."`
	// MinTimes is how often a pair or word must occur for its share to count:
	// in a short text the subject makes up much of it without being stuffed.
	MinTimes int `json:"min_times" default:"8" range:"1.."`

	// MaxScore is the highest score of such pages, by a model trained on written
	// ones, that a page may have. Texts that come without their page have no score.
	MaxScore float64 `json:"max_score" default:"0.1" range:"0..1"`
	// MinScore is the score, of any of the kinds, that a page must have for the
	// other limits to count.
	MinScore float64 `json:"min_score" default:"0.05" range:"0..1"`

	scan stuffScan
}

// Check implements [Filter].
func (f *Stuffed) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Stuffed) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Stuffed) probe(d *feilun.Doc, p *probe) {
	score, top, known := kindScore(d, kindStuffed)
	if !known || top >= f.MinScore {
		f.rules(d, p)
	}
	if known {
		p.score(d, kindStuffed, score, f.MaxScore)
	}
}

// rules tests what the phrases and counts of this filter say.
func (f *Stuffed) rules(d *feilun.Doc, p *probe) {
	s := &f.scan
	s.read(d.Text)
	if len(s.units) < f.MinUnits {
		return
	}
	s.measure(d.Text, int32(min(f.MinTimes, math.MaxInt32)))
	listy := s.function < f.MinFunction
	if f.terms(s, listy, p) {
		p.verdict.Note = s.word(d.Text)
		return
	}
	if listy {
		if share, word := s.seller(d.Text); p.over("max_seller", share, f.MaxSeller) {
			p.verdict.Note = word
		}
	}
}

// terms tests how often terms return, and reports whether the tests are over.
func (f *Stuffed) terms(s *stuffScan, listy bool, p *probe) bool {
	if s.units[s.top]&hanBit != 0 {
		return p.over("max_term", s.term, f.MaxTerm) ||
			listy && s.repeat > 0.3 && p.over("max_list_term", s.term, f.MaxListTerm) ||
			listy && p.over("max_list_repeat", s.repeat, f.MaxListRepeat)
	}
	return p.over("max_word", s.term, f.MaxWord) ||
		p.over("max_phrase", s.repeat, f.MaxPhrase) ||
		listy && p.over("max_list_phrase", s.repeat, f.MaxListPhrase)
}

const (
	stuffUnits = 1000 // units looked at
	stuffSlots = 4096 // of the table of pairs, a power of two
	hanBit     = 1 << 31
	smallBit   = 1 << 30 // a function word
	breakBit   = 1 << 29 // nothing pairs across the start of this unit
	unitMask   = breakBit - 1
)

// A stuffScan measures one text; its tables are used again for the next.
type stuffScan struct {
	units  []uint32 // flags and 29 bits of hash
	starts []int32  // byte offsets of units
	end    int      // byte offset after the last unit read
	lines  map[uint64]int32

	keys   [stuffSlots]uint64 // pair + 1; 0 is free
	counts [stuffSlots]int32
	used   []int32 // slots in use
	slots  []int32 // by unit: slot of the pair it starts, or -1

	function, repeat, term float64
	hits                   []phraseHit
	top                    int // unit at which the most frequent term starts
	topLen                 int // units it has
}

// read fills units from text, skipping lines seen before.
func (s *stuffScan) read(text string) {
	s.units, s.starts = s.units[:0], s.starts[:0]
	if s.lines == nil {
		s.lines = map[uint64]int32{}
	}
	clear(s.lines)
	for at := 0; at < len(text) && len(s.units) < stuffUnits; {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		line := text[at:end]
		if len(line) > 0 {
			h := xxh3.HashString(line)
			if n := s.lines[h]; n == 0 || n > 8 || len(line) < 12 {
				s.readLine(line, int32(at))
			}
			s.lines[h]++
		}
		at = end + 1
		s.end = min(end, len(text))
	}
}

func (s *stuffScan) readLine(line string, at int32) {
	fresh := uint32(breakBit)
	for i := 0; i < len(line) && len(s.units) < stuffUnits; {
		c, n := line[i], len(s.units)
		if c < utf8.RuneSelf {
			if !isWordByte(c) {
				if c != ' ' && c != '-' && c != '\'' || n > 0 && s.units[n-1]&hanBit != 0 {
					fresh = breakBit
				}
				i++
				continue
			}
			u, end := asciiUnit(line, i)
			s.add(u|fresh, at+int32(i))
			i, fresh = end, 0
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		switch {
		case isHan(r):
			u := uint32(r) | hanBit | fresh
			if smallHan(r) {
				u |= smallBit
			}
			s.add(u, at+int32(i))
			fresh = 0
		case r >= 0xC0 && r < 0x2000: // a word of another alphabet
			start, h := i, uint32(2166136261)
			for i < len(line) && line[i] >= 0xC3 || i < len(line) && i > start && (line[i] >= utf8.RuneSelf || isWordByte(line[i])) {
				h = (h ^ uint32(line[i])) * 16777619
				i++
			}
			s.add((h^h>>15)&unitMask|fresh, at+int32(start))
			fresh, size = 0, max(0, size-(i-start))
		default:
			fresh = breakBit
		}
		i += size
	}
}

// asciiUnit reads the word at i.
func asciiUnit(line string, i int) (u uint32, end int) {
	h := uint32(2166136261)
	for end = i; end < len(line) && (isWordByte(line[end]) || line[end] == '\''); end++ {
		h = (h ^ uint32(lowerByte[line[end]])) * 16777619
	}
	u = (h ^ h>>15) & unitMask
	if smallWord(line[i:end]) {
		u |= smallBit
	}
	return u, end
}

func (s *stuffScan) add(u uint32, at int32) {
	s.units = append(s.units, u)
	s.starts = append(s.starts, at)
}

// measure fills function, repeat and term; terms under times occurrences do
// not count.
func (s *stuffScan) measure(text string, times int32) {
	for _, slot := range s.used {
		s.keys[slot], s.counts[slot] = 0, 0
	}
	s.used, s.slots = s.used[:0], s.slots[:0]
	n, small := len(s.units), 0
	best := int32(0)
	s.top, s.topLen = 0, 1
	for i, u := range s.units {
		if u&smallBit != 0 {
			small++
		}
		slot := int32(-1)
		if key := s.pair(i); key != 0 {
			slot = s.count(key)
			if c := s.counts[slot]; u&hanBit != 0 && c > best {
				best, s.top, s.topLen = c, i, 2
			}
		}
		s.slots = append(s.slots, slot)
	}
	s.function = float64(small) / float64(n)
	s.term = 0
	if best >= times {
		s.term = 2 * float64(best) / float64(n)
	}
	s.measureWords(text, times)
	floor := max(4, int32(n/50))
	covered, last := 0, -1
	for i, slot := range s.slots {
		if slot >= 0 && s.counts[slot] >= floor {
			covered += min(2, i+1-last)
			last = i + 1
		}
	}
	s.repeat = float64(covered) / float64(n)
}

// pair returns a key for units i and i+1 when they stand together, at least
// one of them is not a small word, and both are of one kind; else 0.
func (s *stuffScan) pair(i int) uint64 {
	if i+1 >= len(s.units) {
		return 0
	}
	a, b := s.units[i], s.units[i+1]
	if b&breakBit != 0 || (a^b)&hanBit != 0 || a&b&smallBit != 0 {
		return 0
	}
	if a&hanBit == 0 && (a|b)&smallBit != 0 {
		return 0
	}
	return uint64(a&^breakBit)<<32 | uint64(b&^breakBit) | 1<<29
}

// count adds one to the count of key and returns its slot.
func (s *stuffScan) count(key uint64) int32 {
	at := int32((key * 0x9E3779B97F4A7C15) >> 52 & (stuffSlots - 1))
	for s.keys[at] != key {
		if s.keys[at] == 0 {
			s.keys[at] = key
			s.used = append(s.used, at)
			break
		}
		at = (at + 1) & (stuffSlots - 1)
	}
	s.counts[at]++
	return at
}

// measureWords raises term to the share of the most frequent word of alphabets.
func (s *stuffScan) measureWords(text string, times int32) {
	n := float64(len(s.units))
	for i, u := range s.units {
		if u&(hanBit|smallBit) != 0 || isDigit(text[s.starts[i]]) {
			continue
		}
		slot := s.count(uint64(u&unitMask) | 1<<63)
		if share := float64(s.counts[slot]) / n; share > s.term && s.counts[slot] >= times {
			s.term, s.top, s.topLen = share, i, 1
		}
	}
}

// word returns the most frequent term.
func (s *stuffScan) word(text string) string {
	start, end := int(s.starts[s.top]), s.end
	if next := s.top + s.topLen; next < len(s.starts) {
		end = int(s.starts[next])
	}
	w := strings.TrimSpace(text[start:end])
	return w[:min(len(w), 40)]
}

// seller returns the share of units that stand in phrases of sellers, and the
// first of them.
func (s *stuffScan) seller(text string) (share float64, word string) {
	p := cues()
	s.hits = p.find(text[:s.end], s.hits[:0])
	units, last := 0, 0
	for _, h := range s.hits {
		if p.tag[h.word]&sellWord == 0 || h.end <= last {
			continue
		}
		if word == "" {
			word = p.words[h.word]
		}
		units += countUnits(text[max(h.start, last):h.end])
		last = h.end
	}
	return float64(units) / float64(len(s.units)), word
}

// smallHan reports characters that Chinese sentences cannot do without.
func smallHan(r rune) bool {
	return r < 1<<16 && smallHanSet[r/64]>>(r%64)&1 != 0
}

var smallHanSet = func() (t [1 << 16 / 64]uint64) {
	for _, r := range "的了是在和我他她它这那就也都着过而与及或之其被把将对从由于以所但因为如果可能会要已经到后前时又很更最没有我们你您個們這為與說還這裡於從對將過來" {
		t[r/64] |= 1 << (r % 64)
	}
	return t
}()

func smallWord(w string) bool {
	if len(w) > 6 {
		return false
	}
	for at := smallHash(w); smallTable[at] != ""; at = (at + 1) % uint32(len(smallTable)) {
		if strings.EqualFold(smallTable[at], w) {
			return true
		}
	}
	return false
}

func smallHash(w string) uint32 {
	h := uint32(len(w))
	for i := range len(w) {
		h = h*31 + uint32(lowerByte[w[i]])
	}
	return h % uint32(len(smallTable))
}

// smallTable holds [smallWords] by hash.
var smallTable = func() (t [509]string) {
	for w := range strings.FieldsSeq(smallWords) {
		h := uint32(len(w))
		for i := range len(w) {
			h = h*31 + uint32(w[i])
		}
		at := h % uint32(len(t))
		for t[at] != "" {
			at = (at + 1) % uint32(len(t))
		}
		t[at] = w
	}
	return t
}()

const smallWords = " the of and to a in is that it was for on as with be by at are this from or an not but have has had were which their they you he she his her its we our i my me your him them will would can could should may might must do does did been being if so no than then there these those when what who how all also into out up about more other some such only over after before between where while because just very most even any both each many one own same too s t don't it's "

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
