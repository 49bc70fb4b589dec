package fasttext

import (
	"errors"
	"fmt"
	"math"
)

// flat is an input matrix multiplied by the rows of the output matrix in
// advance: a document's products are sums of cols numbers for each feature.
type flat struct {
	rows, cols int64
	data       []float32
}

// maxFlat bounds the columns of a flat matrix: with more, fetching them costs
// what the dense rows cost.
const maxFlat = 64

// Collapse returns a model with the same answers that keeps, for each feature,
// its products with the rows of the output matrix, and neither matrix: for two
// labels under softmax one number, their difference. Its memory is a small part
// of the other's, and prediction a few times as fast. Sums are taken in
// another order and with more digits than fastText does, so probabilities can
// differ by some 1e-6 from its own. It cannot be saved. Models with many
// labels, or few dimensions, gain nothing and are refused.
func (m *Model) Collapse() (*Model, error) {
	if m.flat != nil {
		return m, nil
	}
	if !m.Collapsible() {
		return nil, fmt.Errorf("a model of dimension %d with %d labels cannot be collapsed", m.Dim, m.dict.labels)
	}
	w := m.flatRows()
	rows, _ := m.input.size()
	f := &flat{rows, int64(len(w)), newLarge[float32](rows * int64(len(w)))}
	row := make([]float32, m.Dim)
	for i := range rows {
		clear(row)
		m.input.addRow(row, int32(i))
		for j, v := range w {
			f.data[i*f.cols+int64(j)] = float32(dot64(row, v))
		}
	}
	out := *m
	out.flat, out.input, out.output = f, nil, nil
	out.dict.subwords, out.dict.folded = subwords{}, f.fold(&m.dict.subwords)
	return &out, nil
}

// fold adds to the row of each word those of its character n-grams, and returns
// how many.
func (f *flat) fold(s *subwords) []int32 {
	counts := make([]int32, len(s.ends))
	sums := make([]float64, f.cols)
	for i := range counts {
		rows, ok := s.of(int32(i))
		if counts[i] = -1; !ok {
			continue
		}
		counts[i] = int32(len(rows))
		word := f.data[int64(i)*f.cols:][:f.cols]
		for j, v := range word {
			sums[j] = float64(v)
		}
		for _, r := range rows {
			for j, v := range f.data[int64(r)*f.cols:][:f.cols] {
				sums[j] += float64(v)
			}
		}
		for j, v := range sums {
			word[j] = float32(v)
		}
	}
	return counts
}

// Collapsible reports whether [Model.Collapse] pays for this model.
func (m *Model) Collapsible() bool {
	n := m.products()
	return m.flat != nil || n >= 1 && n <= maxFlat && 2*n <= m.Dim
}

// products is the number of rows of the output matrix that answers depend on.
func (m *Model) products() int32 {
	switch {
	case m.Loss == LossHierarchical:
		return m.dict.labels - 1
	case m.Loss == LossSoftmax && m.dict.labels == 2:
		return 1
	}
	return m.dict.labels
}

// flatRows returns the vectors that rows are multiplied with.
func (m *Model) flatRows() [][]float64 {
	out := make([][]float64, m.dict.labels)
	for i := range out {
		row := make([]float32, m.Dim)
		m.output.addRow(row, int32(i))
		out[i] = make([]float64, m.Dim)
		for j, v := range row {
			out[i][j] = float64(v)
		}
	}
	n := m.products()
	if n == 1 && m.Loss == LossSoftmax {
		for j := range out[0] {
			if m.dict.labels == 2 {
				out[0][j] -= out[1][j]
			}
		}
	}
	return out[:n]
}

func dot64(row []float32, w []float64) float64 {
	var a, b, c, d float64
	for len(row) >= 4 && len(w) >= 4 {
		a += float64(float64(row[0]) * w[0])
		b += float64(float64(row[1]) * w[1])
		c += float64(float64(row[2]) * w[2])
		d += float64(float64(row[3]) * w[3])
		row, w = row[4:], w[4:]
	}
	for j, v := range row {
		a += float64(float64(v) * w[j])
	}
	return a + b + (c + d)
}

// average sets sums to the mean of n features that the rows hold.
func (f *flat) average(sums []float64, rows []int32, n int) {
	switch {
	case f.cols == 1:
		sums[0] = sumOf(f.data, rows)
	case f.cols <= 4:
		s := f.sumOfFew(rows)
		copy(sums, s[:])
	default:
		f.sumOfMany(sums, rows)
	}
	for j := range sums {
		sums[j] /= float64(n)
	}
}

// sumOfFew adds rows of two to four numbers.
func (f *flat) sumOfFew(rows []int32) [4]float64 {
	var a, b, c, d float64
	if f.cols == 2 {
		for _, r := range rows {
			row := f.data[int64(r)*2:][:2]
			a += float64(row[0])
			b += float64(row[1])
		}
		return [4]float64{a, b}
	}
	if f.cols == 3 {
		for _, r := range rows {
			row := f.data[int64(r)*3:][:3]
			a += float64(row[0])
			b += float64(row[1])
			c += float64(row[2])
		}
		return [4]float64{a, b, c}
	}
	for _, r := range rows {
		row := f.data[int64(r)*4:][:4]
		a += float64(row[0])
		b += float64(row[1])
		c += float64(row[2])
		d += float64(row[3])
	}
	return [4]float64{a, b, c, d}
}

// sumOfMany adds rows by the kernel, in parts short enough for float32.
func (f *flat) sumOfMany(sums []float64, rows []int32) {
	var part [maxFlat]float32
	x := part[:len(sums)]
	clear(sums)
	for len(rows) > 0 {
		n := min(len(rows), 128)
		clear(x)
		gather(x, f.data, rows[:n])
		for j, v := range x {
			sums[j] += float64(v)
		}
		rows = rows[n:]
	}
}

func sumOf(data []float32, rows []int32) float64 {
	var a, b, c, d float64
	for len(rows) >= 4 {
		a += float64(data[rows[0]])
		b += float64(data[rows[1]])
		c += float64(data[rows[2]])
		d += float64(data[rows[3]])
		rows = rows[4:]
	}
	for _, r := range rows {
		a += float64(data[r])
	}
	return a + b + (c + d)
}

// scoreFlat fills p.scores with probabilities from p.sums.
func (p *Predictor) scoreFlat() {
	s := p.sums
	switch {
	case p.m.Loss != LossSoftmax:
		for i, v := range s {
			p.scores[i] = p.m.squash(float32(v))
		}
	case len(p.scores) == 2:
		p.scores[0], p.scores[1] = logistic(s[0]), logistic(-s[0])
	default:
		top, z := s[0], 0.0
		for _, v := range s {
			top = max(top, v)
		}
		for i, v := range s {
			s[i] = math.Exp(v - top)
			z += s[i]
		}
		for i, v := range s {
			p.scores[i] = float32(v / z)
		}
	}
}

func logistic(x float64) float32 { return float32(1 / (1 + math.Exp(-x))) }

var errCollapsed = errors.New("a collapsed model cannot be saved")
