package plan

import (
	"math"
	"slices"
)

// quantile interpolates the q-quantile of sorted values (Hyndman-Fan type 7);
// 0 for none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// medianAbs returns the median and 90th percentile of |error|.
func medianAbs(errs []float64) (median, p90 float64) {
	abs := make([]float64, len(errs))
	for i, e := range errs {
		abs[i] = math.Abs(e)
	}
	slices.Sort(abs)
	return quantile(abs, 0.5), quantile(abs, 0.9)
}
