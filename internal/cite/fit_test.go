package cite

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"testing"
)

// fit prints weights for what is chosen by logistic regression, from the half of the questions that
// is tuned on: go test ./internal/cite -run TestFit -fit -v.
var fit = flag.Bool("fit", false, "fit weights anew and print them")

// An example is a vector of features with its label.
type example struct {
	x []float64
	y bool
	w float64
}

// logistic fits a constant and weights by gradient descent with an L2 penalty.
func logistic(all []example) []float64 {
	n := len(all[0].x)
	mean, dev := make([]float64, n), make([]float64, n)
	total := 0.0
	for _, e := range all {
		total += e.w
		for i, v := range e.x {
			mean[i] += e.w * v
		}
	}
	for i := range mean {
		mean[i] /= total
	}
	for _, e := range all {
		for i, v := range e.x {
			dev[i] += e.w * (v - mean[i]) * (v - mean[i])
		}
	}
	for i := range dev {
		dev[i] = math.Sqrt(dev[i]/total) + 1e-9
	}
	scaled := make([]float64, n+1) // weights of features brought to mean 0, deviation 1
	step := make([]float64, n+1)
	for range 1500 {
		g := make([]float64, n+1)
		for _, e := range all {
			z := scaled[0]
			for i, v := range e.x {
				z += scaled[i+1] * (v - mean[i]) / dev[i]
			}
			d := 1 / (1 + math.Exp(-z))
			if e.y {
				d--
			}
			d *= e.w
			g[0] += d
			for i, v := range e.x {
				g[i+1] += d * (v - mean[i]) / dev[i]
			}
		}
		for i := range scaled {
			step[i] = 0.9*step[i] - 0.3*(g[i]/total+1e-4*scaled[i])
			scaled[i] += step[i]
		}
	}
	w := make([]float64, n+1)
	w[0] = scaled[0]
	for i := range n {
		w[i+1] = scaled[i+1] / dev[i]
		w[0] -= w[i+1] * mean[i]
	}
	return w
}

func TestFitSupport(t *testing.T) {
	if !*fit {
		t.Skip("only with -fit")
	}
	type held struct {
		pair
		set *Set
		c   *facts
	}
	var all []held
	for _, set := range questionSets {
		pages, qs := readQuestions(t, set)
		f := newFinder(pages)
		every := 1
		if len(qs) > 2000 {
			every = 5 // so that no set outweighs the others
		}
		for i, p := range pairs(qs, 0) {
			if i/6%every != 0 {
				continue
			}
			if i/6/every%2 == 0 { // as in an answer: among other pages
				for _, o := range f.find(p.question, "", 5) {
					if p.kind != "another page" && !slices.Contains(p.pages, o) {
						p.pages = append(slices.Clone(p.pages), o)
					}
				}
			}
			all = append(all, held{p, setOf(p.pages, p.question), read(p.claim)})
		}
	}
	w := supportWeights
	for range 3 {
		var ex []example
		counts := map[string]float64{}
		for _, h := range all {
			counts[h.kind]++
		}
		for _, h := range all {
			span := h.set.bestSpan(h.c, &w)
			if span == nil {
				continue
			}
			x := h.set.features(h.c, span)
			weight := 1.0
			if !h.true {
				weight = counts["true"] / counts[h.kind] / 3
			}
			ex = append(ex, example{x[:], h.true, weight})
		}
		copy(w[:], logistic(ex))
		t.Logf("%.3f", w)
	}
}

// bestSpan is the span that other weights would choose.
func (s *Set) bestSpan(c *facts, w *[numFeatures + 1]float64) (best []unit) {
	most := math.Inf(-1)
	for _, span := range s.spans(c, -1, false) {
		x := s.features(c, span)
		sum := 0.0
		for i, v := range x {
			sum += w[i+1] * v
		}
		if sum > most {
			best, most = span, sum
		}
	}
	return best
}

func TestFitThreshold(t *testing.T) {
	if !*fit {
		t.Skip("only with -fit")
	}
	got := map[string][]float64{}
	for _, set := range questionSets {
		_, qs := readQuestions(t, set)
		for _, p := range pairs(qs, 0) {
			m, _ := setOf(p.pages, p.question).Best(p.claim, -1)
			got[p.kind] = append(got[p.kind], m.Support)
		}
	}
	for at := 0.3; at < 0.95; at += 0.05 {
		t.Logf("%.2f: %s", at, line(got, func(v []float64) string { return share(v, at) }))
	}
}

func share(v []float64, at float64) string {
	n := 0
	for _, x := range v {
		if x >= at {
			n++
		}
	}
	return fmt.Sprintf("%.3f", float64(n)/float64(len(v)))
}
