package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"

	"feilun/internal/stats"
)

// z95 bounds 95 % of a normal distribution.
const z95 = 1.959964

// An Interval is a value with the bounds of its 95 % confidence interval.
type Interval = stats.Interval

// Wilson returns a share with Wilson's score interval (1927).
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{}
	}
	p, m := float64(hits)/float64(n), float64(n)
	mid := (p + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return Interval{Value: p, Low: max(0, mid-half), High: min(1, mid+half)}
}

// bootstrap returns the ratio of two sums over samples with its percentile
// interval (Efron, 1979): samples are drawn again with replacement.
func bootstrap(over, under []float64, draws int, seed uint64) Interval {
	if len(over) == 0 {
		return Interval{}
	}
	ratio := func(pick func(i int) int) float64 {
		a, b := 0.0, 0.0
		for i := range over {
			k := pick(i)
			a, b = a+over[k], b+under[k]
		}
		if b == 0 {
			return 0
		}
		return a / b
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(over))))
	all := make([]float64, draws)
	for d := range all {
		all[d] = ratio(func(int) int { return rng.IntN(len(over)) })
	}
	slices.Sort(all)
	return Interval{Value: ratio(func(i int) int { return i }), Low: all[int(0.025*float64(draws))], High: all[min(draws-1, int(0.975*float64(draws)))]}
}
