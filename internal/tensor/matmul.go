package tensor

import "unsafe"

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
	// blocks of packDepth steps follow one another, in each the panels
	blocks := (p.depth + packDepth - 1) / packDepth
	c.Do(blocks*panels, func(_, i int) {
		block, j := i/panels, i%panels
		d0 := block * packDepth
		d := min(packDepth, p.depth-d0)
		dst := p.data[d0*panels*cols+j*cols*d:][:cols*d]
		w := min(cols, n-j*cols)
		if w < cols {
			clear(dst)
		}
		c.pack(dst, b.T(), j*cols, w, d0, d, k, cols, bf16)
	})
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
		for r := range w {
			o := r
			for _, x := range v.Data[(r0+r)*v.Row+d0:][:d] {
				dst[o] = x
				o += stride
			}
		}
	default:
		c.packPairs(dst, v, r0, w, d0, d, k, stride)
	}
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

// MatMul is C = A·B, or C += A·B with add: C is m × n with rows of ldc numbers, A
// is m × k. The products are summed over k in blocks of a fixed size, in order.
func (c *CPU) MatMul(dst []float32, ldc int, a View, b *Panels, m int, add bool) {
	_, rows, _ := c.level.kernel(b.bf16)
	per := packRows / rows * rows
	if m < per*c.workers { // so that all workers have something
		per = max(rows, (m/c.workers+rows-1)/rows*rows)
	}
	c.Do((m+per-1)/per, func(w, i int) {
		c.rows(c.scratch[w], dst, ldc, a, b, i*per, min(per, m-i*per), add)
	})
}

// MatMulAlone is [CPU.MatMul] in the calling worker of [CPU.Do].
func (c *CPU) MatMulAlone(worker int, dst []float32, ldc int, a View, b *Panels, m int, add bool) {
	_, rows, _ := c.level.kernel(b.bf16)
	per := packRows / rows * rows
	for i := 0; i < m; i += per {
		c.rows(c.scratch[worker], dst, ldc, a, b, i, min(per, m-i), add)
	}
}

// rows multiplies some rows of A, block by block.
func (c *CPU) rows(s *scratch, dst []float32, ldc int, a View, b *Panels, m0, mm int, add bool) {
	kern, tile, cols := c.level.kernel(b.bf16)
	panels := (b.n + cols - 1) / cols
	if b.depth == 0 && !add {
		for i := range mm {
			clear(dst[(m0+i)*ldc:][:b.n])
		}
	}
	for d0 := 0; d0 < b.depth; d0 += packDepth {
		d := min(packDepth, b.depth-d0)
		t := c.take(s, a, b, m0, mm, d0, d, tile)
		more := 0
		if add || d0 > 0 {
			more = 1
		}
		for j := range panels {
			panel := unsafe.Pointer(unsafe.SliceData(b.panel(d0, d, j)))
			w := min(cols, b.n-j*cols)
			for i := 0; i < mm; i += tile {
				rows, lda, step := t.tile(i)
				h := min(tile, mm-i)
				if h == tile && w == cols {
					kern(d, rows, lda, step, panel, unsafe.Pointer(&dst[(m0+i)*ldc+j*cols]), 4*ldc, more)
					continue
				}
				kern(d, rows, lda, step, panel, unsafe.Pointer(&s.c[0]), 4*cols, 0)
				edge(dst[(m0+i)*ldc+j*cols:], ldc, s.c, cols, h, w, more != 0)
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
