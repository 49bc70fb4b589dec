package quality

import (
	"math"
	"slices"
	"unicode"

	"feilun/internal/hint"

	"fmt"
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
	h := gpt3Header{vectorizer: vectorizer{Form: t.p.Form, Features: t.p.Features, Grams: t.p.Grams, Spark2: t.p.Spark2}, Weights: t.p.Weights}
	if h.Form == "auto" {
		h.Form = t.form()
	}
	t.p.Form = h.Form
	t.result.Params = t.p
	if !h.known() || h.Weights != WeightCounts && h.Weights != WeightUnit {
		return nil, hint.Usage(fmt.Errorf("form %q, weights %q, %d features, grams %d: known forms are spark, characters, words; weights counts, unit",
			t.p.Form, h.Weights, h.Features, h.Grams))
	}
	x, used := t.vectors(&h)
	w, err := t.fit(x)
	if err != nil {
		return nil, err
	}
	weights := make([]float32, h.Features)
	for j, f := range used {
		weights[f] = float32(w[j])
	}
	h.Intercept = w[len(w)-1]
	m := &Model{header: header{GPT3: &h}, body: appendFloats(nil, weights)}
	m.scorer, err = newGPT3(h, m.body)
	return m, err
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
// together. The weights returned hold the calibration; the last is the intercept.
func (t *training) fit(x *matrix) ([]float64, error) {
	target := make([]float64, len(t.examples))
	for i, e := range t.examples {
		target[i] = float64(class(e))
	}
	problem := func(in func(fold int) bool, lambda float64) *logistic {
		l := &logistic{x: x, target: target, weight: t.weight, lambda: lambda}
		for i, f := range t.fold {
			if in(f) {
				l.rows = append(l.rows, i)
			}
		}
		return l
	}
	scores := make([]float64, len(t.examples)) // out of fold, for the best penalty
	best, since := -1, 0
	starts := make([][]float64, folds)
	for n, lambda := range penalties() {
		now := make([]float64, len(t.examples))
		loss, total := 0.0, 0.0
		for f := 1; f < folds; f++ {
			if err := t.ctx.Err(); err != nil {
				return nil, err
			}
			if starts[f] == nil {
				starts[f] = make([]float64, x.width+1)
			}
			l := problem(func(g int) bool { return g != 0 && g != f }, lambda)
			minimize(l.value, starts[f], fitTolerance, fitSteps)
			for i, g := range t.fold {
				if g == f {
					now[i] = x.dot(i, starts[f]) + starts[f][x.width]
					loss += t.weight[i] * softplus(now[i], target[i])
					total += t.weight[i]
				}
			}
		}
		t.result.Tried = append(t.result.Tried, Penalty{lambda, loss / total})
		if best < 0 || loss/total < t.result.Tried[best].Loss {
			best, since = n, 0
			copy(scores, now)
		} else if since++; since == 2 {
			break
		}
	}
	t.result.Penalty = t.result.Tried[best].Lambda
	l := problem(func(f int) bool { return f != 0 }, t.result.Penalty)
	w := make([]float64, x.width+1)
	minimize(l.value, w, fitTolerance, fitSteps)
	a, b := platt(l.rows, scores, target, t.weight)
	for j := range w {
		w[j] *= a
	}
	w[x.width] += b
	if slices.ContainsFunc(w, math.IsNaN) {
		return nil, errFold
	}
	return w, nil
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
	minimize(l.value, w, 1e-9, 200)
	return max(w[0], 1e-6), w[1]
}
