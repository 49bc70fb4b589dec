package cite

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Supported is the support from which a sentence may carry a citation. It was chosen on pairs made from
// one half of four sets of questions (docs/log/answers.md).
const Supported = 0.6

// A Match is the passage of a source that supports a sentence best.
type Match struct {
	Source  int     // index in the set
	Span            // of the stored text of the source
	Support float64 // 0 to 1
}

// A unit is a sentence of a source.
type unit struct {
	source int
	Span   // of the source's Text
	*facts
	place int  // among the sentences of the source
	bad   bool // tells who reads it what to do, or repeats itself: never quoted, never support
}

// A Set is what was read for an answer, ready to be compared with.
type Set struct {
	Sources []Source
	units   []unit
	titles  []*facts
	asked   *facts            // the question
	keys    []map[string]bool // terms of each source
	df      map[string]int
}

// NewSet prepares sources that were read for a question. What a sentence says beyond the question is
// what most needs support; the question may be "".
func NewSet(sources []Source, question string) *Set {
	s := &Set{Sources: sources, df: map[string]int{}, asked: read(question)}
	for i := range sources {
		s.titles = append(s.titles, read(strings.ReplaceAll(sources[i].Title, "_", " ")))
		s.keys = append(s.keys, map[string]bool{})
		s.cutSource(i)
	}
	return s
}

// Half is the set of the first half of the sources.
func (s *Set) Half() *Set {
	half := NewSet(s.Sources[:len(s.Sources)/2], "")
	half.asked = s.asked
	return half
}

// aboutWeight is what a word counts that a question takes along from those before it.
const aboutWeight = 0.3

// About tells what the question takes along from those before it ([Context]).
func (s *Set) About(context string) {
	for _, t := range read(context).terms {
		if !s.asked.keys[t.key] {
			t.weight *= aboutWeight
			s.asked.terms, s.asked.keys[t.key] = append(s.asked.terms, t), true
		}
	}
}

// maxRepeats is how often a page may say the same before that is no content any more.
const maxRepeats = 3

func (s *Set) cutSource(i int) {
	text := s.Sources[i].Text
	times := map[string]int{}
	first := len(s.units)
	for place, sentence := range Sentences(text) {
		u := unit{source: i, Span: sentence.Span, place: place, facts: read(sentence.Of(text)), bad: Instructs(sentence.Of(text))}
		s.units = append(s.units, u)
		times[plain(u.text)]++
		for key := range u.keys {
			s.df[key]++
			s.keys[i][key] = true
		}
	}
	for k := first; k < len(s.units); k++ {
		u := &s.units[k]
		u.bad = u.bad || times[plain(u.text)] > maxRepeats
	}
}

// idf is the inverse document frequency of a term among the sentences read.
func (s *Set) idf(key string) float64 {
	n, all := float64(s.df[key]), float64(max(8, len(s.units)))
	return math.Log(1 + (all-n+0.5)/(n+0.5))
}

// quoted counts what is verbatim from this many characters on as a quote.
const quoted = 6

// Best returns the sentence, or two neighbours, that support a claim best. only keeps to
// one source (an index); -1 looks at all. It is not ok where there is nothing to compare.
func (s *Set) Best(claim string, only int) (m Match, ok bool) {
	return s.best(read(claim), plain(claim), only, false)
}

func (s *Set) best(c *facts, exact string, only int, bad bool) (m Match, ok bool) {
	for _, span := range s.spans(c, only, bad) {
		if v := s.support(c, exact, span); !ok || v > m.Support {
			at := s.Sources[span[0].source].Start
			m, ok = Match{span[0].source, Span{at + span[0].Start, at + span[len(span)-1].End}, v}, true
		}
	}
	return m, ok
}

// spans are the sentences that share most with a claim, alone and with their neighbours.
func (s *Set) spans(c *facts, only int, bad bool) (out [][]unit) {
	type scored struct {
		unit  int
		cover float64
	}
	var top []scored
	for i, u := range s.units {
		if only >= 0 && u.source != only || u.bad != bad {
			continue
		}
		if v := s.cover(c, u.keys, s.titles[u.source].keys); v > 0 {
			top = append(top, scored{i, v})
		}
	}
	slices.SortStableFunc(top, func(a, b scored) int { return cmp.Compare(b.cover, a.cover) })
	for _, t := range top[:min(5, len(top))] {
		for _, r := range [][2]int{{t.unit, t.unit}, {t.unit - 1, t.unit}, {t.unit, t.unit + 1}} {
			if r[0] < 0 || r[1] >= len(s.units) || s.units[r[0]].source != s.units[r[1]].source || s.units[r[0]].bad != bad || s.units[r[1]].bad != bad {
				continue
			}
			out = append(out, s.units[r[0]:r[1]+1])
		}
	}
	return out
}

// cover is the share of a claim's terms, by weight, that lists of terms have. The title counts in part:
// it tells what a page is about, not what it says.
func (s *Set) cover(c *facts, span, title map[string]bool) float64 {
	sum, have := 0.0, 0.0
	for i := range c.terms {
		w := c.terms[i].weightOf(s.idf)
		sum += w
		if span[c.terms[i].key] {
			have += w
		} else if title[c.terms[i].key] {
			have += 0.9 * w
		}
	}
	if sum == 0 {
		return 0
	}
	return have / sum
}

// support is how far sentences that stand together support a claim.
func (s *Set) support(c *facts, exact string, span []unit) float64 {
	if len([]rune(exact)) >= quoted && within(exact, span) {
		return 1
	}
	x := s.features(c, span)
	sum := supportWeights[0]
	for i, v := range x {
		sum += supportWeights[i+1] * v
	}
	v := 1 / (1 + math.Exp(-sum))
	if x[covered]+x[titled] < 0.35 {
		v /= 2 // whatever else: most of it is not there
	}
	return v
}

// The features of a claim and a span, in the order of [supportWeights] behind the constant.
const (
	covered   = iota // share of the claim's terms, by weight, that the span has
	titled           // that the title has, and not the span
	elsewhere        // that only other sentences have, of this source or another
	longest          // the longest piece of the claim that span and title lack, by weight of its terms
	newTerms         // share that the span has of the terms which are not of the question
	newLost          // whether it has none of these, or less than half of them
	newNear          // how near the terms of the question stand to these in the span
	noNumber         // numbers of the claim that neither span nor title has
	noName           // capitalised words of the claim that neither has
	denied           // one denies what the other says
	opposed          // one has the opposite of a word of the other
	several          // the span is two sentences
	numFeatures
)

// supportWeights are a constant and a weight for each feature of a logistic regression on pairs of claims and
// passages made from one half of four sets of questions (TestFitSupport).
var supportWeights = [numFeatures + 1]float64{-1.111, 0.074, -2.332, -3.541, -0.289, 3.128, -0.116, 0.656, -2.902, -0.897, -3.805, -4.044, -1.294}

// features compares a claim with sentences that stand together.
func (s *Set) features(c *facts, span []unit) (x [numFeatures]float64) {
	title := s.titles[span[0].source]
	places := placesIn(span)
	sum, run, fresh := 1e-9, 0.0, 1e-9
	var asked, said []int // where terms of the question and others stand
	for i := range c.terms {
		t := &c.terms[i]
		w := t.weightOf(s.idf)
		sum += w
		if !s.asked.keys[t.key] {
			fresh += w
		}
		switch at := places[t.key]; {
		case at != nil && s.asked.keys[t.key]:
			x[covered], run, asked = x[covered]+w, 0, append(asked, at...)
		case at != nil:
			x[covered], x[newTerms], run, said = x[covered]+w, x[newTerms]+w, 0, append(said, at...)
		case title.keys[t.key]:
			x[titled], run = x[titled]+w, 0
		default:
			run += w
			x[longest] = max(x[longest], run)
			if s.df[t.key] > 0 {
				x[elsewhere] += w
			}
			if t.name {
				x[noName]++
			}
		}
	}
	x[covered], x[titled], x[elsewhere] = x[covered]/sum, x[titled]/sum, x[elsewhere]/sum
	x[newTerms] /= fresh
	if x[newTerms] < 0.5 {
		x[newLost] = 1
	}
	x[newNear] = s.nearness(asked, said)
	x[longest] = min(3, x[longest]/5)
	x[noName] = min(3, x[noName])
	x[noNumber] = c.numbersLost(title, span)
	x[denied], x[opposed] = s.polarity(c, span)
	x[several] = float64(len(span) - 1)
	return x
}

// placesIn are the places of each term, counted through a span.
func placesIn(span []unit) map[string][]int {
	places := map[string][]int{}
	at := 0
	for _, u := range span {
		for i := range u.terms {
			places[u.terms[i].key] = append(places[u.terms[i].key], at)
			at++
		}
	}
	return places
}

// numbersLost counts the numbers of a claim that neither title nor span has.
func (f *facts) numbersLost(title *facts, span []unit) (n float64) {
	for _, num := range f.numbers {
		if !title.has(num.value) && !slices.ContainsFunc(span, func(u unit) bool { return u.has(num.value) }) {
			n++
		}
	}
	return min(3, n)
}

// nearness is how many of the places a have one of b within twelve terms.
func (s *Set) nearness(a, b []int) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0.5
	}
	n := 0
	for _, i := range a {
		for _, j := range b {
			if d := i - j; d >= -12 && d <= 12 {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(a))
}

// within reports whether a quote stands in sentences, taken together.
func within(exact string, span []unit) bool {
	var b strings.Builder
	for _, u := range span {
		b.WriteString(plain(u.text))
	}
	return strings.Contains(b.String(), exact)
}

func (f *facts) has(value float64) bool {
	return slices.ContainsFunc(f.numbers, func(n number) bool { return math.Abs(n.value-value) <= 1e-9*math.Abs(value) })
}

// opposites turn a sentence around.
var opposites = [...][2]string{
	{"增加", "减少"}, {"增加", "減少"}, {"上升", "下降"}, {"提高", "降低"}, {"最高", "最低"}, {"最大", "最小"}, {"最多", "最少"}, {"最早", "最晚"}, {"最长", "最短"}, {"最長", "最短"},
	{"以前", "以后"}, {"之前", "之后"}, {"之前", "之後"}, {"支持", "反对"}, {"支持", "反對"}, {"胜", "败"}, {"勝", "敗"}, {"成功", "失败"}, {"成功", "失敗"}, {"允许", "禁止"}, {"允許", "禁止"}, {"左", "右"},
	{"increase", "decrease"}, {"increased", "decreased"}, {"more", "less"}, {"most", "least"}, {"highest", "lowest"}, {"largest", "smallest"}, {"before", "after"}, {"won", "lost"},
	{"higher", "lower"}, {"first", "last"}, {"above", "below"}, {"allowed", "forbidden"}, {"success", "failure"}, {"supported", "opposed"}, {"better", "worse"}, {"earlier", "later"},
}

// polarity tells whether one of claim and span denies what the other says, and how many words stand for their opposites.
func (s *Set) polarity(c *facts, span []unit) (denies, turned float64) {
	if (len(c.not)%2 == 1) != s.denied(c, span) {
		denies = 1
	}
	lower := strings.ToLower(c.text)
	for _, o := range opposites {
		for _, p := range [][2]string{o, {o[1], o[0]}} {
			if hasWord(lower, p[0]) && !slices.ContainsFunc(span, func(u unit) bool { return hasWord(strings.ToLower(u.text), p[0]) }) &&
				slices.ContainsFunc(span, func(u unit) bool { return hasWord(strings.ToLower(u.text), p[1]) }) {
				turned++
			}
		}
	}
	return denies, turned
}

func hasWord(text, w string) bool {
	i := strings.Index(text, w)
	if i < 0 || w[0] >= 0x80 {
		return i >= 0
	}
	return (i == 0 || text[i-1] < 'a' || text[i-1] > 'z') && (i+len(w) == len(text) || text[i+len(w)] < 'a' || text[i+len(w)] > 'z')
}

// denied reports whether the clause of a span that has most of a claim denies.
func (s *Set) denied(c *facts, span []unit) bool {
	best, odd := 0.0, false
	for _, f := range span {
		for from := 0; from < len(f.text); {
			to := clauseEnd(f.text, from)
			sum := 0.0
			for i := range f.terms {
				if t := &f.terms[i]; t.at.Start >= from && t.at.End <= to && c.keys[t.key] {
					sum += t.weightOf(s.idf)
				}
			}
			if sum > best {
				n := 0
				for _, at := range f.not {
					if at >= from && at < to {
						n++
					}
				}
				best, odd = sum, n%2 == 1
			}
			from = to
		}
	}
	return odd
}

func clauseEnd(text string, from int) int {
	if i := strings.IndexAny(text[from:], "，,；;。：:、（("); i >= 0 {
		n := 1
		if text[from+i] >= 0x80 {
			n = 3
		}
		return from + i + n
	}
	return len(text)
}
