package tensor

import (
	"math"
	"sync/atomic"
)

// Sizes of what is packed: the largest tile of a kernel, and how much of A and B
// a worker goes through at a time. A panel of B of packDepth steps stays in the
// first-level cache.
const (
	maxRows    = 32
	maxCols    = 32
	wideCols   = 48 // of some panels of float32; their tiles are no larger
	packRows   = 14 * 12
	wideRows   = 9 * 12        // for panels of wideCols, beside which more of B and C stays in the cache
	packDepth  = 256           // steps: single float32, or pairs of bfloat16
	takeDepth  = 2 * packDepth // steps of A at a time
	panelGroup = 8             // panels that all of them are multiplied with before the next
	pieceSteps = 32            // of A by columns that are packed at a time
)

// A View is a matrix in a slice: element (i, j) is at Data[i·Row + j·Col], or there in
// Half, as bfloat16. One of Row and Col is 1.
type View struct {
	Data     []float32
	Half     []uint16 // nil for float32; see [Half]
	Row, Col int
}

// Matrix returns the view of a matrix whose rows lie one after another.
func Matrix(data []float32, cols int) View { return View{Data: data, Row: cols, Col: 1} }

// T returns the transposed view.
func (v View) T() View { return View{v.Data, v.Half, v.Col, v.Row} }

// Panels is a matrix B, k × n, laid out for the kernels. It may be used for many
// products.
type Panels struct {
	k, n  int
	bf16  bool
	cols  int
	depth int // steps in all
	data  []float32
}

// kernel returns the kernel for m rows of A, and how many it takes at a time.
func (p *Panels) kernel(l Level, m int) (f kernel, rows int) {
	if p.cols == wideCols {
		return wideKernel(m)
	}
	return l.kernelRows(p.bf16, m)
}

// Column copies column j of a matrix to dst, its first k rows where dst has k numbers.
func (p *Panels) Column(dst []float32, j int) {
	panel, lane := j/p.cols, j%p.cols
	for i := range dst {
		step := i
		if p.bf16 {
			step = i / 2
		}
		d0 := step / packDepth * packDepth
		x := p.panel(d0, min(packDepth, p.depth-d0), panel)[(step-d0)*p.cols+lane]
		if p.bf16 {
			bits := math.Float32bits(x)
			x = math.Float32frombits(bits << 16)
			if i%2 == 1 {
				x = math.Float32frombits(bits & 0xffff0000)
			}
		}
		dst[i] = x
	}
}

// Bytes returns the size of the packed matrix.
func (p *Panels) Bytes() int { return 4 * len(p.data) }

// MatMul is C = A·B, or C += A·B with add: C is m × n with rows of ldc numbers, A
// is m × k. The products are summed over k in blocks of a fixed size, in order.
func (c *CPU) MatMul(dst []float32, ldc int, a View, b *Panels, m int, add bool) {
	x := c.product(dst, ldc, a, b, m, add)
	panels := (b.n + b.cols - 1) / b.cols
	if m <= packRows/2 && c.workers > 1 && panels >= 4*c.workers { // few rows: workers share the columns
		step := (panels + 4*c.workers - 1) / (4 * c.workers)
		c.Do((panels+step-1)/step, func(w, i int) {
			x.run(c.scratch[w], once(part{0, m, i * step, min(panels, (i+1)*step)}))
		})
		return
	}
	n, nth := x.parts(m, panels)
	if n <= c.workers {
		c.Do(n, func(w, i int) { x.run(c.scratch[w], once(nth(i))) })
		return
	}
	var taken atomic.Int64
	c.Do(c.workers, func(w, _ int) {
		x.run(c.scratch[w], func() part { return nth(int(taken.Add(1) - 1)) })
	})
}

// parts divides m rows of A into n parts for all workers; the nth of these is empty from n on. They
// are as many for each worker, and of as many tiles: a worker packs its next part while it multiplies
// one, so a last part for one of them would leave the others idle.
func (x *product) parts(m, panels int) (n int, nth func(i int) part) {
	tiles, each := (m+x.tile-1)/x.tile, x.per*x.c.workers
	n = min(tiles, x.c.workers*((m+each-1)/each))
	return n, func(i int) part {
		if i >= n {
			return part{}
		}
		from, to := i*tiles/n*x.tile, min(m, (i+1)*tiles/n*x.tile)
		return part{from, to - from, 0, panels}
	}
}

// MatMulAlone is [CPU.MatMul] in the calling worker of [CPU.Do].
func (c *CPU) MatMulAlone(worker int, dst []float32, ldc int, a View, b *Panels, m int, add bool) {
	x := c.product(dst, ldc, a, b, m, add)
	per, i := x.per, 0
	x.run(c.scratch[worker], func() part {
		p := part{i, min(per, m-i), 0, (b.n + b.cols - 1) / b.cols}
		i += p.m
		return p
	})
}

// edge copies, or adds, h rows of w numbers out of a tile.
func edge(dst []float32, ldc int, tile []float32, cols, h, w int, add bool) {
	for r := range h {
		from, to := tile[r*cols:][:w], dst[r*ldc:][:w]
		if !add {
			copy(to, from)
			continue
		}
		for i, v := range from {
			to[i] += v
		}
	}
}
