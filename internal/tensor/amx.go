package tensor

import "unsafe"

// AMX multiplies tiles of up to 16 rows and 64 bytes. B's panels are what VDPBF16PS wants, in
// steps of tileDepth; A lies by rows. All rows of a slab are one call, since the registers of
// tiles are set up by each.

// tileDepth is what the steps of products of tiles are filled up to with zeros, pairs of
// bfloat16.
const tileDepth = 16

// Sizes of a slab for tiles. They are so fast that memory decides: rows of a slab are as many
// as share each reading of B, steps as few as leave C to be written once or twice, and both
// slabs stay in the second-level cache.
const (
	tileRowsMost = 512
	tileSlab     = 160 << 10 // pairs of a slab
	tileTake     = 4 * packDepth
)

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
}

// slabPairs is the room of a slab.
func (l Level) slabPairs() int {
	if l >= AMX {
		return tileSlab
	}
	return packRows * takeDepth
}

// multiplyTiles multiplies a slab and packs the next. Whole tiles and whole panels of a group
// are one call for each block.
func (x *product) multiplyTiles(s *scratch, t, next *slab) {
	for t.done < x.pieces(t) {
		x.packPiece(s, t)
	}
	work, pieces, done := (t.j1-t.j0)*(t.d1-t.d0), x.pieces(next), 0
	for j := t.j0; j < t.j1; j += panelGroup {
		to := min(t.j1, j+panelGroup)
		for d0 := t.d0; d0 < t.d1; d0 += packDepth {
			x.tiles(s, t, d0, j, to)
			done += (to - j) * min(packDepth, t.d1-d0)
			for next.done < pieces*done/work {
				x.packPiece(s, next)
			}
		}
	}
}

// tiles multiplies all rows of a slab with panels j0 to j1, in the block from step d0 on.
func (x *product) tiles(s *scratch, t *slab, d0, j0, j1 int) {
	b := x.b
	d := min(packDepth, b.depth-d0)
	more := 0
	if x.add || d0 > 0 {
		more = 1
	}
	rows := t.m / x.tile * x.tile
	whole := max(j0, min(j1, b.n/b.cols))
	if rows > 0 && whole > j0 {
		tile, lda, _ := x.at(t, d0, 0)
		tiles(x.tile, d, rows/x.tile, whole-j0, tile, lda, pointer(&b.panel(d0, d, j0)[0]), pointer(&x.dst[t.m0*x.ldc+j0*b.cols]), 4*x.ldc, more)
	}
	for j := j0; j < j1; j++ {
		i := rows
		if j >= whole {
			i = 0
		}
		for ; i < t.m; i += x.tile {
			x.tileAtEdge(s, t, d0, i, j, more)
		}
	}
}

// tileAtEdge multiplies a tile of which C has not all rows or columns.
func (x *product) tileAtEdge(s *scratch, t *slab, d0, i, j, more int) {
	b := x.b
	d := min(packDepth, b.depth-d0)
	h, w := min(x.tile, t.m-i), min(b.cols, b.n-j*b.cols)
	c := x.dst[(t.m0+i)*x.ldc+j*b.cols:]
	if more == 1 {
		edge(s.c, b.cols, c, x.ldc, h, w, false)
	}
	tile, lda, _ := x.at(t, d0, i)
	tiles(x.tile, d, 1, 1, tile, lda, pointer(&b.panel(d0, d, j)[0]), pointer(&s.c[0]), 4*b.cols, more)
	edge(c, x.ldc, s.c, b.cols, h, w, false)
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

// tileVectors is how many vectors a product of weights' tiles takes at a time.
const tileVectors = 32

// productTiles multiplies tiles of bfloat16 with n vectors, in pairs, of which all have their
// memory. A product is the same, bit by bit, for any number of vectors; edge has room for
// tileVectors times the rows of a pair.
func (m *QuantMatrix) productTiles(y []float32, ldy int, v vectors, n, from, to int, edge []float32) {
	if m.groups == 0 {
		for i := range n {
			clear(y[i*ldy+from*tileRows : i*ldy+min(m.rows, to*tileRows)])
		}
		return
	}
	whole := min(to, m.rows/(2*tileRows)*2)
	for j := 0; j < n; {
		rows, chunks := tileVectors, (n-j)/tileVectors
		if chunks == 0 {
			rows, chunks = n-j, 1
		}
		x := unsafe.Add(v.data, j*v.each)
		if whole > from {
			decodeTiles(rows, m.groups, chunks, (whole-from)/2, pointer(&m.data[m.at(from)]), x, v.step, pointer(&y[j*ldy+from*tileRows]), 4*ldy)
		}
		for i := 0; i < chunks && whole < to; i++ {
			m.pairAtEdge(y[(j+i*rows)*ldy:], ldy, unsafe.Add(x, i*rows*v.each), v.step, rows, max(from, whole), edge)
		}
		j += rows * chunks
	}
}

// pairAtEdge multiplies the last pair of tiles, of which not all rows are there, with rows
// vectors.
func (m *QuantMatrix) pairAtEdge(y []float32, ldy int, x pointer, step, rows, t int, edge []float32) {
	decodeTiles(rows, m.groups, 1, 1, pointer(&m.data[m.at(t)]), x, step, pointer(&edge[0]), 8*tileRows)
	for r := range rows {
		copy(y[r*ldy+t*tileRows:][:m.rows-t*tileRows], edge[r*2*tileRows:])
	}
}
