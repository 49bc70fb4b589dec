package tensor

import "unsafe"

// tileVectors is how many vectors a product of weights' tiles takes at a time.
const tileVectors = 32

// leastChunks is from how many times tileVectors on vectors go through a part of the weights
// that stays in the first-level cache, then through the next; fewer go through all of a pair of
// tiles.
const leastChunks = 4

// turnBytes is how many bytes of vectors at most go through all weights together: they stay in
// the second-level cache.
const turnBytes = 768 << 10

// matVecsTiles is [CPU.MatVecs] by tiles. A product is the same, bit by bit, for any number of
// vectors.
func (c *CPU) matVecsTiles(y []float32, m *QuantMatrix, v vectors, n int) {
	tiles := (m.rows + tileRows - 1) / tileRows
	per := m.perTask(c, tiles)
	if n == 1 && c.workers == 1 {
		per = tiles
	}
	turns := max(1, (n*m.groups*v.each+turnBytes-1)/turnBytes)
	step := min(tileRowsMost, ((n+turns-1)/turns+tileVectors-1)/tileVectors*tileVectors)
	for j := 0; j < n; j += step {
		c.Do((tiles+per-1)/per, func(w, i int) {
			m.productTiles(c.scratch[w], y[j*m.rows:], v.from(j), min(step, n-j), i*per, min(tiles, (i+1)*per))
		})
	}
}

// productTiles multiplies tiles of bfloat16 with n vectors, in pairs, of which all have their
// memory.
func (m *QuantMatrix) productTiles(s *scratch, y []float32, v vectors, n, from, to int) {
	if m.groups == 0 {
		for i := range n {
			clear(y[i*m.rows+from*tileRows : i*m.rows+min(m.rows, to*tileRows)])
		}
		return
	}
	whole, done := min(to, m.rows/(2*tileRows)*2), 0
	if chunks := n / tileVectors; chunks >= leastChunks && whole > from {
		m.productChunks(s, y, v, chunks, from, whole)
		done = chunks * tileVectors
	}
	for j := 0; j < n; {
		rows, chunks := tileVectors, (n-j)/tileVectors
		if chunks == 0 {
			rows, chunks = n-j, 1
		}
		x := unsafe.Add(v.data, j*v.each)
		if j >= done && whole > from {
			decodeTiles(rows, m.groups, chunks, (whole-from)/2, pointer(&m.data[m.at(from)]), x, v.step, pointer(&y[j*m.rows+from*tileRows]), 4*m.rows)
		}
		for i := 0; i < chunks && whole < to; i++ {
			m.pairAtEdge(y[(j+i*rows)*m.rows:], unsafe.Add(x, i*rows*v.each), v.step, rows, max(from, whole), s.c)
		}
		j += rows * chunks
	}
}

// chunkGroups is how many groups of a pair of tiles stay in the first-level cache.
const chunkGroups = 8

// productChunks multiplies whole pairs of tiles with chunks of tileVectors vectors. Very many
// numbers go past the caches, as in [product.wholeTiles].
func (m *QuantMatrix) productChunks(s *scratch, y []float32, v vectors, chunks, from, to int) {
	c, ld := &s.call, 4*m.rows
	past := chunks*tileVectors*m.rows/4 >= tilePast && inLines(y, m.rows)
	*c = tileCall{n: chunks, panels: 1, lda: v.each, stepA: v.step, tileA: tileVectors * v.each, ldc: ld, ldtouch: ld}
	c.ahead.step = fetchStep(chunks * tileVectors)
	if past {
		c.ldc, c.ldtouch = 4*maxCols, 4*maxCols
	}
	size := 2 * m.kind.group()
	for t := from; t < to; t += 2 {
		dst := address(&y[t*tileRows])
		if c.c = dst; past {
			c.c = address(&s.tiles[s.turn*tileRowsMost*maxCols])
		}
		c.from, c.ldfrom, c.touch = 0, 0, c.c
		for g := 0; g < m.groups; g += chunkGroups {
			c.k, c.panels = min(chunkGroups, m.groups-g), 1
			c.a, c.b = uintptr(v.data)+uintptr(g*v.step), uintptr(pointer(&m.data[m.at(t)+g*size]))
			c.ahead.p, c.ahead.left = c.b+uintptr(c.k*size), chunkGroups*size/c.ahead.step
			c.copy.pace(2*chunks*(m.groups-g), g+chunkGroups >= m.groups)
			weightTiles(c)
			c.from, c.ldfrom, c.touch = c.c, c.ldc, c.c
		}
		if past {
			c.copy.begin(c.c, chunks*tileVectors, dst, ld)
			s.turn = 1 - s.turn
		}
	}
	flushTiles(c)
}

// pairAtEdge multiplies the last pair of tiles, of which not all rows are there, with rows
// vectors.
func (m *QuantMatrix) pairAtEdge(y []float32, x pointer, step, rows, t int, edge []float32) {
	decodeTiles(rows, m.groups, 1, 1, pointer(&m.data[m.at(t)]), x, step, pointer(&edge[0]), 8*tileRows)
	for r := range rows {
		copy(y[r*m.rows+t*tileRows:][:m.rows-t*tileRows], edge[r*2*tileRows:])
	}
}
