package cite

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Answers is the score from which a sentence is taken to answer a question; when none reaches it
// the sources do not say. It was chosen with the weights, on the same half (docs/log/answers.md).
const Answers = 0.2

// A Quote is a part of a source that answers the question, word for word.
type Quote struct {
	Source int // index in the set
	Span       // of the stored text
	Text   string
	Score  float64 // 0 to 1, that the answer is in it
}

// Extract chooses at most most quotes that answer the set's question, best first. There
// is none when the sources do not say.
func (s *Set) Extract(most int) []Quote {
	type scored struct {
		unit  int
		score float64
	}
	var all []scored
	f := focusOf(s.asked.text)
	for i := range s.units {
		if u := &s.units[i]; !u.bad && utf8.RuneCountInString(u.text) >= 4 && !s.heading(u) {
			all = append(all, scored{i, s.answers(i, f)})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []Quote
	for _, c := range all {
		if len(out) == most || c.score < Answers || len(out) > 0 && c.score < 0.5*out[0].Score {
			break
		}
		q := s.quote(c.unit, c.score)
		if !slices.ContainsFunc(out, func(o Quote) bool {
			return o.Source == q.Source && o.Start < q.End && q.Start < o.End || plain(o.Text) == plain(q.Text)
		}) {
			out = append(out, q)
		}
	}
	return out
}

// heading reports whether a unit only repeats its page's title, or a part of it: that says nothing.
func (s *Set) heading(u *unit) bool {
	return strings.Contains(plain(s.Sources[u.source].Title), plain(u.text))
}

// maxLead is how long a sentence may be that is quoted along because the next one leans on it, in bytes.
const maxLead = 300

// quote takes the sentence before along when a sentence does not stand alone.
func (s *Set) quote(i int, score float64) Quote {
	from := i
	if u := &s.units[i]; u.place > 0 && leans(u.text) && !s.units[i-1].bad && s.units[i-1].End-s.units[i-1].Start < maxLead {
		from--
	}
	src := &s.Sources[s.units[i].source]
	sp := Span{s.units[from].Start, s.units[i].End}
	return Quote{s.units[i].source, Span{src.Start + sp.Start, src.Start + sp.End}, sp.Of(src.Text), score}
}

// leans reports whether a sentence begins with a word that stands for something said before.
func leans(text string) bool {
	for _, w := range [...]string{"他", "她", "它", "其", "该", "該", "此", "这", "這", "牠", "祂", "當時", "当时", "He ", "She ", "It ", "They ", "This ", "These ", "Those ", "His ", "Her ", "Its ", "Their ", "There "} {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}

// The features of a sentence and a question, in the order of [answerWeights] behind the constant.
const (
	askedIn     = iota // share of the question's terms, by weight, that the sentence has
	askedTitle         // that the title has and the sentence has not
	askedBefore        // that only the sentence before has
	askedPage          // that only the rest of the page has
	askedNear          // share of the question's neighbours that stand together in the sentence
	fitting            // the sentence has what is asked for
	unfitting          // it has not
	rank               // of the page among the sources: 1, 1/2, 1/3 …
	lacksNumber        // numbers of the question that the page has not
	lacksName          // capitalised words of the question that the page has not
	brief              // it has under 12 terms
	asks               // it is a question itself
	numAnswer
)

// answerWeights are a constant and a weight for each feature of a logistic regression on the sentences of pages
// found for one half of four sets of questions (TestFitAnswers).
var answerWeights = [numAnswer + 1]float64{-8.270, 8.752, 2.134, 1.128, -0.470, -1.357, 0.080, -1.191, 4.426, -0.358, -0.944, -0.518, 0.194}

// answers is how likely unit i answers the question.
func (s *Set) answers(i int, f focus) float64 {
	x := s.answerFeatures(i, f)
	sum := answerWeights[0]
	for j, v := range x {
		sum += answerWeights[j+1] * v
	}
	return 1 / (1 + math.Exp(-sum))
}

func (s *Set) answerFeatures(i int, f focus) (x [numAnswer]float64) {
	u, q := &s.units[i], s.asked
	s.whereAsked(i, &x)
	if fits, known := u.fits(f, q); known && fits {
		x[fitting] = 1
	} else if known {
		x[unfitting] = 1
	}
	x[rank] = 1 / float64(1+u.source)
	x[lacksNumber] = s.lacksNumbers(u.source)
	if len(u.terms) < 12 {
		x[brief] = 1
	}
	if strings.HasSuffix(u.text, "?") || strings.HasSuffix(u.text, "？") {
		x[asks] = 1
	}
	return x
}

// whereAsked shares the question's terms out to the sentence, the title, the sentence before and the page.
func (s *Set) whereAsked(i int, x *[numAnswer]float64) {
	u, q := &s.units[i], s.asked
	title, page := s.titles[u.source], s.keys[u.source]
	var before map[string]bool
	if u.place > 0 {
		before = s.units[i-1].keys
	}
	sum, pairs := 1e-9, 1e-9
	for j := range q.terms {
		t := &q.terms[j]
		w := t.weightOf(s.idf)
		sum += w
		switch {
		case u.keys[t.key]:
			x[askedIn] += w
		case title.keys[t.key]:
			x[askedTitle] += w
		case before[t.key]:
			x[askedBefore] += w
		case page[t.key]:
			x[askedPage] += w
		case t.name:
			x[lacksName]++
		}
		if j > 0 && t.weight >= crossWeight && q.terms[j-1].weight >= crossWeight {
			pairs += w
			if u.follows(q.terms[j-1].key, t.key) {
				x[askedNear] += w
			}
		}
	}
	for _, k := range []int{askedIn, askedTitle, askedBefore, askedPage} {
		x[k] /= sum
	}
	x[askedNear] /= pairs
}

// follows reports whether b stands right behind a in the sentence.
func (f *facts) follows(a, b string) bool {
	if !f.keys[a] || !f.keys[b] {
		return false
	}
	for i := 1; i < len(f.terms); i++ {
		if f.terms[i].key == b && f.terms[i-1].key == a {
			return true
		}
	}
	return false
}

// lacksNumbers counts the numbers of the question that a source has nowhere.
func (s *Set) lacksNumbers(source int) (n float64) {
	for _, want := range s.asked.numbers {
		if !s.titles[source].has(want.value) && !slices.ContainsFunc(s.units, func(u unit) bool { return u.source == source && u.has(want.value) }) {
			n++
		}
	}
	return min(n, 2)
}
