package tensor

// AMX multiplies tiles of up to 16 rows and 64 bytes. B's panels are what VDPBF16PS wants, in
// steps of tileDepth; A lies by rows. All rows of a slab are one call, since the registers of
// tiles are set up by each.

// tileDepth is what the steps of products of tiles are filled up to with zeros, pairs of
// bfloat16.
const tileDepth = 16

// Sizes of a slab for tiles. They are so fast that memory decides: rows of a slab are as many
// as share each reading of B, steps as leave C to be written once, and a slab stays in the
// second-level cache, beside which B and C go through it.
const (
	tileRowsMost = 512
	tileSlab     = 240 << 10 // pairs of a slab
	tileTake     = 8 * packDepth
)

// tilePast is from how many numbers on C goes past the caches, where slabs have tilePastRows or
// more: else a line of it is read before it is written. Tests change it; bits stay the same.
var tilePast = 1 << 18

const tilePastRows = 128

// tileGroupRows is about how many rows of C a call of the kernel multiplies, in several panels
// where a slab has fewer.
const tileGroupRows = 256

// slabsOfTiles sets the sizes of slabs for m rows.
func (x *product) slabsOfTiles(m int) {
	x.tile = 32
	if m <= 16 {
		x.tile = 16
	}
	blocks := (x.b.depth + packDepth - 1) / packDepth
	passes := (x.b.depth + tileTake - 1) / tileTake
	x.take = max(1, (blocks+passes-1)/max(passes, 1)) * packDepth
	x.per = min(tileRowsMost, tileSlab/min(x.take, max(1, x.b.depth))) / x.tile * x.tile
	x.past = m*x.b.n >= tilePast && inLines(x.dst, x.ldc)
}

// slabPairs is the room of a worker's first slab; tiles have no other.
func (l Level) slabPairs() int {
	if l >= AMX {
		return tileSlab
	}
	return packRows * takeDepth
}

// multiplyTiles packs a slab and multiplies it. Whole tiles and whole panels of a group are one
// call for each block.
func (x *product) multiplyTiles(s *scratch, t, next *slab) {
	for t.done < x.pieces(t) {
		x.packPiece(s, t)
	}
	if t.d0 > 0 { // what is added to is there
		x.flush(s)
	}
	past := x.past && t.m >= tilePastRows
	group := max(1, tileGroupRows/t.m)
	if past {
		group = 1
	}
	for j := t.j0; j < t.j1; j += group {
		to := min(t.j1, j+group)
		for d0 := t.d0; d0 < t.d1; d0 += packDepth {
			x.aheadOfTiles(s, t, next, d0, j, to)
			x.tiles(s, t, d0, j, to, past)
		}
	}
}

// aheadOfTiles sets what is fetched while panels j0 to j1 are multiplied, in the block from step
// d0 on: the panel of B that follows.
func (x *product) aheadOfTiles(s *scratch, t, next *slab, d0, j0, j1 int) {
	to := step{j0, d0 + packDepth}
	if to.d0 >= t.d1 {
		if to = (step{j1, t.d0}); j1 >= t.j1 {
			to = step{next.j0, next.d0}
		}
	}
	c, bytes := &s.call, fetchStep(t.m)
	c.few = 0
	if t.m < tileFewRows {
		c.few = 1
	}
	c.ahead = tileFetch{p: address(&x.b.data[0]), left: 1, step: bytes}
	if x.fetchPanel(&s.fetch, to) > 0 {
		c.ahead.p, c.ahead.left = s.fetch.p, (s.fetch.left*fetchBytes+bytes-1)/bytes
	}
}

// tiles multiplies all rows of a slab with panels j0 to j1, in the block from step d0 on.
func (x *product) tiles(s *scratch, t *slab, d0, j0, j1 int, past bool) {
	b := x.b
	rows := t.m / x.tile * x.tile
	whole := max(j0, min(j1, b.n/b.cols))
	if rows > 0 && whole > j0 {
		x.wholeTiles(s, t, d0, j0, whole, rows, past)
	}
	for j := j0; j < j1; j++ {
		i := rows
		if j >= whole {
			i = 0
		}
		for ; i < t.m; i += x.tile {
			x.tileAtEdge(s, t, d0, i, j)
		}
	}
}

// wholeTiles multiplies rows of a slab with panels. C that goes past the caches lies in the
// scratch until all of a panel is multiplied, and is copied while the next one is.
func (x *product) wholeTiles(s *scratch, t *slab, d0, j0, j1, rows int, past bool) {
	b, c := x.b, &s.call
	d := min(packDepth, b.depth-d0)
	x.setA(s, t, d0, 0)
	c.n, c.panels, c.b = rows/x.tile, j1-j0, address(&b.panel(d0, d, j0)[0])
	dst := address(&x.dst[t.m0*x.ldc+j0*b.cols])
	c.c, c.ldc, c.cStep = dst, 4*x.ldc, 4*b.cols
	if past {
		c.c, c.ldc, c.cStep = address(&s.tiles[s.turn*tileRowsMost*b.cols]), 4*b.cols, 0
	}
	c.from, c.ldfrom, c.fromStep, c.touch, c.ldtouch = 0, 0, 0, c.c, c.ldc
	if d0 == t.d0 && (x.add || d0 > 0) {
		c.from, c.ldfrom, c.fromStep, c.touch, c.ldtouch = dst, 4*x.ldc, 4*b.cols, dst, 4*x.ldc
	} else if d0 > t.d0 {
		c.from, c.ldfrom, c.fromStep = c.c, c.ldc, c.cStep
	}
	last := d0+d >= t.d1
	c.copy.pace(rows/x.tile*(t.d1-d0)/tileDepth, last)
	tiles(x.tile, c)
	if past && last {
		c.copy.begin(c.c, rows, dst, 4*x.ldc)
		s.turn = 1 - s.turn
	}
}

// flush ends the copying of C.
func (x *product) flush(s *scratch) {
	if x.past {
		flushTiles(&s.call)
	}
}

// tileAtEdge multiplies a tile of which C has not all rows or columns.
func (x *product) tileAtEdge(s *scratch, t *slab, d0, i, j int) {
	b, call := x.b, &s.call
	d := min(packDepth, b.depth-d0)
	h, w := min(x.tile, t.m-i), min(b.cols, b.n-j*b.cols)
	c := x.dst[(t.m0+i)*x.ldc+j*b.cols:]
	call.from, call.c, call.ldc, call.cStep, call.ldfrom, call.fromStep = 0, address(&s.c[0]), 4*b.cols, 0, 0, 0
	if x.add || d0 > 0 {
		edge(s.c, b.cols, c, x.ldc, h, w, false)
		call.from, call.ldfrom = call.c, call.ldc
	}
	x.setA(s, t, d0, i)
	call.n, call.panels, call.b = 1, 1, address(&b.panel(d0, d, j)[0])
	call.touch, call.ldtouch = call.c, 0
	call.copy.pace(1<<20, false)
	tiles(x.tile, call)
	edge(c, x.ldc, s.c, b.cols, h, w, false)
}

// setA tells the kernel where the tiles of A are from row i on, in the block from step d0 on.
func (x *product) setA(s *scratch, t *slab, d0, i int) {
	a, lda, step := x.at(t, d0, i)
	c, d := &s.call, min(packDepth, x.b.depth-d0)
	c.a, c.lda, c.k, c.stepA, c.tileA = uintptr(a), lda, d/tileDepth, step, x.tile*lda
	if lda == 4*tileDepth {
		c.tileA = 4 * d * x.tile
	}
}

// packTileRows packs n steps of m rows: steps of tileDepth one behind the other, in each all
// rows of a tile.
func (x *product) packTileRows(to []float32, m0, m, d0, n int) {
	out, each := words(to), x.tile*tileDepth
	whole := max(0, min(n, (x.b.k-2*d0)/2)/tileDepth)
	if whole > 0 {
		packTileRows(&x.a, m, whole, pointer(&out[0]), m0*x.a.Row+2*d0, 4*each)
	}
	if whole*tileDepth == n {
		return
	}
	rest := x.b.k - 2*(d0+whole*tileDepth)
	for r := range m {
		half := (*[2 * tileDepth]uint16)(pointer(&out[whole*each+r*tileDepth]))
		clear(half[:])
		x.a.round(half[:rest], (m0+r)*x.a.Row+2*(d0+whole*tileDepth))
	}
}

// packTileSteps packs n steps of rows that lie by columns, for tiles of d steps.
func (x *product) packTileSteps(s *scratch, to []float32, m0, m, d0, n, d int) {
	out := words(to)[d0%packDepth*x.tile:]
	room := words(s.steps)
	wide := len(room) / tileDepth // rows of a step
	for k := 0; k < n; k += tileDepth {
		real := max(0, min(tileDepth, (x.b.k-2*(d0+k))/2))
		half := x.b.k-2*(d0+k) == 2*real+1 && real < tileDepth
		clear(room[real*wide:])
		x.gather(room, m0, m, d0+k, real, wide, half)
		for r := 0; r < m; r += 16 {
			at := r/x.tile*x.tile*d + k*x.tile + r%x.tile*tileDepth
			transpose(1, pointer(&out[at]), pointer(&room[r]), 4*tileDepth, 4*wide)
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
