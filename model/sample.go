package model

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sampling says how the next token is drawn. The steps are taken in this order, which is
// transformers' where it has them: bias, penalties, temperature, top-k, top-p, min-p. Zero
// values change nothing.
type Sampling struct {
	Temperature float64            // 0 takes the likeliest token
	TopK        int                // 0: all
	TopP        float64            // smallest set of tokens of that probability; 0 or 1: all
	MinP        float64            // tokens of at least that share of the likeliest one's probability
	Penalty     float64            // divides positive logits of tokens that occurred, multiplies negative ones; 0 or 1: none
	Frequency   float64            // is taken from a token's logit for each time it was generated
	Presence    float64            // is taken from the logit of tokens that were generated
	Bias        map[uint32]float64 // is added to tokens' logits; minus infinity forbids one
	Seed        uint64             // equal seeds draw equal tokens, whoever else is in the batch
}

// check refuses numbers that mean nothing.
func (s *Sampling) check(vocab int) error {
	for _, f := range []struct {
		name           string
		x, least, most float64
	}{
		{"temperature", s.Temperature, 0, math.MaxFloat64}, {"top-k", float64(s.TopK), 0, math.MaxFloat64}, {"top-p", s.TopP, 0, 1}, {"min-p", s.MinP, 0, 1},
		{"repetition penalty", s.Penalty, 0, math.MaxFloat64}, {"frequency penalty", s.Frequency, -math.MaxFloat64, math.MaxFloat64}, {"presence penalty", s.Presence, -math.MaxFloat64, math.MaxFloat64},
	} {
		if !(f.x >= f.least && f.x <= f.most) {
			return fmt.Errorf("a %s of %v is out of its range", f.name, f.x)
		}
	}
	for t, b := range s.Bias {
		if int(t) >= vocab || math.IsNaN(b) || math.IsInf(b, 1) {
			return fmt.Errorf("a bias of %v for token %d, of a vocabulary of %d", b, t, vocab)
		}
	}
	return nil
}

// A sampler draws tokens.
type sampler struct {
	Sampling
	rng   *rand.Rand
	seen  map[uint32]int // how often a token was generated; also those of the prompt, with 0
	items []item
	x     []float32
}

// An item is a token that may be drawn.
type item struct {
	id uint32
	p  float64
}

func newSampler(s Sampling, prompt []uint32) *sampler {
	d := &sampler{Sampling: s, rng: rand.New(rand.NewPCG(s.Seed, 0x5eed)), seen: map[uint32]int{}}
	for _, t := range prompt {
		d.seen[t] = 0
	}
	return d
}

// next draws a token by its logits, which stay as they are.
func (s *sampler) next(logits []float32) uint32 {
	s.x = append(s.x[:0], logits...)
	for t, b := range s.Bias {
		s.x[t] += float32(b)
	}
	if s.Penalty > 0 && s.Penalty != 1 || s.Frequency != 0 || s.Presence != 0 {
		for t, n := range s.seen {
			s.x[t] = float32(s.penalize(float64(s.x[t]), n))
		}
	}
	t := s.draw()
	s.seen[t]++
	return t
}

// penalize returns the logit of a token that occurred, and was generated n times.
func (s *sampler) penalize(v float64, n int) float64 {
	switch {
	case s.Penalty == 0:
	case v > 0:
		v /= s.Penalty
	default:
		v *= s.Penalty
	}
	if n > 0 {
		v -= s.Presence + float64(n)*s.Frequency
	}
	return v
}

func (s *sampler) draw() uint32 {
	best := 0
	for i, v := range s.x {
		if v > s.x[best] {
			best = i
		}
	}
	if s.Temperature == 0 {
		return uint32(best)
	}
	if s.fill(float64(s.x[best])); len(s.items) == 0 { // logits of nothing but minus infinity
		return uint32(best)
	}
	s.cut()
	sum := 0.0
	for _, it := range s.items {
		sum += it.p
	}
	u := s.rng.Float64() * sum
	for _, it := range s.items {
		if u -= it.p; u < 0 {
			return it.id
		}
	}
	return s.items[len(s.items)-1].id
}

// fill lists all tokens with e^((logit − largest)/temperature), as far as top-k lets
// them.
func (s *sampler) fill(largest float64) {
	s.items = s.items[:0]
	for i, v := range s.x {
		if p := math.Exp((float64(v) - largest) / s.Temperature); p > 0 {
			s.items = append(s.items, item{uint32(i), p})
		}
	}
	if s.TopK > 0 && s.TopK < len(s.items) {
		limit := kth(s.items, s.TopK)
		s.keep(func(it item) bool { return it.p >= limit })
	}
}

// cut applies top-p and min-p. The likeliest token has p of 1 and stays.
func (s *sampler) cut() {
	if s.TopP > 0 && s.TopP < 1 {
		sum := 0.0
		for _, it := range s.items {
			sum += it.p
		}
		// tokens that all together have less than what is left away need no sorting
		least := (1 - s.TopP) * sum / float64(len(s.items))
		s.keep(func(it item) bool { return it.p >= least })
		slices.SortStableFunc(s.items, func(a, b item) int { return cmp.Compare(b.p, a.p) })
		mass, n := 0.0, 0
		for n < len(s.items) && (n == 0 || mass < s.TopP*sum) {
			mass += s.items[n].p
			n++
		}
		s.items = s.items[:n]
	}
	if s.MinP > 0 {
		s.keep(func(it item) bool { return it.p >= s.MinP })
	}
}

func (s *sampler) keep(f func(item) bool) {
	s.items = slices.DeleteFunc(s.items, func(it item) bool { return !f(it) })
}

// kth returns the k-th largest p. It keeps the k largest in a heap.
func kth(items []item, k int) float64 {
	heap := make([]float64, 0, k)
	for _, it := range items {
		switch {
		case len(heap) < k:
			heap = append(heap, it.p)
			for i := len(heap) - 1; i > 0 && heap[i] < heap[(i-1)/2]; i = (i - 1) / 2 {
				heap[i], heap[(i-1)/2] = heap[(i-1)/2], heap[i]
			}
		case it.p > heap[0]:
			heap[0] = it.p
			sink(heap)
		}
	}
	return heap[0]
}

// sink moves the first element of a heap down to its place.
func sink(heap []float64) {
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && heap[c+1] < heap[c] {
			c++
		}
		if heap[i] <= heap[c] {
			return
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}
