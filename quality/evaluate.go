package quality

import (
	"cmp"
	"math"
	"slices"
)

// A Scored document is a score with what people say of the document.
type Scored struct {
	Score    float64
	Positive bool
}

// An AUC is the area under the ROC curve: how often a positive document scores
// above a negative one, ties counting half. Low and High bound it at 95 %
// (DeLong, DeLong and Clarke-Pearson 1988), on the logit scale so that they
// stay within 0 and 1.
type AUC struct {
	Value     float64 `json:"value"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Positives int     `json:"positives"`
	Negatives int     `json:"negatives"`
}

// Area computes the AUC of scored documents. It is NaN where one class is empty.
func Area(all []Scored) AUC {
	var pos, neg []float64
	for _, s := range all {
		if s.Positive {
			pos = append(pos, s.Score)
		} else {
			neg = append(neg, s.Score)
		}
	}
	a := AUC{Positives: len(pos), Negatives: len(neg), Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if len(pos) == 0 || len(neg) == 0 {
		return a
	}
	slices.Sort(pos)
	slices.Sort(neg)
	sum, varPos, varNeg := 0.0, 0.0, 0.0
	over := make([]float64, len(pos))
	for i, s := range pos {
		over[i] = below(neg, s)
		sum += over[i]
	}
	a.Value = sum / float64(len(pos))
	for _, v := range over {
		varPos += (v - a.Value) * (v - a.Value)
	}
	for _, s := range neg {
		v := 1 - below(pos, s)
		varNeg += (v - a.Value) * (v - a.Value)
	}
	n, m := float64(len(pos)), float64(len(neg))
	sd := math.Sqrt(varPos/max(1, n-1)/n + varNeg/max(1, m-1)/m)
	a.Low, a.High = interval(a.Value, sd, n, m)
	return a
}

// interval bounds an area by 1.96 deviations of its logit. At 0 and 1, where
// the deviation says nothing, the rule of three stands in for the smaller class.
func interval(area, sd, n, m float64) (low, high float64) {
	switch {
	case area >= 1:
		return max(0, 1-3/min(n, m)), 1
	case area <= 0:
		return 0, min(1, 3/min(n, m))
	}
	z, w := math.Log(area/(1-area)), 1.96*sd/(area*(1-area))
	return sigmoid(z - w), sigmoid(z + w)
}

// below is the share of sorted values that lie below x, equal ones counting half.
func below(sorted []float64, x float64) float64 {
	lo, _ := slices.BinarySearch(sorted, x)
	hi := lo
	for hi < len(sorted) && sorted[hi] == x {
		hi++
	}
	return (float64(lo) + float64(hi-lo)/2) / float64(len(sorted))
}

// A Point is what a threshold does: documents at or above it are kept.
type Point struct {
	Threshold float64 `json:"threshold"`
	Keep      float64 `json:"keep"`       // share of all documents that stay
	Precision float64 `json:"precision"`  // share of those that are positive
	Recall    float64 `json:"recall"`     // share of the positive ones that stay
	FalseKeep float64 `json:"false_keep"` // share of the negative ones that stay
}

// Thresholds lists what each threshold from 0 to 1 in steps of 0.05, and some
// beyond 0.95, does to the documents.
func Thresholds(all []Scored) []Point {
	var out []Point
	for i := range 20 {
		out = append(out, at(all, float64(i)/20))
	}
	for _, t := range []float64{0.96, 0.97, 0.98, 0.99, 0.995, 0.999} {
		out = append(out, at(all, t))
	}
	return out
}

func at(all []Scored, t float64) Point {
	kept, good, positives := 0, 0, 0
	for _, s := range all {
		if s.Positive {
			positives++
		}
		if s.Score >= t {
			kept++
			if s.Positive {
				good++
			}
		}
	}
	return Point{Threshold: t, Keep: share(kept, len(all)), Precision: share(good, kept), Recall: share(good, positives),
		FalseKeep: share(kept-good, len(all)-positives)}
}

func share(a, b int) float64 { return float64(a) / float64(max(1, b)) }

// Curve is the precision-recall curve: a point for each score that occurs, the
// highest first, thinned to about most points.
func Curve(all []Scored, most int) []Point {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Scored) int { return cmp.Compare(b.Score, a.Score) })
	positives := 0
	for _, s := range sorted {
		if s.Positive {
			positives++
		}
	}
	var out []Point
	good, next := 0, 0
	for i, s := range sorted {
		if s.Positive {
			good++
		}
		last := i+1 == len(sorted)
		if !last && sorted[i+1].Score == s.Score || !last && i < next {
			continue
		}
		out = append(out, Point{Threshold: s.Score, Keep: share(i+1, len(sorted)), Precision: share(good, i+1), Recall: share(good, positives),
			FalseKeep: share(i+1-good, len(sorted)-positives)})
		next = i + max(1, len(sorted)/most)
	}
	return out
}

// AveragePrecision is the area under the precision-recall curve, as the sum of
// precision over steps of recall.
func AveragePrecision(all []Scored) float64 {
	sum, before := 0.0, 0.0
	for _, p := range Curve(all, len(all)+1) {
		sum += p.Precision * (p.Recall - before)
		before = p.Recall
	}
	return sum
}

// A Bin of the calibration table: documents whose score lies in one tenth.
type Bin struct {
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Docs     int     `json:"docs"`
	Score    float64 `json:"score"`    // mean
	Positive float64 `json:"positive"` // share, weighted as in training
}

// Calibration sorts documents by score into tenths. Prior is the share of
// positive documents that scores assume; documents are weighted to it.
func Calibration(all []Scored, prior float64) []Bin {
	positives := 0
	for _, s := range all {
		if s.Positive {
			positives++
		}
	}
	wp := prior / float64(max(1, positives))
	wn := (1 - prior) / float64(max(1, len(all)-positives))
	bins := make([]Bin, 10)
	total := make([]float64, 10)
	for _, s := range all {
		i := min(9, int(s.Score*10))
		w := wn
		if s.Positive {
			w = wp
			bins[i].Positive += w
		}
		bins[i].Docs++
		bins[i].Score += w * s.Score
		total[i] += w
	}
	for i := range bins {
		bins[i].From, bins[i].To = float64(i)/10, float64(i+1)/10
		if total[i] > 0 {
			bins[i].Score /= total[i]
			bins[i].Positive /= total[i]
		}
	}
	return bins
}
