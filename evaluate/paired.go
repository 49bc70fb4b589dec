package evaluate

import (
	"context"
	"math"
)

// A PairedScore is what one model of a pair scored on each of the same pieces: bits
// over bytes, or hits over items.
type PairedScore struct {
	Over, Under []float64
}

// mean is the ratio of the sums.
func (s PairedScore) mean() float64 {
	a, b := 0.0, 0.0
	for i := range s.Over {
		a, b = a+s.Over[i], b+s.Under[i]
	}
	if b == 0 {
		return 0
	}
	return a / b
}

// A Difference is by how much the models of one corpus score more than those of
// another, with its 95 % interval.
type Difference struct {
	A, B     float64   `json:"-"` // means over seeds
	Interval           // of A less B
	BySeed   []float64 `json:"by_seed"`
	Freedom  float64   `json:"degrees_of_freedom"`
}

// Paired compares models trained in pairs: a[s] and b[s] share the seed s, and all
// scores are on the same pieces. The variance of the mean difference is that over
// seeds, divided by their number, and that over pieces, of differences averaged over
// seeds; the interval is Student's, with Satterthwaite's degrees of freedom (1946). It
// holds for other seeds and other text of the same kind, and is rather too wide than
// too narrow: what seeds do to single pieces is counted in both parts. Fewer than two
// seeds or pieces have no interval: it is without bounds.
func Paired(a, b []PairedScore) Difference {
	n := len(a)
	d := Difference{}
	for s := range n {
		x, y := a[s].mean(), b[s].mean()
		d.A, d.B = d.A+x/float64(n), d.B+y/float64(n)
		d.BySeed = append(d.BySeed, x-y)
	}
	d.Value = d.A - d.B
	pieces := 0
	if n > 0 {
		pieces = len(a[0].Over)
	}
	if n < 2 || pieces < 2 {
		d.Low, d.High = math.Inf(-1), math.Inf(1)
		return d
	}
	seeds := variance(d.BySeed) / float64(n)
	// A ratio's variance by its linear form: pieces count by what lies below them.
	under, gap := 0.0, make([]float64, pieces)
	for i := range pieces {
		under += a[0].Under[i]
		for s := range n {
			gap[i] += (a[s].Over[i] - b[s].Over[i] - d.Value*a[s].Under[i]) / float64(n)
		}
	}
	m := float64(pieces)
	text := variance(gap) * m / (under * under)
	if sum := seeds + text; sum > 0 {
		d.Freedom = sum * sum / (seeds*seeds/float64(n-1) + text*text/(m-1))
		half := student(d.Freedom) * math.Sqrt(sum)
		d.Low, d.High = d.Value-half, d.Value+half
	} else {
		d.Low, d.High = d.Value, d.Value
	}
	return d
}

// variance is that of a sample.
func variance(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(x)-1)
}

// student returns the bound of 95 % of Student's distribution, from a table, between
// whose rows it is interpolated by the reciprocal of the degrees of freedom.
func student(freedom float64) float64 {
	table := [][2]float64{{1, 12.7062}, {2, 4.3027}, {3, 3.1824}, {4, 2.7764}, {5, 2.5706}, {6, 2.4469}, {7, 2.3646}, {8, 2.3060}, {9, 2.2622},
		{10, 2.2281}, {12, 2.1788}, {15, 2.1314}, {20, 2.0860}, {30, 2.0423}, {60, 2.0003}, {120, 1.9799}, {math.Inf(1), z95}}
	for i := range len(table) - 1 {
		lo, hi := table[i], table[i+1]
		if freedom <= lo[0] {
			return lo[1]
		}
		if freedom < hi[0] {
			return hi[1] + (lo[1]-hi[1])*(1/freedom-1/hi[0])/(1/lo[0]-1/hi[0])
		}
	}
	return z95
}

// Pieces scores pieces of text: bits over bytes.
func Pieces(ctx context.Context, m *Model, p *Params, pieces []string) (PairedScore, error) {
	meter := NewMeter(m, p)
	for _, text := range pieces {
		if err := meter.Add(ctx, "", text); err != nil {
			return PairedScore{}, err
		}
	}
	if err := meter.flush(ctx); err != nil {
		return PairedScore{}, err
	}
	return PairedScore{meter.bits[""], meter.bytes[""]}, nil
}

// Hits scores the items of a set: one for each that is answered rightly.
func Hits(ctx context.Context, m *Model, p *Params, s Set) (PairedScore, error) {
	r, err := Run(ctx, m, p, s)
	if err != nil {
		return PairedScore{}, err
	}
	var out PairedScore
	for _, hit := range r.hits {
		x := 0.0
		if hit {
			x = 1
		}
		out.Over, out.Under = append(out.Over, x), append(out.Under, 1)
	}
	return out, nil
}

// Verdict says which of two corpora is better by a difference: "A", "B", or "" when
// the interval holds zero. Less says that lower scores are better.
func (d *Difference) Verdict(less bool) string {
	switch {
	case !(d.Low > 0) && !(d.High < 0):
		return ""
	case (d.Low > 0) == less:
		return "B"
	}
	return "A"
}
