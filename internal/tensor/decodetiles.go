package tensor

import "unsafe"

// A streamKernel multiplies two pairs of tiles, wstep bytes apart, with one vector.
type streamKernel func(groups int, w, x pointer, xstep int, y pointer, ystep, wstep int)

// product multiplies tiles with n vectors, in pairs where there are kernels for them; edge
// has room for the rows of a tile and 8 vectors.
func (m *QuantMatrix) product(d *decoder, y []float32, ldy int, v vectors, n, from, to int, edge []float32) {
	if n == 1 && d.streams != nil {
		from = m.streams(d, y, v, from, to)
	}
	for t := from; t < to; t++ {
		pair := t%2 == 0 && (t+2)*tileRows <= m.rows && m.groups > 0
		switch {
		case pair && n == 1 && d.pair != nil:
			d.pair(m.groups, pointer(&m.data[m.at(t)]), v.data, v.each, pointer(&y[t*tileRows]), 0)
			t++
		case pair && n >= leastMany && n != 2*fourVectors && d.many[0] != nil:
			m.pairMany(d, y, ldy, v, n, t)
			t++
		case pair && n >= 4 && d.four != nil:
			j := 0
			for ; j+4 <= n; j += 4 {
				d.four(m.groups, pointer(&m.data[m.at(t)]), unsafe.Add(v.data, j*v.each), v.step, pointer(&y[j*ldy+t*tileRows]), 4*ldy)
			}
			m.tile(d, y, ldy, v, t, j, n, edge)
			t++
			m.tile(d, y, ldy, v, t, j, n, edge)
		default:
			m.tile(d, y, ldy, v, t, 0, n, edge)
		}
	}
}

// streams multiplies tiles with one vector in two streams, the front half of their pairs and
// the back half side by side, and returns the tile that is left to go on from.
func (m *QuantMatrix) streams(d *decoder, y []float32, v vectors, from, to int) int {
	per := (min(to, m.rows/tileRows) - from) / 4
	if from%2 != 0 || per == 0 || m.groups == 0 {
		return from
	}
	step := 2 * per
	for t := from; t < from+step; t += 2 {
		d.streams(m.groups, pointer(&m.data[m.at(t)]), v.data, v.each, pointer(&y[t*tileRows]), step*tileRows*4, m.at(t+step)-m.at(t))
	}
	return from + 2*step
}

// tile multiplies 16 rows with the vectors from j to n.
func (m *QuantMatrix) tile(d *decoder, y []float32, ldy int, v vectors, t, j, n int, edge []float32) {
	w := pointer(nil)
	if m.groups > 0 {
		w = pointer(&m.data[m.at(t)])
	}
	rows := min(tileRows, m.rows-t*tileRows)
	for j < n {
		width, k := 1, 0
		for 2*width <= min(d.widest, n-j) {
			width, k = 2*width, k+1
		}
		x := unsafe.Add(v.data, j*v.each)
		if rows == tileRows {
			d.of[k](m.groups, w, x, v.step, pointer(&y[j*ldy+t*tileRows]), 4*ldy)
		} else {
			d.of[k](m.groups, w, x, v.step, pointer(&edge[0]), 4*tileRows)
			for i := range width {
				copy(y[(j+i)*ldy+t*tileRows:][:rows], edge[i*tileRows:])
			}
		}
		j += width
	}
}
