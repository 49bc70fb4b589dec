package tensor

import (
	"math"
	"unsafe"
)

// A part is what is done in one go: rows of A, and panels of B.
type part struct{ m0, m, j0, j1 int }

// once returns p, then nothing.
func once(p part) func() part {
	return func() part {
		q := p
		p = part{}
		return q
	}
}

// A product is a multiplication in work.
type product struct {
	c    *CPU
	kern kernel
	tile int // rows
	per  int // rows of a slab, at most
	take int // steps of a slab, at most
	dst  []float32
	ldc  int
	a    View
	b    *Panels
	add  bool
	rows bool // A is packed row by row, not step by step
	here bool // whole tiles of A are not packed at all
	amx  bool // products of tiles
	past bool // whose C goes past the caches
}

// directPanels is up to how many panels rows of A that need no rounding are read where
// they lie: packing them takes longer than it wins. Not where rows lie on one another in
// a cache.
const directPanels = 12

func (c *CPU) product(dst []float32, ldc int, a View, b *Panels, m int, add bool) *product {
	x := &product{c: c, dst: dst, ldc: ldc, a: a, b: b, add: add}
	x.kern, x.tile = b.kernel(c.level, m)
	x.rows = a.Col == 1 && (!b.bf16 || c.level >= AVX512BF16)
	x.here = x.rows && b.n <= directPanels*b.cols && a.Row%512 != 0 && (!b.bf16 || a.Half != nil && 2*b.depth == b.k)
	x.per, x.take = packRows/x.tile*x.tile, takeDepth
	if b.cols == wideCols {
		x.per = wideRows
	}
	if x.amx = b.bf16 && c.level >= AMX; x.amx {
		x.slabsOfTiles(m)
	}
	return x
}

// A slab is rows of A and some of their steps, packed: blocks of packDepth steps, in
// each the tiles.
type slab struct {
	part
	d0, d1 int
	data   []float32
	done   int // pieces that are packed
}

// run multiplies the parts that take gives, until it gives no rows. While a slab is
// multiplied, the kernels fetch what comes next, and the next slab is packed; but for tiles.
func (x *product) run(s *scratch, take func() part) {
	p := take()
	if x.b.depth == 0 && !x.add {
		for ; p.m > 0; p = take() {
			for i := range p.m {
				clear(x.dst[(p.m0+i)*x.ldc:][:x.b.n])
			}
		}
	}
	if p.m <= 0 || x.b.depth == 0 {
		return
	}
	now := slab{part: p, d1: min(x.take, x.b.depth), data: s.a[0]}
	other := s.a[1]
	if x.amx {
		other = s.a[0]
	}
	for now.m > 0 {
		next := slab{part: now.part, d0: now.d1, data: other}
		if now.d1 == x.b.depth {
			if next.part = take(); next.m > 0 {
				next.d0 = 0
			}
		}
		next.d1 = min(next.d0+x.take, x.b.depth)
		if x.amx {
			x.multiplyTiles(s, &now, &next)
		} else {
			x.multiply(s, &now, &next)
		}
		now, other = next, now.data
	}
	x.flush(s)
}

// A step is a panel of B and the block of it that begins at step d0.
type step struct{ j, d0 int }

// following returns the step after p: C is gone through in groups of panels, so that it
// stays in the cache between blocks.
func (t *slab) following(p step) step {
	first := p.j - (p.j-t.j0)%panelGroup
	switch {
	case p.j+1 < min(t.j1, first+panelGroup):
		return step{p.j + 1, p.d0}
	case p.d0+packDepth < t.d1:
		return step{first, p.d0 + packDepth}
	}
	return step{first + panelGroup, t.d0}
}

// multiply multiplies a slab and packs the next.
func (x *product) multiply(s *scratch, t, next *slab) {
	for t.done < x.pieces(t) {
		x.packPiece(s, t)
	}
	work, pieces, done := (t.j1-t.j0)*(t.d1-t.d0), x.pieces(next), 0
	for at := (step{t.j0, t.d0}); at.j < t.j1; {
		following := t.following(at)
		to := following
		if to.j >= t.j1 {
			to = step{next.j0, next.d0}
		}
		done += min(packDepth, t.d1-at.d0)
		until := pieces * done / work
		x.panel(s, t, at, to, next, until)
		for next.done < until {
			x.packPiece(s, next)
		}
		at = following
	}
}

// panel multiplies all tiles of a slab with a panel, and fetches the panel that follows
// and what the next slab's pieces up to until are packed from.
func (x *product) panel(s *scratch, t *slab, at, to step, next *slab, until int) {
	b := x.b
	d := min(packDepth, b.depth-at.d0)
	panel := unsafe.Pointer(unsafe.SliceData(b.panel(at.d0, d, at.j)))
	w := min(b.cols, b.n-at.j*b.cols)
	add := x.add || at.d0 > 0
	more := 0
	if add {
		more = 1
	}
	f, turns := &s.fetch, math.MaxInt
	if x.tile >= fetchRows {
		turns = x.fetchPanel(f, to)
	}
	for i := 0; i < t.m; i += x.tile {
		if turns <= 0 && next.done < until {
			turns = x.fetchPieces(f, next, until)
			until = 0
		} else if turns <= 0 {
			*f = fetch{p: uintptr(panel), left: 1, each: 1, jump: -fetchBytes} // what is there already
			turns = math.MaxInt
		}
		turns -= d / fetchSteps
		h := min(x.tile, t.m-i)
		tile, lda, stride := x.at(t, at.d0, i)
		if h == x.tile && w == b.cols {
			x.kern(d, tile, lda, stride, panel, unsafe.Pointer(&x.dst[(t.m0+i)*x.ldc+at.j*b.cols]), 4*x.ldc, more, f)
			continue
		}
		kern := x.kern
		if h < x.tile { // the last rows, by a kernel of no more than they need
			kern, _ = b.kernel(x.c.level, h)
		}
		kern(d, tile, lda, stride, panel, unsafe.Pointer(&s.c[0]), 4*b.cols, 0, f)
		edge(x.dst[(t.m0+i)*x.ldc+at.j*b.cols:], x.ldc, s.c, b.cols, h, w, add)
	}
}
