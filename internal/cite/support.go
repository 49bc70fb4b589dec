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
	bad bool // tells who reads it what to do: never quoted, never support
}

// A Set is what was read for an answer, ready to be compared with.
type Set struct {
	Sources []Source
	units   []unit
	titles  []*facts
	df      map[string]int
}

// NewSet prepares sources.
func NewSet(sources []Source) *Set {
	s := &Set{Sources: sources, df: map[string]int{}}
	for i := range sources {
		s.titles = append(s.titles, read(strings.ReplaceAll(sources[i].Title, "_", " ")))
		text := sources[i].Text
		for _, sentence := range Sentences(text) {
			u := unit{source: i, Span: sentence.Span, facts: read(sentence.Of(text)), bad: Instructs(sentence.Of(text))}
			s.units = append(s.units, u)
			for key := range u.keys {
				s.df[key]++
			}
		}
	}
	return s
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
	for _, t := range top[:min(4, len(top))] {
		for _, r := range [][2]int{{t.unit, t.unit}, {t.unit - 1, t.unit}, {t.unit, t.unit + 1}} {
			if r[0] < 0 || r[1] >= len(s.units) || s.units[r[0]].source != s.units[r[1]].source || s.units[r[0]].bad != bad || s.units[r[1]].bad != bad {
				continue
			}
			v := s.support(c, exact, s.units[r[0]:r[1]+1])
			if r[0] != r[1] {
				v -= 0.05 // more text says more by chance
			}
			if !ok || v > m.Support {
				src := s.units[r[0]].source
				at := s.Sources[src].Start
				m, ok = Match{src, Span{at + s.units[r[0]].Start, at + s.units[r[1]].End}, v}, true
			}
		}
	}
	return m, ok
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
	keys, all := span[0].keys, []*facts{span[0].facts}
	if len(span) > 1 {
		keys = map[string]bool{}
		for _, u := range span {
			for k := range u.keys {
				keys[k] = true
			}
		}
		all = append(all, span[1].facts)
	}
	title := s.titles[span[0].source]
	if len([]rune(exact)) >= quoted && within(exact, all) {
		return 1
	}
	v := s.cover(c, keys, title.keys)
	v *= s.order(c, all)
	for _, n := range c.numbers {
		if !slices.ContainsFunc(append(all, title), func(f *facts) bool { return f.has(n.value) }) {
			v *= 0.3
		}
	}
	for i := range c.terms {
		if t := &c.terms[i]; t.name && !keys[t.key] && !title.keys[t.key] {
			v *= 0.5
		}
	}
	return v * s.polarity(c, all)
}

// within reports whether a quote stands in sentences, taken together.
func within(exact string, all []*facts) bool {
	var b strings.Builder
	for _, f := range all {
		b.WriteString(plain(f.text))
	}
	return strings.Contains(b.String(), exact)
}

func (f *facts) has(value float64) bool {
	return slices.ContainsFunc(f.numbers, func(n number) bool { return math.Abs(n.value-value) <= 1e-9*math.Abs(value) })
}

// order is near 1 where the terms that claim and span share stand close together in
// the span, less where they are gathered from all over it.
func (s *Set) order(c *facts, all []*facts) float64 { return 1 }

// opposites turn a sentence around.
var opposites = [...][2]string{
	{"增加", "减少"}, {"增加", "減少"}, {"上升", "下降"}, {"提高", "降低"}, {"最高", "最低"}, {"最大", "最小"}, {"最多", "最少"}, {"最早", "最晚"}, {"最长", "最短"}, {"最長", "最短"},
	{"以前", "以后"}, {"之前", "之后"}, {"之前", "之後"}, {"支持", "反对"}, {"支持", "反對"}, {"胜", "败"}, {"勝", "敗"}, {"成功", "失败"}, {"成功", "失敗"}, {"允许", "禁止"}, {"允許", "禁止"}, {"左", "右"},
	{"increase", "decrease"}, {"increased", "decreased"}, {"more", "less"}, {"most", "least"}, {"highest", "lowest"}, {"largest", "smallest"}, {"before", "after"}, {"won", "lost"},
	{"higher", "lower"}, {"first", "last"}, {"above", "below"}, {"allowed", "forbidden"}, {"success", "failure"}, {"supported", "opposed"}, {"better", "worse"}, {"earlier", "later"},
}

// polarity is below 1 where one of claim and span denies what the other says.
func (s *Set) polarity(c *facts, all []*facts) float64 {
	v := 1.0
	if (len(c.not)%2 == 1) != s.denied(c, all) {
		v = 0.4
	}
	lower := strings.ToLower(c.text)
	for _, o := range opposites {
		for _, p := range [][2]string{o, {o[1], o[0]}} {
			if hasWord(lower, p[0]) && !slices.ContainsFunc(all, func(f *facts) bool { return hasWord(strings.ToLower(f.text), p[0]) }) &&
				slices.ContainsFunc(all, func(f *facts) bool { return hasWord(strings.ToLower(f.text), p[1]) }) {
				v *= 0.4
			}
		}
	}
	return v
}

func hasWord(text, w string) bool {
	i := strings.Index(text, w)
	if i < 0 || w[0] >= 0x80 {
		return i >= 0
	}
	return (i == 0 || text[i-1] < 'a' || text[i-1] > 'z') && (i+len(w) == len(text) || text[i+len(w)] < 'a' || text[i+len(w)] > 'z')
}

// denied reports whether the clause of a span that has most of a claim denies.
func (s *Set) denied(c *facts, all []*facts) bool {
	best, odd := 0.0, false
	for _, f := range all {
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
