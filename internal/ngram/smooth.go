package ngram

import (
	"errors"
	"math"
)

// Discounts are what modified Kneser-Ney smoothing takes from n-grams seen
// once, twice, and more often.
type Discounts [3]float64

// usualDiscounts stand in where counts are too few or too odd to estimate any,
// as lmplz's --discount_fallback does.
var usualDiscounts = Discounts{0.5, 1, 1.5}

// A Report says what training did.
type Report struct {
	Tokens    int64       `json:"tokens"` // words with ends of sentences
	Ngrams    []int       `json:"ngrams"` // different ones by length
	Discounts []Discounts `json:"discounts"`
	Fallback  []bool      `json:"fallback"` // lengths whose discounts could not be estimated
}

// never is the lowest logarithm that is stored: ARPA text has no infinity.
const never = -99

// A context sums up the words seen behind it.
type context struct {
	sum  uint64
	many [3]uint32 // words seen once, twice, more often
}

func (c *context) add(count uint32) {
	if count > 0 {
		c.sum += uint64(count)
		c.many[min(count, 3)-1]++
	}
}

// gamma is the share of probability that goes to shorter n-grams.
func (c *context) gamma(d Discounts) float64 {
	if c.sum == 0 {
		return 1
	}
	return (d[0]*float64(c.many[0]) + d[1]*float64(c.many[1]) + d[2]*float64(c.many[2])) / float64(c.sum)
}

// Model turns the counts into a model and ends the counter. The probability of
// word w after context h is (a(hw) − D) / Σ a(hx) + γ(h)·p(w | h without its
// first word), with the uniform distribution below single words (Chen and
// Goodman, 1998; Heafield et al., 2013).
func (c *Counter) Model() (*Model, Report, error) {
	if c.tokens == 0 {
		return nil, Report{}, errors.New("no text to train on")
	}
	r := Report{Tokens: c.tokens}
	var lower []float64 // probabilities of the level below
	for n := range c.m.levels {
		d, ok := c.discounts(n)
		r.Discounts, r.Fallback = append(r.Discounts, d), append(r.Fallback, !ok)
		r.Ngrams = append(r.Ngrams, len(c.m.levels[n].word))
		if n == 0 {
			lower = c.single(d)
		} else {
			lower = c.longer(n, d, lower)
		}
		c.counts[n] = counted{}
	}
	m := c.m
	c.m = nil
	return m, r, nil
}

// discounts estimates D1, D2 and D3 of a level from how many n-grams have
// counts of one to four.
func (c *Counter) discounts(n int) (Discounts, bool) {
	var t [5]float64
	for e, k := range c.counts[n].count {
		if k >= 1 && k <= 4 && (n > 0 || uint32(e) != beginID) {
			t[k]++
		}
	}
	if t[1] == 0 || t[2] == 0 || t[3] == 0 {
		return usualDiscounts, false
	}
	var d Discounts
	y := t[1] / (t[1] + 2*t[2])
	for i := 1; i <= 3; i++ {
		d[i-1] = float64(i) - float64(i+1)*y*t[i+1]/t[i]
		if d[i-1] < 0 || d[i-1] > float64(i) {
			return usualDiscounts, false
		}
	}
	return d, true
}

func (d Discounts) of(count uint32) float64 {
	if count == 0 {
		return 0
	}
	return d[min(count, 3)-1]
}

// single sets the probabilities of single words.
func (c *Counter) single(d Discounts) []float64 {
	l, counts := &c.m.levels[0], c.counts[0].count
	var all context
	for id, k := range counts {
		if uint32(id) != beginID {
			all.add(k)
		}
	}
	p := make([]float64, len(counts))
	rest := all.gamma(d) / float64(len(counts)-1) // <s> is never predicted
	for id, k := range counts {
		p[id] = (float64(k)-d.of(k))/float64(all.sum) + rest
	}
	p[beginID] = 1
	l.take(p)
	return p
}

// longer sets the probabilities of level n and the back-offs of the one below.
func (c *Counter) longer(n int, d Discounts, lower []float64) []float64 {
	l, k := &c.m.levels[n], &c.counts[n]
	contexts := make([]context, len(lower))
	for e, count := range k.count {
		contexts[l.parent[e]].add(count)
	}
	below := &c.m.levels[n-1]
	for i := range contexts {
		below.back[i] = max(float32(math.Log10(contexts[i].gamma(d))), never)
	}
	p := make([]float64, len(k.count))
	for e, count := range k.count {
		h := &contexts[l.parent[e]]
		p[e] = (float64(count)-d.of(count))/float64(h.sum) + h.gamma(d)*lower[k.suffix[e]]
	}
	l.take(p)
	return p
}

// take stores probabilities as logarithms.
func (l *level) take(p []float64) {
	l.prob, l.back = make([]float32, len(p)), make([]float32, len(p))
	for i, v := range p {
		l.prob[i] = float32(math.Log10(v))
	}
}
