package model

import (
	"cmp"
	"math"
	"slices"
)

// A LogProb is the logarithm of a token's probability by the model, before bias, penalties
// and temperature.
type LogProb struct {
	Token uint32
	Value float64
	Top   []TokenLogProb // likeliest tokens, the first one first
}

// A TokenLogProb is a token with its log-probability.
type TokenLogProb struct {
	Token uint32
	Value float64
}

// logProb returns the log-probability of a token by its logits, with the n likeliest ones;
// equal ones by number.
func logProb(logits []float32, t uint32, n int) LogProb {
	log := logSum(logits)
	l := LogProb{Token: t, Value: float64(logits[t]) - log}
	if n = min(n, len(logits)); n <= 0 {
		return l
	}
	items := make([]item, len(logits))
	for i, v := range logits {
		items[i] = item{uint32(i), float64(v)}
	}
	limit := kth(items, n)
	items = slices.DeleteFunc(items, func(it item) bool { return it.p < limit })
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.p, a.p) })
	for _, it := range items[:n] {
		l.Top = append(l.Top, TokenLogProb{it.id, it.p - log})
	}
	return l
}

// logSum returns the logarithm of the sum of e^x.
func logSum(x []float32) float64 {
	m, sum := float64(slices.Max(x)), 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - m)
	}
	return m + math.Log(sum)
}

// LogProbs sets x, logits, to the logarithms of the probabilities.
func LogProbs(x []float32) {
	log := float32(logSum(x))
	for i := range x {
		x[i] -= log
	}
}
