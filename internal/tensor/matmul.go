package tensor

import (
	"math"
	"unsafe"
)

// Sizes of what is packed: the largest tile of a kernel, and how much of A and B
// a worker goes through at a time. A panel of B of packDepth steps stays in the
// first-level cache.
const (
	maxRows   = 14
	maxCols   = 32
	packRows  = 14 * 12
	packDepth = 256 // steps: single float32, or pairs of bfloat16

	takeBlocks = 3 // of packDepth, of A at a time
	panelGroup = 8 // panels that all of them are multiplied with before the next
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
	_, rows := c.level.kernelRows(b.bf16, m)
	panels := (b.n + b.cols - 1) / b.cols
	if m <= packRows/2 && c.workers > 1 && panels >= 4*c.workers { // few rows: workers share the columns
		step := (panels + 4*c.workers - 1) / (4 * c.workers)
		c.Do((panels+step-1)/step, func(w, i int) {
			c.rows(c.scratch[w], dst, ldc, a, b, rows, part{0, m, i * step, min(panels, (i+1)*step)}, add)
		})
		return
	}
	per := packRows / rows * rows
	if m < per*c.workers { // so that all workers have something
		per = max(rows, (m/c.workers+rows-1)/rows*rows)
	}
	c.Do((m+per-1)/per, func(w, i int) {
		c.rows(c.scratch[w], dst, ldc, a, b, rows, part{i * per, min(per, m-i*per), 0, panels}, add)
	})
}

// MatMulAlone is [CPU.MatMul] in the calling worker of [CPU.Do].
func (c *CPU) MatMulAlone(worker int, dst []float32, ldc int, a View, b *Panels, m int, add bool) {
	_, rows := c.level.kernelRows(b.bf16, m)
	per := packRows / rows * rows
	for i := 0; i < m; i += per {
		c.rows(c.scratch[worker], dst, ldc, a, b, rows, part{i, min(per, m-i), 0, (b.n + b.cols - 1) / b.cols}, add)
	}
}

// A part is what one call of rows does: rows of A, and panels of B.
type part struct{ m0, m, j0, j1 int }

// rows multiplies some rows of A, block by block, a tile of rows at a time.
func (c *CPU) rows(s *scratch, dst []float32, ldc int, a View, b *Panels, tile int, p part, add bool) {
	kern, _ := c.level.kernelRows(b.bf16, tile)
	if b.depth == 0 && !add {
		for i := range p.m {
			clear(dst[(p.m0+i)*ldc:][:b.n])
		}
	}
	for d0 := 0; d0 < b.depth; d0 += takeBlocks * packDepth {
		var t [takeBlocks]taken
		end := min(b.depth, d0+takeBlocks*packDepth)
		for i := d0; i < end; i += packDepth {
			at := (i - d0) / packDepth
			t[at] = c.take(s.a[at*packRows*packDepth:], a, b, p.m0, p.m, i, min(packDepth, end-i), tile)
		}
		for j := p.j0; j < p.j1; j += panelGroup { // this much of C stays in the cache
			for i := d0; i < end; i += packDepth {
				q := part{p.m0, p.m, j, min(p.j1, j+panelGroup)}
				c.block(kern, s.c, dst, ldc, b, &t[(i-d0)/packDepth], i, tile, q, add || i > 0)
			}
		}
	}
}

// block multiplies a block of A with that of some panels.
func (c *CPU) block(kern kernel, edges, dst []float32, ldc int, b *Panels, t *taken, d0, tile int, p part, add bool) {
	d := min(packDepth, b.depth-d0)
	more := 0
	if add {
		more = 1
	}
	for j := p.j0; j < p.j1; j++ {
		panel := unsafe.Pointer(unsafe.SliceData(b.panel(d0, d, j)))
		w := min(b.cols, b.n-j*b.cols)
		for i := 0; i < p.m; i += tile {
			rows, lda, step := t.tile(i)
			h := min(tile, p.m-i)
			if h == tile && w == b.cols {
				kern(d, rows, lda, step, panel, unsafe.Pointer(&dst[(p.m0+i)*ldc+j*b.cols]), 4*ldc, more)
				continue
			}
			kern(d, rows, lda, step, panel, unsafe.Pointer(&edges[0]), 4*b.cols, 0)
			edge(dst[(p.m0+i)*ldc+j*b.cols:], ldc, edges, b.cols, h, w, add)
		}
	}
}

// A taken is a block of A as the kernels read it.
type taken struct {
	base      unsafe.Pointer
	lda, step int // bytes from row to row, and from step to step
	rows      int // bytes from tile to tile
	whole     int // rows below which base holds; the others are in rest
	rest      unsafe.Pointer
	restTile  int
}

// tile returns where the tile of rows that begins at row i is.
func (t *taken) tile(i int) (p unsafe.Pointer, lda, step int) {
	if i >= t.whole {
		return t.rest, 4, 4 * t.restTile
	}
	return unsafe.Add(t.base, i*t.rows), t.lda, t.step
}

// take makes a block of A ready: float32 rows are read where they are, rows of
// bfloat16 rounded into scratch memory; what is stored by columns, and rows that
// fill no tile, are packed.
func (c *CPU) take(scratch []float32, a View, b *Panels, m0, mm, d0, d, tile int) taken {
	t := taken{restTile: tile, whole: mm / tile * tile}
	switch {
	case a.Col != 1 || b.bf16 && c.level < AVX512BF16:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&scratch[0]), 4, 4*tile, 4*d
		whole := 0
		if a.Row == 1 && b.bf16 && c.level >= AVX512BF16 && 2*(d0+d) <= b.k && t.whole > 0 {
			whole = t.whole
			a.pairs(d, whole/tile, words(scratch), 2*d0*a.Col+m0, 4*tile, a.Col, 4*tile*d, tile, 1<<tile-1)
		}
		t.whole = mm
		for i := whole; i < mm; i += tile {
			c.packTile(scratch[i*d:][:tile*d], a, m0+i, min(tile, mm-i), d0, d, b, tile)
		}
		return t
	case b.bf16:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&scratch[0]), 4*d, 4, 4*d
		half := unsafe.Slice((*uint16)(unsafe.Pointer(&scratch[0])), 2*len(scratch))
		n := min(2*d, b.k-2*d0)
		for i := range t.whole {
			a.round(half[2*d*i:][:n], (m0+i)*a.Row+2*d0)
			if n < 2*d {
				half[2*d*i+n] = 0
			}
		}
	case t.whole > 0:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&a.Data[m0*a.Row+d0]), 4*a.Row, 4, 4*a.Row
	}
	if t.whole < mm {
		rest := scratch[t.whole*d:][:tile*d]
		c.packTile(rest, a, m0+t.whole, mm-t.whole, d0, d, b, tile)
		t.rest = unsafe.Pointer(&rest[0])
	}
	return t
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
