package tensor

import "unsafe"

// Pack lays out b, k × n, in p, whose memory is used again if it is large enough.
// With bf16 its numbers are rounded to bfloat16.
func (c *CPU) Pack(p *Panels, b View, k, n int, bf16 bool) {
	pieces := c.layOut(p, k, n, bf16)
	const group = 8
	c.Do((pieces+group-1)/group, func(_, i int) { c.packPanels(p, b, i*group, min(pieces, (i+1)*group)) })
}

// PackAlone is [CPU.Pack] in the calling worker of [CPU.Do].
func (c *CPU) PackAlone(p *Panels, b View, k, n int, bf16 bool) {
	c.packPanels(p, b, 0, c.layOut(p, k, n, bf16))
}

// packPanels packs pieces. Rows of B that become bfloat16 are read once for all panels
// side by side.
func (c *CPU) packPanels(p *Panels, b View, from, to int) {
	panels := (p.n + p.cols - 1) / p.cols
	for i := from; i < to; {
		block, j := i/panels, i%panels
		d0 := block * packDepth
		d := min(packDepth, p.depth-d0)
		whole := min(p.n/p.cols, j+to-i) - j
		if p.bf16 && b.Col == 1 && c.level >= AVX512BF16 && 2*(d0+d) <= p.k && whole > 1 {
			dst := p.panel(d0, d, j)
			for x := 0; x < p.cols; x += 16 {
				b.pairs(d, whole, words(dst[x:]), 2*d0*b.Row+j*p.cols+x, 4*p.cols, b.Row, 4*p.cols*d, p.cols, 1<<16-1)
			}
			i += whole
			continue
		}
		c.packPanel(p, b, i)
		i++
	}
}

// layOut makes room for a matrix and returns how many pieces there are to pack:
// blocks of packDepth steps follow one another, in each the panels.
func (c *CPU) layOut(p *Panels, k, n int, bf16 bool) int {
	_, _, cols := c.level.kernel(bf16)
	if c.level.wide(bf16, k, n) {
		cols = wideCols
	}
	p.k, p.n, p.bf16, p.cols, p.depth = k, n, bf16, cols, k
	if bf16 {
		p.depth = (k + 1) / 2
	}
	if bf16 && c.level >= AMX {
		p.depth = (p.depth + tileDepth - 1) / tileDepth * tileDepth
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
			v.round(half[2*i*packDepth:][:2*d], (r0+r+i)*v.Row+2*d0)
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

// packPairs is pack for bfloat16; an odd last column is paired with 0, and steps behind it
// are 0.
func (c *CPU) packPairs(dst []float32, v View, r0, w, d0, d, k, stride int) {
	out := words(dst)
	odd := 2*(d0+d) > k && k%2 == 1
	for real := (k + 1) / 2; d0+d > real; d-- {
		clear(out[(d-1)*stride:][:w])
	}
	if odd {
		d--
	}
	if v.Row == 1 && c.level >= AVX512BF16 && d > 0 {
		for x := 0; x < w; x += 16 {
			v.pairs(d, 1, out[x:], 2*d0*v.Col+r0+x, stride*4, v.Col, 0, 0, 1<<min(16, w-x)-1)
		}
	} else if v.Col == 1 && c.level >= AVX512BF16 && d >= 16 {
		packRowPairs(out, v, r0, w, d0, d, stride)
	} else {
		for r := range w {
			for i := range d {
				a, b := v.bits((r0+r)*v.Row+2*(d0+i)*v.Col), v.bits((r0+r)*v.Row+(2*(d0+i)+1)*v.Col)
				out[i*stride+r] = a | b<<16
			}
		}
	}
	if odd {
		for r := range w {
			out[d*stride+r] = v.bits((r0+r)*v.Row + 2*(d0+d)*v.Col)
		}
	}
}

// words returns the memory of float32 as pairs of bfloat16.
func words(x []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
