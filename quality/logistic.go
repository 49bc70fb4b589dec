package quality

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
)

// A matrix holds sparse rows: columns of row i are index[start[i]:start[i+1]].
type matrix struct {
	width int
	start []int
	index []uint32
	value []float32
}

// add appends a row.
func (m *matrix) add(index []uint32, value []float32) {
	if len(m.start) == 0 {
		m.start = append(m.start, 0)
	}
	m.index = append(m.index, index...)
	m.value = append(m.value, value...)
	m.start = append(m.start, len(m.index))
}

func (m *matrix) dot(i int, w []float64) float64 {
	sum := 0.0
	for k := m.start[i]; k < m.start[i+1]; k++ {
		sum += float64(w[m.index[k]] * float64(m.value[k])) // no fused product: equal on all machines
	}
	return sum
}

// A logistic problem: min over w, b of Σ c_i·ln(1+exp(−y_i(w·x_i+b))) / Σ c_i + λ/2·|w|².
// The intercept b is the last of the weights and is not penalised.
type logistic struct {
	x      *matrix
	rows   []int     // rows that count
	target []float64 // by row of x: 1 or 0
	weight []float64 // by row of x
	lambda float64
	parts  [blocks][]float64 // scratch: gradients of the blocks
}

// blocks is how many parts the rows are summed in. It is fixed so that sums do
// not depend on the number of processors.
const blocks = 8

// value returns the objective at w and writes its gradient.
func (l *logistic) value(w, grad []float64) float64 {
	loss, total := [blocks]float64{}, [blocks]float64{}
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for b := range blocks {
		wait.Go(func() {
			slots <- struct{}{}
			if l.parts[b] == nil {
				l.parts[b] = make([]float64, len(w))
			}
			clear(l.parts[b])
			loss[b], total[b] = l.block(b, w, l.parts[b])
			<-slots
		})
	}
	wait.Wait()
	sum, weight := 0.0, 0.0
	for b := range blocks {
		sum += loss[b]
		weight += total[b]
	}
	last := len(w) - 1
	norm := 0.0
	for j := range grad {
		g := 0.0
		for b := range blocks {
			g += l.parts[b][j]
		}
		grad[j] = g / weight
		if j != last {
			grad[j] += float64(l.lambda * w[j])
			norm += float64(w[j] * w[j])
		}
	}
	return sum/weight + l.lambda/2*norm
}

func (l *logistic) block(b int, w, grad []float64) (loss, total float64) {
	last := len(w) - 1
	for _, i := range l.rows[b*len(l.rows)/blocks : (b+1)*len(l.rows)/blocks] {
		z := l.x.dot(i, w) + w[last]
		c := l.weight[i]
		loss += float64(c * softplus(z, l.target[i]))
		total += c
		g := c * (sigmoid(z) - l.target[i])
		for k := l.x.start[i]; k < l.x.start[i+1]; k++ {
			grad[l.x.index[k]] += float64(g * float64(l.x.value[k]))
		}
		grad[last] += g
	}
	return loss, total
}

// softplus is −ln P(y|z) of the logistic model.
func softplus(z, y float64) float64 {
	return max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z)))
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// memory is how many steps back L-BFGS looks.
const memory = 10

// minimize runs L-BFGS (Liu and Nocedal 1989) from w, which it overwrites,
// with a backtracking line search, until the gradient is below tolerance, or ctx
// is done.
func minimize(ctx context.Context, value func(w, grad []float64) float64, w []float64, tolerance float64, most int) {
	n := len(w)
	grad, next, nextGrad := make([]float64, n), make([]float64, n), make([]float64, n)
	var s, y [][]float64
	f := value(w, grad)
	for range most {
		if ctx.Err() != nil {
			return
		}
		if math.Sqrt(inner(grad, grad)) <= tolerance*max(1, math.Sqrt(inner(w, w))) {
			return
		}
		d := direction(grad, s, y)
		slope := inner(d, grad)
		if slope >= 0 {
			s, y = nil, nil
			d = direction(grad, s, y)
			slope = inner(d, grad)
		}
		step := 1.0
		if len(s) == 0 {
			step = min(1, 1/math.Sqrt(inner(grad, grad)))
		}
		ok := false
		var g float64
		for range 40 {
			for j := range w {
				next[j] = w[j] + float64(step*d[j])
			}
			if g = value(next, nextGrad); g <= f+1e-4*step*slope {
				ok = true
				break
			}
			step /= 2
		}
		if !ok {
			return
		}
		s, y = remember(s, y, w, next, grad, nextGrad)
		f = g
		copy(w, next)
		copy(grad, nextGrad)
	}
}

// remember keeps the last steps whose curvature is positive.
func remember(s, y [][]float64, w, next, grad, nextGrad []float64) (_, _ [][]float64) {
	ds, dy := make([]float64, len(w)), make([]float64, len(w))
	for j := range w {
		ds[j], dy[j] = next[j]-w[j], nextGrad[j]-grad[j]
	}
	if inner(ds, dy) <= 1e-12*inner(dy, dy) {
		return s, y
	}
	if len(s) == memory {
		s, y = slices.Delete(s, 0, 1), slices.Delete(y, 0, 1)
	}
	return append(s, ds), append(y, dy)
}

// direction is the two-loop recursion.
func direction(grad []float64, s, y [][]float64) []float64 {
	d := make([]float64, len(grad))
	for j, g := range grad {
		d[j] = -g
	}
	alpha := make([]float64, len(s))
	for i := len(s) - 1; i >= 0; i-- {
		alpha[i] = inner(s[i], d) / inner(s[i], y[i])
		for j := range d {
			d[j] -= float64(alpha[i] * y[i][j])
		}
	}
	if n := len(s); n > 0 {
		scale := inner(s[n-1], y[n-1]) / inner(y[n-1], y[n-1])
		for j := range d {
			d[j] *= scale
		}
	}
	for i := range s {
		beta := inner(y[i], d) / inner(s[i], y[i])
		for j := range d {
			d[j] += float64((alpha[i] - beta) * s[i][j])
		}
	}
	return d
}

func inner(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}
