package quality

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"feilun"
)

// The ways to weigh how often a feature occurs in a text.
const (
	WeightCounts = "counts" // the number itself, as in GPT-3
	WeightUnit   = "unit"   // numbers scaled to a vector of length one (Spark's Normalizer)
	WeightLog    = "log"    // 1 + ln of the number, scaled to a vector of length one
)

// weighings lists them.
var weighings = []string{WeightCounts, WeightUnit, WeightLog}

// gpt3Header is the readable part of a gpt3 model. Calibration is in the
// weights: their sum is the log-odds of the score.
type gpt3Header struct {
	vectorizer
	Weights   string  `json:"weights"` // one of weighings
	Intercept float64 `json:"intercept"`
}

// gpt3 is logistic regression on hashed tokens.
type gpt3 struct {
	gpt3Header
	weights []float32 // by feature, shared between clones
	reader  *reader
	found   []uint32
	counts  []uint32 // by feature, zero between documents; nil for WeightCounts
	steps   []step64 // by how often a feature was met before; nil for WeightCounts
}

// A step64 is what one more occurrence of a feature adds to its value and to the
// square of its value.
type step64 struct{ value, square float64 }

// stepsKept is how many occurrences have their steps in a table.
const stepsKept = 256

// weigh is the value of a feature that occurs n times, before scaling.
func weigh(weights string, n int) float64 {
	if weights == WeightLog && n > 0 {
		return 1 + math.Log(float64(n))
	}
	return float64(n)
}

// stepFrom is the step from n occurrences to one more.
func stepFrom(weights string, n int) step64 {
	a, b := weigh(weights, n), weigh(weights, n+1)
	return step64{b - a, float64(b*b) - float64(a*a)}
}

func newGPT3(h gpt3Header, body []byte) (*gpt3, error) {
	if !h.known() || !slices.Contains(weighings, h.Weights) {
		return nil, fmt.Errorf("features %+v with weights %q", h.vectorizer, h.Weights)
	}
	w, err := floats(body, h.Features)
	if err != nil {
		return nil, err
	}
	g := &gpt3{gpt3Header: h, weights: w}
	if h.Weights != WeightCounts {
		for n := range stepsKept {
			g.steps = append(g.steps, stepFrom(h.Weights, n))
		}
	}
	return g.clone().(*gpt3), nil
}

func (g *gpt3) clone() scorer {
	c := &gpt3{gpt3Header: g.gpt3Header, weights: g.weights, steps: g.steps, reader: newReader(g.vectorizer)}
	if g.Weights != WeightCounts {
		c.counts = make([]uint32, g.Features)
	}
	return c
}

// score is the calibrated probability that the document is like the positive
// examples.
func (g *gpt3) score(d *feilun.Doc) float64 { return sigmoid(g.logit(d.Text)) }

// An empty text, of which Spark makes one empty token, has none here: it is no
// better than one of blanks.
func (g *gpt3) logit(text string) float64 {
	if text == "" {
		return g.Intercept
	}
	g.found = g.reader.features(g.found[:0], text)
	sum := 0.0
	if g.counts == nil {
		for _, f := range g.found {
			sum += float64(g.weights[f])
		}
		return sum + g.Intercept
	}
	square := 0.0
	for _, f := range g.found {
		n := g.counts[f]
		var s step64
		if n < stepsKept {
			s = g.steps[n]
		} else {
			s = stepFrom(g.Weights, int(n))
		}
		sum += float64(float64(g.weights[f]) * s.value)
		square += s.square
		g.counts[f]++
	}
	for _, f := range g.found {
		g.counts[f] = 0
	}
	return sum/math.Sqrt(max(1, square)) + g.Intercept
}

// explain gives each token its share of its feature's part in the log-odds:
// tokens of one feature share by how often they occur.
func (g *gpt3) explain(d *feilun.Doc) []Reason {
	if d.Text == "" {
		return nil
	}
	at := map[string]int{}
	var all []Reason
	var features []uint32 // of each reason
	counts := map[uint32]int{}
	g.reader.read(d.Text, func(token []byte, f uint32) {
		counts[f]++
		i, ok := at[string(token)]
		if !ok {
			i = len(all)
			at[string(token)] = i
			all, features = append(all, Reason{Feature: string(token)}), append(features, f)
		}
		all[i].Value++
	})
	scale := 1.0
	if g.Weights != WeightCounts {
		square := 0.0
		for _, f := range slices.Sorted(maps.Keys(counts)) {
			v := weigh(g.Weights, counts[f])
			square += float64(v * v)
		}
		scale = 1 / math.Sqrt(max(1, square))
	}
	for i, f := range features {
		part := all[i].Value / float64(counts[f])
		all[i].Weight = float64(g.weights[f]) * weigh(g.Weights, counts[f]) * scale * part
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
		index, value = append(index, found[i]), append(value, float32(weigh(g.Weights, j-i)))
		i = j
	}
	if g.Weights != WeightCounts {
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
