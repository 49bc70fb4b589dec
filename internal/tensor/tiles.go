package tensor

import (
	"encoding/binary"
	"unsafe"
)

// Bytes returns the memory of a matrix of such weights.
func (k Weights) Bytes(rows, cols int) int {
	pairs := (rows + 2*tileRows - 1) / (2 * tileRows)
	return 2 * pairs * ((cols + groupCols - 1) / groupCols) * k.group()
}

// QuantMatrixIn returns a matrix in the caller's memory, [Weights.Bytes] that begin at a
// multiple of 64 bytes, with what is written there.
func QuantMatrixIn(kind Weights, rows, cols int, memory []byte) QuantMatrix {
	return QuantMatrix{kind: kind, rows: rows, cols: cols, groups: (cols + groupCols - 1) / groupCols, data: memory[:kind.Bytes(rows, cols)]}
}

// Top returns the first n rows, and what follows them in the same pair of tiles.
func (m QuantMatrix) Top(n int) QuantMatrix {
	m.rows = min(m.rows, (n+2*tileRows-1)/(2*tileRows)*2*tileRows)
	return m
}

// Bytes returns n bytes of zeros that begin at a multiple of 64 bytes.
func Bytes(n int) []byte {
	return bytesOf(Floats((n + 3) / 4))[:n:n]
}

// bytesOf returns the memory of float32 as bytes.
func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(pointer(unsafe.SliceData(x))), 4*len(x))
}

// SetRow rounds x to row i of a matrix of bfloat16.
func (c *CPU) SetRow(m *QuantMatrix, i int, x []float32) {
	x = x[:m.cols]
	for g := range m.groups {
		var half [groupCols]uint16
		part := x[g*groupCols : min(len(x), (g+1)*groupCols)]
		c.ToBF16(half[:len(part)], part)
		lanes := m.data[m.at(i/tileRows)+4*(i%tileRows)+g*2*m.kind.group():]
		for j := range (len(part) + 1) / 2 {
			binary.LittleEndian.PutUint32(lanes[64*j:], uint32(half[2*j])|uint32(half[2*j+1])<<16)
		}
	}
}

// SetColumn rounds x to column j of a matrix of bfloat16.
func (c *CPU) SetColumn(m *QuantMatrix, j int, x []float32) {
	var half [tileRows]uint16
	at := j/groupCols*2*m.kind.group() + j%groupCols/2*64 + j%2*2
	for t := 0; t*tileRows < m.rows; t++ {
		part := x[t*tileRows : min(m.rows, (t+1)*tileRows)]
		c.ToBF16(half[:len(part)], part)
		lanes := m.data[m.at(t)+at:]
		for r, v := range half[:len(part)] {
			binary.LittleEndian.PutUint16(lanes[4*r:], v)
		}
	}
}

// SetRows rounds n rows of x, ldx numbers apart, to the rows of a matrix of bfloat16 from i
// on, whole tiles of them at once.
func (c *CPU) SetRows(m *QuantMatrix, i int, x []float32, ldx, n int) {
	for j := 0; j < n; {
		if c.level >= AVX512BF16 && (i+j)%tileRows == 0 && n-j >= tileRows && m.cols%32 == 0 {
			m.setTile((i+j)/tileRows, Matrix(x[j*ldx:], ldx))
			j += tileRows
			continue
		}
		c.SetRow(m, i+j, x[j*ldx:])
		j++
	}
}

// setTile rounds as many rows as a tile has, and transposes them. Columns are a multiple of
// 32.
func (m *QuantMatrix) setTile(t int, x View) {
	var rounded [tileRows * groupCols]uint16
	for g := range m.groups {
		n := min(groupCols, m.cols-g*groupCols)
		for r := range tileRows {
			x.round(rounded[r*groupCols:][:n], r*x.Row+g*groupCols)
		}
		transpose(n/32, pointer(&m.data[m.at(t)+g*2*m.kind.group()]), pointer(&rounded), 4*tileRows, 2*groupCols)
	}
}

// SetColumns rounds n rows of x, ldx numbers apart, to the columns of a matrix of bfloat16
// from j on, two of them at once.
func (c *CPU) SetColumns(m *QuantMatrix, j int, x []float32, ldx, n int) {
	if n > 0 && j%2 == 1 {
		c.SetColumn(m, j, x)
		j, n, x = j+1, n-1, x[min(ldx, len(x)):]
	}
	done := 0
	if c.level >= AVX512BF16 && n >= 2 && m.groups == 1 && m.rows%tileRows == 0 {
		v, to := Matrix(x, ldx), unsafe.Slice((*uint32)(pointer(&m.data[0])), len(m.data)/4)
		v.pairs(n/2, m.rows/tileRows, to[j/2*tileRows:], 0, 4*tileRows, ldx, m.kind.group(), tileRows, 1<<tileRows-1)
		done = n / 2 * 2
	}
	for i := done; i < n; i++ {
		c.SetColumn(m, j+i, x[i*ldx:])
	}
}

// Vectors are made ready for products with matrices of a form and a number of columns. They
// keep their memory for the next ones.
type Vectors struct {
	vectors
	n      int
	memory []float32
}

// Prepare makes n vectors of x, each cols numbers of rows of ldx, ready for matrices of
// bfloat16. It may be called in workers of [CPU.Do].
func (c *CPU) Prepare(v *Vectors, x []float32, ldx, cols, n int) {
	half := c.alone(WeightsBF16).half
	v.each, v.n = groupCols*4, n
	if half {
		v.each = groupCols * 2
	}
	v.step = n * v.each
	groups := (cols + groupCols - 1) / groupCols
	if need := groups * n * v.each / 4; len(v.memory) < need {
		v.memory = Floats(need + need/2)
	}
	v.data = pointer(&v.memory[0])
	if cols%groupCols != 0 {
		clear(v.memory[(groups-1)*n*v.each/4 : groups*n*v.each/4])
	}
	for g := range groups {
		from, to := g*groupCols, min(cols, (g+1)*groupCols)
		for j := range n {
			WeightsBF16.vector(c, unsafe.Add(v.data, (g*n+j)*v.each), x[j*ldx+from:j*ldx+to], half)
		}
	}
}

// alone returns the kernels for keys and values. They are those of vectors where there are
// tiles too: a query alone is attended to by them ([CPU.Attend]), and prompts get its bits.
func (c *CPU) alone(kind Weights) *decoder { return min(c.level, AVX512BF16).decoder(kind) }

// MatVecsAlone sets rows of y, ldy numbers apart, to the products of m with vectors; that
// of a vector is the same, bit by bit, whatever the others. It works in the calling worker
// of [CPU.Do].
func (c *CPU) MatVecsAlone(worker int, y []float32, ldy int, m *QuantMatrix, v *Vectors) {
	d := c.alone(m.kind)
	m.product(d, y, ldy, v.vectors, v.n, 0, (m.rows+tileRows-1)/tileRows, c.scratch[worker].c)
}
