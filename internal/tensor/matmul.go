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
)

// A View is a matrix in a slice: element (i, j) is at Data[i·Row + j·Col]. One of
// Row and Col is 1.
type View struct {
	Data     []float32
	Row, Col int
}

// Matrix returns the view of a matrix whose rows lie one after another.
func Matrix(data []float32, cols int) View { return View{data, cols, 1} }

// T returns the transposed view.
func (v View) T() View { return View{v.Data, v.Col, v.Row} }

// Panels is a matrix B, k × n, laid out for the kernels. It may be used for many
// products.
type Panels struct {
	k, n  int
	bf16  bool
	cols  int
	depth int // steps in all
	data  []float32
}

// Pack lays out b, k × n, in p, whose memory is used again if it is large enough.
// With bf16 its numbers are rounded to bfloat16.
func (c *CPU) Pack(p *Panels, b View, k, n int, bf16 bool) {
	c.Do(c.layOut(p, k, n, bf16), func(_, i int) { c.packPanel(p, b, i) })
}

// PackAlone is [CPU.Pack] in the calling worker of [CPU.Do].
func (c *CPU) PackAlone(p *Panels, b View, k, n int, bf16 bool) {
	for i := range c.layOut(p, k, n, bf16) {
		c.packPanel(p, b, i)
	}
}

// layOut makes room for a matrix and returns how many pieces there are to pack:
// blocks of packDepth steps follow one another, in each the panels.
func (c *CPU) layOut(p *Panels, k, n int, bf16 bool) int {
	_, _, cols := c.level.kernel(bf16)
	p.k, p.n, p.bf16, p.cols, p.depth = k, n, bf16, cols, k
	if bf16 {
		p.depth = (k + 1) / 2
	}
	panels := (n + cols - 1) / cols
	if need := panels * cols * p.depth; cap(p.data) < need {
		p.data = Floats(need)
	} else {
		p.data = p.data[:need]
	}
	return (p.depth + packDepth - 1) / packDepth * panels
}

// packPanel packs a panel's part of a block.
func (c *CPU) packPanel(p *Panels, b View, i int) {
	panels := (p.n + p.cols - 1) / p.cols
	block, j := i/panels, i%panels
	d0 := block * packDepth
	d := min(packDepth, p.depth-d0)
	dst := p.data[d0*panels*p.cols+j*p.cols*d:][:p.cols*d]
	w := min(p.cols, p.n-j*p.cols)
	if w < p.cols {
		clear(dst)
	}
	c.pack(dst, b.T(), j*p.cols, w, d0, d, p.k, p.cols, p.bf16)
}

// packRowPairs is packPairs for rows that lie one after another: rounded, sixteen at a
// time, and transposed.
func packRowPairs(out []uint32, v View, r0, w, d0, d, stride int) {
	var rounded [16 * packDepth]uint32
	half := unsafe.Slice((*uint16)(unsafe.Pointer(&rounded)), 2*len(rounded))
	for r := 0; r < w; r += 16 {
		h := min(16, w-r)
		for i := range h {
			toBF16(half[2*i*packDepth:][:2*d], v.Data[(r0+r+i)*v.Row+2*d0:][:2*d])
		}
		from := 0
		if h == 16 {
			from = d / 16 * 16
			transpose(d/16, unsafe.Pointer(&out[r]), unsafe.Pointer(&rounded), 4*stride, 4*packDepth)
		}
		for i := range h {
			for k := from; k < d; k++ {
				out[k*stride+r+i] = rounded[i*packDepth+k]
			}
		}
	}
}

// MaxStretch is the largest k of matrices that [Panels.Stretch] takes.
const MaxStretch = packDepth

// StretchColumns is what a stretch's first column is a multiple of.
const StretchColumns = maxCols

// Stretch returns columns from up to to of a matrix; from is a multiple of
// [StretchColumns]. The memory is shared.
func (p *Panels) Stretch(from, to int) Panels {
	if p.depth > packDepth || from%p.cols != 0 {
		panic("tensor: no stretch of this matrix")
	}
	q := *p
	q.n, q.data = to-from, p.data[from*p.depth:]
	return q
}

// panel returns a panel's part of the block that begins at step d0, d steps deep.
func (p *Panels) panel(d0, d, j int) []float32 {
	panels := (p.n + p.cols - 1) / p.cols
	return p.data[d0*panels*p.cols+j*p.cols*d:][:p.cols*d]
}

// pack writes d steps from d0 on of w rows of v from r0 on: for each step the
// numbers (or pairs) of all rows, stride apart. k is the number of columns of v.
func (c *CPU) pack(dst []float32, v View, r0, w, d0, d, k, stride int, bf16 bool) {
	switch {
	case !bf16 && v.Row == 1: // rows side by side in memory
		for i := range d {
			copy(dst[i*stride:i*stride+w], v.Data[(d0+i)*v.Col+r0:])
		}
	case !bf16:
		done := c.packRows16(dst, v, r0, w, d0, d, stride)
		for r := range w {
			from := 0
			if r < done {
				from = d / 16 * 16
			}
			o := r + from*stride
			for _, x := range v.Data[(r0+r)*v.Row+d0:][from:d] {
				dst[o] = x
				o += stride
			}
		}
	default:
		c.packPairs(dst, v, r0, w, d0, d, k, stride)
	}
}

// packRows16 transposes as many rows and steps as go in sixteens of float32 rows that
// lie one after another, and returns how many rows it did, of d − d%16 steps.
func (c *CPU) packRows16(dst []float32, v View, r0, w, d0, d, stride int) int {
	if c.level < AVX512 || d < 16 {
		return 0
	}
	for r := 0; r+16 <= w; r += 16 {
		transpose(d/16, unsafe.Pointer(&dst[r]), unsafe.Pointer(&v.Data[(r0+r)*v.Row+d0]), 4*stride, 4*v.Row)
	}
	return w / 16 * 16
}

// packPairs is pack for bfloat16; an odd last column is paired with 0.
func (c *CPU) packPairs(dst []float32, v View, r0, w, d0, d, k, stride int) {
	out := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst))
	odd := 2*(d0+d) > k
	if odd {
		d--
	}
	if v.Row == 1 && c.level >= AVX512BF16 && d > 0 {
		for x := 0; x < w; x += 16 {
			mask := 1<<min(16, w-x) - 1
			src := v.Data[2*d0*v.Col+r0+x:]
			pairs(d, unsafe.Pointer(&out[x]), unsafe.Pointer(&src[0]), stride*4, v.Col*4, mask)
		}
	} else if v.Col == 1 && c.level >= AVX512BF16 && d >= 16 {
		packRowPairs(out, v, r0, w, d0, d, stride)
	} else {
		for r := range w {
			for i := range d {
				a, b := v.Data[(r0+r)*v.Row+2*(d0+i)*v.Col], v.Data[(r0+r)*v.Row+(2*(d0+i)+1)*v.Col]
				out[i*stride+r] = uint32(BF16(a)) | uint32(BF16(b))<<16
			}
		}
	}
	if odd {
		for r := range w {
			out[d*stride+r] = uint32(BF16(v.Data[(r0+r)*v.Row+2*(d0+d)*v.Col]))
		}
	}
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
	cols := b.cols
	if b.depth == 0 && !add {
		for i := range p.m {
			clear(dst[(p.m0+i)*ldc:][:b.n])
		}
	}
	for d0 := 0; d0 < b.depth; d0 += packDepth {
		d := min(packDepth, b.depth-d0)
		t := c.take(s, a, b, p.m0, p.m, d0, d, tile)
		more := 0
		if add || d0 > 0 {
			more = 1
		}
		for j := p.j0; j < p.j1; j++ {
			panel := unsafe.Pointer(unsafe.SliceData(b.panel(d0, d, j)))
			w := min(cols, b.n-j*cols)
			for i := 0; i < p.m; i += tile {
				rows, lda, step := t.tile(i)
				h := min(tile, p.m-i)
				if h == tile && w == cols {
					kern(d, rows, lda, step, panel, unsafe.Pointer(&dst[(p.m0+i)*ldc+j*cols]), 4*ldc, more)
					continue
				}
				kern(d, rows, lda, step, panel, unsafe.Pointer(&s.c[0]), 4*cols, 0)
				edge(dst[(p.m0+i)*ldc+j*cols:], ldc, s.c, cols, h, w, more != 0)
			}
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
func (c *CPU) take(s *scratch, a View, b *Panels, m0, mm, d0, d, tile int) taken {
	t := taken{restTile: tile, whole: mm / tile * tile}
	switch {
	case a.Col != 1 || b.bf16 && c.level < AVX512BF16:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&s.a[0]), 4, 4*tile, 4*d
		t.whole = mm
		for i := 0; i < mm; i += tile {
			c.packTile(s.a[i*d:][:tile*d], a, m0+i, min(tile, mm-i), d0, d, b, tile)
		}
		return t
	case b.bf16:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&s.a[0]), 4*d, 4, 4*d
		half := unsafe.Slice((*uint16)(unsafe.Pointer(&s.a[0])), 2*len(s.a))
		n := min(2*d, b.k-2*d0)
		for i := range t.whole {
			toBF16(half[2*d*i:][:n], a.Data[(m0+i)*a.Row+2*d0:][:n])
			if n < 2*d {
				half[2*d*i+n] = 0
			}
		}
	case t.whole > 0:
		t.base, t.lda, t.step, t.rows = unsafe.Pointer(&a.Data[m0*a.Row+d0]), 4*a.Row, 4, 4*a.Row
	}
	if t.whole < mm {
		rest := s.a[t.whole*d:][:tile*d]
		c.packTile(rest, a, m0+t.whole, mm-t.whole, d0, d, b, tile)
		t.rest = unsafe.Pointer(&rest[0])
	}
	return t
}

// packTile packs h rows of a tile and clears the others.
func (c *CPU) packTile(dst []float32, a View, r0, h, d0, d int, b *Panels, tile int) {
	if h < tile {
		clear(dst)
	}
	c.pack(dst, a, r0, h, d0, d, b.k, tile, b.bf16)
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
