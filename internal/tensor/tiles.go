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

// Bytes returns n bytes of zeros that begin at a multiple of 64 bytes.
func Bytes(n int) []byte {
	return unsafe.Slice((*byte)(pointer(unsafe.SliceData(Floats((n+3)/4)))), n)
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
	half := c.level.decoder(WeightsBF16).half
	v.each, v.n = groupCols*4, n
	if half {
		v.each = groupCols * 2
	}
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

// MatVecsAlone sets rows of y, ldy numbers apart, to the products of m with vectors; that
// of a vector is the same, bit by bit, whatever the others. It works in the calling worker
// of [CPU.Do].
func (c *CPU) MatVecsAlone(worker int, y []float32, ldy int, m *QuantMatrix, v *Vectors) {
	d := c.level.decoder(m.kind)
	m.product(&d, y, ldy, v.vectors, v.n, 0, (m.rows+tileRows-1)/tileRows, c.scratch[worker].c)
}
