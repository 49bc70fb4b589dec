package fasttext

import (
	"errors"
	"fmt"
)

func readMatrix(in *reader, quantized bool) (matrix, error) {
	if quantized {
		return readCodes(in)
	}
	rows, cols := in.int64(), in.int64()
	if err := checkSize(in, rows, cols); err != nil {
		return nil, err
	}
	if !in.room(rows, cols*4) {
		return nil, fmt.Errorf("%d×%d numbers in %d bytes", rows, cols, in.left)
	}
	data, err := in.floats(rows * cols)
	return &dense{rows, cols, data}, err
}

// checkSize keeps products of sizes within 64 bits, and rows within 32.
func checkSize(in *reader, rows, cols int64) error {
	if in.err != nil {
		return in.err
	}
	if rows < 0 || cols <= 0 || rows > 1<<31-1 || cols > 1<<24 {
		return fmt.Errorf("%d×%d", rows, cols)
	}
	return nil
}

// dense is a matrix stored row by row.
type dense struct {
	rows, cols int64
	data       []float32
}

func (m *dense) size() (rows, cols int64) { return m.rows, m.cols }

func (m *dense) row(i int32) []float32 { return m.data[int64(i)*m.cols:][:m.cols] }

func (m *dense) addRow(x []float32, i int32) { gatherGo(x, m.data, []int32{i}) }

func (m *dense) dotRow(x []float32, i int32) float32 { return dot(m.row(i), x) }

// products sets out to the products of the first rows and x. Several rows at a
// time keep the order of additions within each, which alone is slow.
func (m *dense) products(out, x []float32) {
	i := 0
	for ; i+4 <= len(out); i += 4 {
		a, b, c, e := m.row(int32(i)), m.row(int32(i+1)), m.row(int32(i+2)), m.row(int32(i+3))
		a, b, c, e = a[:len(x)], b[:len(x)], c[:len(x)], e[:len(x)]
		var s0, s1, s2, s3 float32
		for j, h := range x {
			s0 += float32(a[j] * h)
			s1 += float32(b[j] * h)
			s2 += float32(c[j] * h)
			s3 += float32(e[j] * h)
		}
		out[i], out[i+1], out[i+2], out[i+3] = s0, s1, s2, s3
	}
	for ; i+2 <= len(out); i += 2 {
		out[i], out[i+1] = dot2(m.row(int32(i)), m.row(int32(i+1)), x)
	}
	for ; i < len(out); i++ {
		out[i] = dot(m.row(int32(i)), x)
	}
}

func (m *dense) save(out *writer) {
	out.int64(m.rows)
	out.int64(m.cols)
	out.floats(m.data)
}

// codes is a matrix whose rows are codes of a product quantizer; with norms,
// the length of each row is quantized apart.
type codes struct {
	rows, cols int64
	code       []byte
	pq         quantizer
	hasNorms   bool
	normCode   []byte
	norms      quantizer
}

func readCodes(in *reader) (*codes, error) {
	m := &codes{hasNorms: in.bool()}
	m.rows, m.cols = in.int64(), in.int64()
	size := in.int32()
	if err := checkSize(in, m.rows, m.cols); err != nil {
		return nil, err
	}
	var err error
	if m.code, err = in.bytes(int64(size)); err != nil {
		return nil, err
	}
	if err = m.pq.load(in, m.cols); err != nil {
		return nil, err
	}
	if m.rows*int64(m.pq.parts) > int64(size) {
		return nil, fmt.Errorf("%d codes for %d×%d parts", size, m.rows, m.pq.parts)
	}
	if m.hasNorms {
		if m.normCode, err = in.bytes(m.rows); err != nil {
			return nil, err
		}
		err = m.norms.load(in, 1)
	}
	return m, err
}

func (m *codes) size() (rows, cols int64) { return m.rows, m.cols }

func (m *codes) norm(i int32) float32 {
	if !m.hasNorms {
		return 1
	}
	return m.norms.centroid(0, m.normCode[i])[0]
}

func (m *codes) row(i int32) []byte {
	n := int64(m.pq.parts)
	return m.code[int64(i)*n:][:n]
}

func (m *codes) addRow(x []float32, i int32) {
	norm := m.norm(i)
	for part, c := range m.row(i) {
		center := m.pq.centroid(part, c)
		at := x[part*int(m.pq.width):][:len(center)]
		for j, v := range center {
			at[j] += float32(norm * v)
		}
	}
}

func (m *codes) dotRow(x []float32, i int32) float32 {
	var sum float32
	for part, c := range m.row(i) {
		center := m.pq.centroid(part, c)
		at := x[part*int(m.pq.width):][:len(center)]
		for j, v := range center {
			sum += float32(at[j] * v)
		}
	}
	return float32(sum * m.norm(i))
}

func (m *codes) save(out *writer) {
	out.bool(m.hasNorms)
	out.int64(m.rows)
	out.int64(m.cols)
	out.int32(int32(len(m.code)))
	out.bytes(m.code)
	m.pq.save(out)
	if m.hasNorms {
		out.bytes(m.normCode)
		m.norms.save(out)
	}
}

// A quantizer has 256 centroids for each of the parts a vector is cut into.
type quantizer struct {
	dim, parts, width, lastWidth int32
	centroids                    []float32
}

const centers = 256

func (q *quantizer) load(in *reader, dim int64) error {
	q.dim, q.parts, q.width, q.lastWidth = in.int32(), in.int32(), in.int32(), in.int32()
	switch {
	case in.err != nil:
		return in.err
	case int64(q.dim) != dim:
		return fmt.Errorf("quantizer of dimension %d, want %d", q.dim, dim)
	case q.parts <= 0 || q.width <= 0 || q.lastWidth <= 0 || q.lastWidth > q.width,
		int64(q.parts-1)*int64(q.width)+int64(q.lastWidth) != dim:
		return errors.New("quantizer whose parts do not add up")
	}
	var err error
	q.centroids, err = in.floats(dim * centers)
	return err
}

func (q *quantizer) centroid(part int, code byte) []float32 {
	at, n := part*centers*int(q.width), int(q.width)
	if part == int(q.parts)-1 {
		n = int(q.lastWidth)
	}
	return q.centroids[at+int(code)*n:][:n]
}

func (q *quantizer) save(out *writer) {
	for _, v := range []int32{q.dim, q.parts, q.width, q.lastWidth} {
		out.int32(v)
	}
	out.floats(q.centroids)
}
