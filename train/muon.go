package train

import (
	"math"

	"feilun/internal/tensor"
)

// Newton–Schulz's five steps with the coefficients of Jordan and others (Muon,
// 2024), which bring singular values near 1 fast and not exactly.
const (
	schulzSteps = 5
	schulzA     = 3.4445
	schulzB     = -4.7750
	schulzC     = 2.0315
)

// A muon moves matrices by the orthogonal part of their momentum. It holds the
// memory that it needs on the way.
type muon struct {
	bf16          bool
	x, a, b, next []float32
	panels        tensor.Panels
}

func grow(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = tensor.Floats(n)
	}
	return (*s)[:n]
}

// move makes a step: g ← scale·g, m ← momentum·m + (1−momentum)·g, u = orthogonal part
// of (1−momentum)·g + momentum·m (Nesterov), w ← w·(1−rate·decay) −
// rate·√max(1, rows/columns)·u.
func (o *muon) move(cpu *tensor.CPU, w *Weight, m []float32, rate, momentum, decay, scale float32) {
	rows, cols := w.Shape[0], w.Shape[1]
	x := grow(&o.x, len(w.Data))
	blocks(cpu, len(x), func(from, to int) {
		g, m, x := w.Grad[from:to], m[from:to], x[from:to]
		cpu.Scale(m, momentum)
		cpu.Axpy(m, (1-momentum)*scale, g)
		copy(x, m)
		cpu.Scale(x, momentum)
		cpu.Axpy(x, (1-momentum)*scale, g)
	})
	x = o.orthogonal(cpu, x, rows, cols)
	step := rate * float32(math.Sqrt(max(1, float64(rows)/float64(cols))))
	blocks(cpu, len(x), func(from, to int) {
		cpu.Scale(w.Data[from:to], 1-rate*decay)
		cpu.Axpy(w.Data[from:to], -step, x[from:to])
	})
}

// orthogonal brings the singular values of a matrix near 1. Products run over
// the shorter side.
func (o *muon) orthogonal(cpu *tensor.CPU, x []float32, rows, cols int) []float32 {
	s := float32(1 / (math.Sqrt(squares(cpu, x)) + 1e-7))
	blocks(cpu, len(x), func(from, to int) { cpu.Scale(x[from:to], s) })
	n := min(rows, cols)
	a, b, next := grow(&o.a, n*n), grow(&o.b, n*n), grow(&o.next, len(x))
	for range schulzSteps {
		view := tensor.Matrix(x, cols)
		if rows <= cols { // a = x·xᵀ
			cpu.Pack(&o.panels, view.T(), cols, rows, o.bf16)
			cpu.MatMul(a, n, view, &o.panels, n, false)
		} else { // a = xᵀ·x
			cpu.Pack(&o.panels, view, rows, cols, o.bf16)
			cpu.MatMul(a, n, view.T(), &o.panels, n, false)
		}
		sq := tensor.Matrix(a, n)
		cpu.Pack(&o.panels, sq, n, n, o.bf16)
		cpu.MatMul(b, n, sq, &o.panels, n, false)
		blocks(cpu, n*n, func(from, to int) { // b = B·a + C·a²
			cpu.Scale(b[from:to], schulzC)
			cpu.Axpy(b[from:to], schulzB, a[from:to])
		})
		if rows <= cols { // x ← A·x + b·x
			cpu.Pack(&o.panels, view, rows, cols, o.bf16)
			cpu.MatMul(next, cols, tensor.Matrix(b, n), &o.panels, rows, false)
		} else { // x ← A·x + x·b
			cpu.Pack(&o.panels, tensor.Matrix(b, n), n, n, o.bf16)
			cpu.MatMul(next, cols, view, &o.panels, rows, false)
		}
		blocks(cpu, len(x), func(from, to int) { cpu.Axpy(next[from:to], schulzA, x[from:to]) })
		x, next = next, x
	}
	return x
}
