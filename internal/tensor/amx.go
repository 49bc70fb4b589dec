package tensor

// AMX multiplies tiles of up to 16 rows and 64 bytes. B's panels are what VDPBF16PS wants, in
// steps of tileDepth; A lies by rows. All rows of a slab are one call, since the registers of
// tiles are set up by each.

// tileDepth is what the steps of products of tiles are filled up to with zeros, pairs of
// bfloat16.
const tileDepth = 16

// tilePanel multiplies all tiles of a slab with a panel of tiles' form.
func (x *product) tilePanel(s *scratch, t *slab, at step) {
	b := x.b
	d := min(packDepth, b.depth-at.d0)
	panel := pointer(&b.panel(at.d0, d, at.j)[0])
	w := min(b.cols, b.n-at.j*b.cols)
	more := 0
	if x.add || at.d0 > 0 {
		more = 1
	}
	i := 0
	if whole := t.m / x.tile; w == b.cols && whole > 0 {
		tile, lda, _ := x.at(t, at.d0, 0)
		tiles(x.tile, d, whole, tile, lda, panel, pointer(&x.dst[t.m0*x.ldc+at.j*b.cols]), 4*x.ldc, more)
		i = whole * x.tile
	}
	for ; i < t.m; i += x.tile {
		h := min(x.tile, t.m-i)
		tile, lda, _ := x.at(t, at.d0, i)
		c := x.dst[(t.m0+i)*x.ldc+at.j*b.cols:]
		if more == 1 {
			for r := range h {
				copy(s.c[r*b.cols:][:w], c[r*x.ldc:])
			}
		}
		tiles(x.tile, d, 1, tile, lda, panel, pointer(&s.c[0]), 4*b.cols, more)
		edge(c, x.ldc, s.c, b.cols, h, w, false)
	}
}

// packTileSteps packs n steps of rows that lie by columns, for tiles: row by row, d steps
// each.
func (x *product) packTileSteps(s *scratch, to []float32, m0, m, d0, n, d int) {
	out := words(to)[d0%packDepth:]
	room := words(s.steps)
	wide := len(room) / tileDepth // rows of a step
	for k := 0; k < n; k += tileDepth {
		real := max(0, min(tileDepth, (x.b.k-2*(d0+k))/2))
		half := x.b.k-2*(d0+k) == 2*real+1 && real < tileDepth
		clear(room[real*wide:])
		x.gather(room, m0, m, d0+k, real, wide, half)
		for r := 0; r < m; r += 16 {
			transpose(1, pointer(&out[r*d+k]), pointer(&room[r]), 4*d, 4*wide)
		}
	}
}

// gather sets steps of room, wide numbers each, to pairs of a matrix by columns; half adds one
// whose second number is 0.
func (x *product) gather(room []uint32, m0, m, d0, steps, wide int, half bool) {
	a := &x.a
	whole := m / 16
	if steps > 0 && whole > 0 {
		a.pairs(steps, whole, room, 2*d0*a.Col+m0, 4*wide, a.Col, 64, 16, 1<<16-1)
	}
	if rest := m % 16; steps > 0 && rest > 0 {
		a.pairs(steps, 1, room[16*whole:], 2*d0*a.Col+m0+16*whole, 4*wide, a.Col, 64, 16, 1<<rest-1)
	}
	if half {
		for r := range m {
			room[steps*wide+r] = a.bits(2*(d0+steps)*a.Col + m0 + r)
		}
	}
}
