package plan

import "math"

// lossFit holds L = E + A/N^α + B/D^β.
type lossFit struct{ E, A, B, alpha, beta float64 }

// refitted are the corrected constants of Chinchilla's approach 3 (Besiroglu et
// al., arXiv 2404.10102); the printed ones of arXiv 2203.15556 contradict the
// paper's other two approaches.
func refitted() lossFit { return lossFit{1.8172, 482.01, 2085.43, 0.3478, 0.3658} }

// Loss predicts nats per token of a dense model of n parameters on d tokens of
// web text of the kind Chinchilla was fitted on.
func Loss(n, d float64) float64 {
	f := refitted()
	return f.E + f.A/math.Pow(n, f.alpha) + f.B/math.Pow(d, f.beta)
}

// Optimum returns the parameters and tokens of least loss for c training FLOPs,
// C = 6ND.
func Optimum(c float64) (n, d float64) {
	f := refitted()
	g := math.Pow(f.alpha*f.A/(f.beta*f.B), 1/(f.alpha+f.beta))
	n = g * math.Pow(c/6, f.beta/(f.alpha+f.beta))
	return n, c / 6 / n
}

// OptimumServed returns the parameters and tokens of least loss when c FLOPs
// must also pay for serving t tokens at 2N each (arXiv 2401.00448).
func OptimumServed(c, t float64) (n, d float64) {
	best := math.Inf(1)
	for i := 0; i <= 4000; i++ {
		x := math.Pow(10, 6+8*float64(i)/4000)
		y := (c - 2*x*t) / (6 * x)
		if y <= 0 {
			break
		}
		if l := Loss(x, y); l < best {
			best, n, d = l, x, y
		}
	}
	return n, d
}

// SameLoss returns how many tokens a model of n parameters needs for the loss
// that (n0, d0) reaches, and false when no number of tokens gives it.
func SameLoss(n0, d0, n float64) (float64, bool) {
	f := refitted()
	rest := Loss(n0, d0) - f.E - f.A/math.Pow(n, f.alpha)
	if rest <= 0 {
		return 0, false
	}
	d := math.Pow(f.B/rest, 1/f.beta)
	return d, d < maxTokens
}
