package quality

import (
	"context"
	"fmt"
	"math"
	"slices"
	"unicode"

	"feilun/internal/hint"
)

// penalties are the strengths of regularisation that training tries, strong
// first; each starts from the weights of the one before.
func penalties() []float64 {
	var out []float64
	for e := -1.0; e >= -8; e -= 0.5 {
		out = append(out, math.Pow(10, e))
	}
	return out
}

// Precision of the fits.
const (
	fitTolerance = 1e-5
	fitSteps     = 200
)

func trainGPT3(t *training) (*Model, error) {
	m, _, err := gpt3On(t)
	return m, err
}

// gpt3On trains a gpt3 model. It also returns the log-odds that weights give to
// the examples of parts they were not fitted to.
func gpt3On(t *training) (*Model, []float64, error) {
	h := gpt3Header{vectorizer: vectorizer{Form: t.p.Form, Features: t.p.Features, Grams: t.p.Grams, Spark2: t.p.Spark2}, Weights: t.p.Weights}
	if h.Form == "auto" {
		h.Form = t.form()
	}
	t.p.Form = h.Form
	t.result.Params = t.p
	if !h.known() || !slices.Contains(weighings, h.Weights) {
		return nil, nil, hint.Usage(fmt.Errorf("form %q, weights %q, %d features, grams %d: known forms are spark, characters, words; weights counts, unit, log",
			t.p.Form, h.Weights, h.Features, h.Grams))
	}
	x, used := t.vectors(&h)
	w, odds, err := t.fit(x)
	if err != nil {
		return nil, nil, err
	}
	weights := make([]float32, h.Features)
	for j, f := range used {
		weights[f] = float32(w[j])
	}
	h.Intercept = w[len(w)-1]
	m := &Model{header: header{GPT3: &h}, body: appendFloats(nil, weights)}
	m.scorer, err = newGPT3(h, m.body)
	return m, odds, err
}

// form chooses characters where at least a third of the letters of positive
// examples are of scripts without spaces.
func (t *training) form() string {
	letters, singles := 0, 0
	for _, e := range t.examples {
		if !e.Positive {
			continue
		}
		for _, c := range e.Doc.Text[:min(len(e.Doc.Text), 3000)] {
			if unicode.IsLetter(c) {
				letters++
				if single(c) {
					singles++
				}
			}
		}
	}
	if singles*3 >= letters {
		return FormCharacters
	}
	return FormSpark
}

// vectors returns the examples as rows, with columns for the features that
// occur alone; used gives a column's feature.
func (t *training) vectors(h *gpt3Header) (*matrix, []uint32) {
	x, r := &matrix{}, newReader(h.vectorizer)
	column := make([]int32, h.Features)
	var used []uint32
	for i, e := range t.examples {
		index, value := h.vector(r, e.Doc.Text)
		for k, f := range index {
			if column[f] == 0 && t.fold[i] != 0 { // features of held-out documents alone would have no weight
				used = append(used, f)
				column[f] = int32(len(used))
			}
			index[k] = f
		}
		x.add(index, value)
	}
	x.width = len(used)
	return x.narrow(column), used
}

// narrow replaces features by columns, and leaves out those without one.
func (m *matrix) narrow(column []int32) *matrix {
	out := &matrix{width: m.width, start: []int{0}, index: m.index[:0], value: m.value[:0]}
	for i := range len(m.start) - 1 {
		for k := m.start[i]; k < m.start[i+1]; k++ {
			if c := column[m.index[k]]; c > 0 {
				out.index, out.value = append(out.index, uint32(c-1)), append(out.value, m.value[k])
			}
		}
		out.start = append(out.start, len(out.index))
	}
	return out
}

// fit chooses the penalty on parts 1 to 4, each scored by weights fitted to the
// other three, calibrates on those scores (Platt 1999), and fits the four
// together. The weights hold the calibration; the last is the intercept. It
// also returns the calibrated log-odds of the scores it chose by.
func (t *training) fit(x *matrix) (w, odds []float64, err error) {
	target := make([]float64, len(t.examples))
	for i, e := range t.examples {
		target[i] = float64(class(e))
	}
	c := &choice{t: t, x: x, target: target, starts: make([][]float64, folds)}
	best, since := 0, 0
	for n, lambda := range penalties() {
		scores, loss, err := c.try(lambda)
		if err != nil {
			return nil, nil, err
		}
		t.result.Tried = append(t.result.Tried, Penalty{lambda, loss})
		if odds == nil || loss < t.result.Tried[best].Loss {
			best, since, odds = n, 0, scores
		} else if since++; since == 2 {
			break
		}
	}
	t.result.Penalty = t.result.Tried[best].Lambda
	l := c.problem(t.result.Penalty, func(f int) bool { return f != 0 })
	w = make([]float64, x.width+1)
	minimize(t.ctx, l.value, w, fitTolerance, fitSteps)
	a, b := platt(l.rows, odds, target, t.weight)
	for j := range w {
		w[j] *= a
	}
	w[x.width] += b
	for i := range odds {
		odds[i] = a*odds[i] + b
	}
	return w, odds, t.ctx.Err()
}

// A choice of the penalty in progress.
type choice struct {
	t      *training
	x      *matrix
	target []float64
	starts [][]float64 // by the part that is left out: weights of the penalty before
}

// problem is the fit on the parts that in selects.
func (c *choice) problem(lambda float64, in func(fold int) bool) *logistic {
	l := &logistic{x: c.x, target: c.target, weight: c.t.weight, lambda: lambda}
	for i, f := range c.t.fold {
		if in(f) {
			l.rows = append(l.rows, i)
		}
	}
	return l
}

// try fits with one penalty, leaving out parts 1 to 4 in turn, and returns the
// log-odds of the part left out, and their mean loss.
func (c *choice) try(lambda float64) (scores []float64, loss float64, err error) {
	scores = make([]float64, len(c.target))
	total := 0.0
	for f := 1; f < folds; f++ {
		if c.starts[f] == nil {
			c.starts[f] = make([]float64, c.x.width+1)
		}
		w := c.starts[f]
		minimize(c.t.ctx, c.problem(lambda, func(g int) bool { return g != 0 && g != f }).value, w, fitTolerance, fitSteps)
		for i, g := range c.t.fold {
			if g == f {
				scores[i] = c.x.dot(i, w) + w[c.x.width]
				loss += c.t.weight[i] * softplus(scores[i], c.target[i])
				total += c.t.weight[i]
			}
		}
	}
	return scores, loss / total, c.t.ctx.Err()
}

// platt fits P(positive | s) = 1/(1+exp(−(a·s+b))) to scores, with Platt's
// targets, which keep a and b finite where classes separate.
func platt(rows []int, scores, target, weight []float64) (a, b float64) {
	pos, neg := 0.0, 0.0
	for _, i := range rows {
		pos += target[i]
		neg += 1 - target[i]
	}
	soft := make([]float64, len(target))
	x := &matrix{start: []int{0}}
	for i := range target {
		soft[i] = 1 / (neg + 2)
		if target[i] == 1 {
			soft[i] = (pos + 1) / (pos + 2)
		}
		x.add([]uint32{0}, []float32{float32(scores[i])})
	}
	w := []float64{1, 0}
	l := &logistic{x: x, rows: rows, target: soft, weight: weight}
	minimize(context.Background(), l.value, w, 1e-9, 200)
	return max(w[0], 1e-6), w[1]
}
