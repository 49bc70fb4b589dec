package quality

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"feilun"
)

// The ways to weigh how often a feature occurs in a text.
const (
	WeightCounts = "counts" // the number itself, as in GPT-3
	WeightUnit   = "unit"   // numbers scaled to a vector of length one (Spark's Normalizer)
)

// gpt3Header is the readable part of a gpt3 model. Calibration is in the
// weights: their sum is the log-odds of the score.
type gpt3Header struct {
	vectorizer
	Weights   string  `json:"weights"` // WeightCounts or WeightUnit
	Intercept float64 `json:"intercept"`
}

// gpt3 is logistic regression on hashed tokens.
type gpt3 struct {
	gpt3Header
	weights []float32 // by feature, shared between clones
	reader  *reader
	found   []uint32
	counts  []uint32 // by feature, zero between documents; nil for WeightCounts
}

func newGPT3(h gpt3Header, body []byte) (*gpt3, error) {
	if !h.known() || h.Weights != WeightCounts && h.Weights != WeightUnit {
		return nil, fmt.Errorf("features %+v with weights %q", h.vectorizer, h.Weights)
	}
	w, err := floats(body, h.Features)
	if err != nil {
		return nil, err
	}
	return (&gpt3{gpt3Header: h, weights: w}).clone().(*gpt3), nil
}

func (g *gpt3) clone() scorer {
	c := &gpt3{gpt3Header: g.gpt3Header, weights: g.weights, reader: newReader(g.vectorizer)}
	if g.Weights == WeightUnit {
		c.counts = make([]uint32, g.Features)
	}
	return c
}

// score is the calibrated probability that the document is like the positive
// examples.
func (g *gpt3) score(d *feilun.Doc) float64 { return sigmoid(g.logit(d.Text)) }

func (g *gpt3) logit(text string) float64 {
	g.found = g.reader.features(g.found[:0], text)
	sum := 0.0
	if g.counts == nil {
		for _, f := range g.found {
			sum += float64(g.weights[f])
		}
		return sum + g.Intercept
	}
	square := 0
	for _, f := range g.found {
		sum += float64(g.weights[f])
		n := int(g.counts[f])
		square += 2*n + 1
		g.counts[f]++
	}
	for _, f := range g.found {
		g.counts[f] = 0
	}
	return sum/math.Sqrt(float64(max(1, square))) + g.Intercept
}

// explain sums the weights of equal tokens.
func (g *gpt3) explain(d *feilun.Doc) []Reason {
	at := map[string]int{}
	var all []Reason
	counts := map[uint32]float64{}
	g.reader.read(d.Text, func(token []byte, f uint32) {
		counts[f]++
		i, ok := at[string(token)]
		if !ok {
			i = len(all)
			at[string(token)] = i
			all = append(all, Reason{Feature: string(token)})
		}
		all[i].Value++
		all[i].Weight += float64(g.weights[f])
	})
	scale := 1.0
	if g.Weights == WeightUnit {
		square := 0.0
		for _, n := range counts {
			square += n * n
		}
		scale = 1 / math.Sqrt(max(1, square))
	}
	for i := range all {
		all[i].Weight *= scale
	}
	sortReasons(all)
	return all
}

func sortReasons(all []Reason) {
	slices.SortFunc(all, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)), cmp.Compare(a.Feature, b.Feature))
	})
}

// vector returns the features of a text in order with their values.
func (g *gpt3Header) vector(r *reader, text string) ([]uint32, []float32) {
	found := r.features(nil, text)
	slices.Sort(found)
	var index []uint32
	var value []float32
	for i := 0; i < len(found); {
		j := i
		for j < len(found) && found[j] == found[i] {
			j++
		}
		index, value = append(index, found[i]), append(value, float32(j-i))
		i = j
	}
	if g.Weights == WeightUnit {
		square := 0.0
		for _, v := range value {
			square += float64(v) * float64(v)
		}
		for i := range value {
			value[i] /= float32(math.Sqrt(max(1, square)))
		}
	}
	return index, value
}
