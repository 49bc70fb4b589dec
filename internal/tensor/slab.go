package tensor

import "unsafe"

// padded returns the rows of whole tiles.
func (x *product) padded(m int) int { return (m + x.tile - 1) / x.tile * x.tile }

// at returns where the block from step d0 on of the tile is that begins at row i, the bytes
// from row to row, and from step to step.
func (x *product) at(t *slab, d0, i int) (p unsafe.Pointer, lda, step int) {
	if x.here && i+x.tile <= t.m {
		if x.a.Half != nil && x.amx {
			return unsafe.Pointer(&x.a.Half[(t.m0+i)*x.a.Row+2*d0]), 2 * x.a.Row, 4 * tileDepth
		}
		if x.a.Half != nil {
			return unsafe.Pointer(&x.a.Half[(t.m0+i)*x.a.Row+2*d0]), 2 * x.a.Row, 4
		}
		return unsafe.Pointer(&x.a.Data[(t.m0+i)*x.a.Row+d0]), 4 * x.a.Row, 4
	}
	d := min(packDepth, x.b.depth-d0)
	p = unsafe.Pointer(&t.data[(d0-t.d0)*x.padded(t.m)+i*d])
	if x.amx {
		return p, 4 * tileDepth, 4 * tileDepth * x.tile
	}
	if x.rows {
		return p, 4 * d, 4
	}
	return p, 4, 4 * x.tile
}

// A fetch is what the kernels ask for ahead of its use, 128 bytes each 4 steps: from p on,
// left times until a jump, then each times from jump to jump. They change it as they go.
type fetch struct {
	p          uintptr // not a pointer: it may leave the matrix
	left, each int
	jump       int // bytes
}

const (
	fetchRows              = 8 // kernels of fewer rows fetch nothing
	fetchSteps, fetchBytes = 4, 128
)

// fetchPanel sets f to a panel's block and returns how many turns it takes.
func (x *product) fetchPanel(f *fetch, at step) int {
	if at.d0 >= x.b.depth || at.j*x.b.cols >= x.b.n {
		return 0
	}
	d := min(packDepth, x.b.depth-at.d0)
	p := x.b.panel(at.d0, d, at.j)
	n := (4*len(p) + fetchBytes - 1) / fetchBytes
	*f = fetch{p: uintptr(unsafe.Pointer(unsafe.SliceData(p))), left: n, each: n}
	return n
}

// fetchPieces sets f to what the pieces of a slab up to until are packed from.
func (x *product) fetchPieces(f *fetch, t *slab, until int) int {
	m0, m, d0, d1 := x.piece(t, t.done)
	a, per := &x.a, 1
	if x.b.bf16 {
		per = 2
	}
	if a.Col == 1 { // rows
		p, size := a.place(m0*a.Row + per*d0)
		n := (size*per*(d1-d0) + fetchBytes - 1) / fetchBytes
		*f = fetch{p: p, left: n, each: n, jump: size*a.Row - n*fetchBytes}
		return n * m * (until - t.done)
	}
	p, size := a.place(per*d0*a.Col + m0)
	n := (size*m + fetchBytes - 1) / fetchBytes
	*f = fetch{p: p, left: n, each: n, jump: size*a.Col - n*fetchBytes}
	return n * per * (d1 - d0) * (until - t.done)
}

// pieces returns in how many pieces a slab is packed: tiles where A lies by rows, else
// some steps of all rows.
func (x *product) pieces(t *slab) int {
	if x.a.Col == 1 {
		return (t.m + x.tile - 1) / x.tile
	}
	return (t.d1 - t.d0 + pieceSteps - 1) / pieceSteps
}

// piece returns the rows and steps of a piece.
func (x *product) piece(t *slab, i int) (m0, m, d0, d1 int) {
	if x.a.Col == 1 {
		return t.m0 + i*x.tile, min(x.tile, t.m-i*x.tile), t.d0, t.d1
	}
	return t.m0, t.m, t.d0 + i*pieceSteps, min(t.d1, t.d0+(i+1)*pieceSteps)
}

// packPiece packs a slab's next piece.
func (x *product) packPiece(s *scratch, t *slab) {
	m0, m, d0, d1 := x.piece(t, t.done)
	t.done++
	if x.here && m == x.tile {
		return
	}
	for d0 < d1 {
		block := t.d0 + (d0-t.d0)/packDepth*packDepth
		d := min(packDepth, x.b.depth-block) // of the whole block
		n := min(d1, block+d) - d0           // of which these
		to := t.data[(block-t.d0)*x.padded(t.m)+(m0-t.m0)*d:]
		switch {
		case x.rows && x.amx:
			x.packTileRows(to, m0, m, d0, n)
		case x.rows:
			x.packRows(to, m0, m, d0, n)
		case x.amx:
			x.packTileSteps(s, to, m0, m, d0, n, d)
		default:
			x.packSteps(to, m0, m, d0, n, d)
		}
		d0 += n
	}
}

// packRows packs rows one after another.
func (x *product) packRows(to []float32, m0, m, d0, d int) {
	if !x.b.bf16 {
		for i := range m {
			copy(to[i*d:][:d], x.a.Data[(m0+i)*x.a.Row+d0:])
		}
		return
	}
	half := unsafe.Slice((*uint16)(unsafe.Pointer(&to[0])), 2*d*m)
	n := min(2*d, x.b.k-2*d0)
	for i := range m {
		x.a.round(half[2*d*i:][:n], (m0+i)*x.a.Row+2*d0)
		clear(half[2*d*i+n : 2*d*(i+1)])
	}
}

// packSteps packs n steps of rows in tiles; a tile has room for d steps.
func (x *product) packSteps(to []float32, m0, m, d0, n, d int) {
	to = to[(d0%packDepth)*x.tile:]
	a, b, whole := x.a, x.b, 0
	if a.Row == 1 && b.bf16 && x.c.level >= AVX512BF16 && 2*(d0+n) <= b.k && m >= x.tile {
		whole = m / x.tile * x.tile
		a.pairs(n, whole/x.tile, words(to), 2*d0*a.Col+m0, 4*x.tile, a.Col, 4*x.tile*d, x.tile, 1<<x.tile-1)
	}
	for i := whole; i < m; i += x.tile {
		x.c.pack(to[i*d:][:x.tile*n], a, m0+i, min(x.tile, m-i), d0, n, b.k, x.tile, b.bf16)
	}
}
