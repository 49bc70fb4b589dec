package tensor

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"feilun/internal/quant"
)

// Weights is how a [QuantMatrix] holds its numbers.
type Weights uint8

// The forms of weights, each with the type of blocks that it is made from.
const (
	WeightsBF16 Weights = iota // BF16
	WeightsInt8                // Q8_0: 8 bits, a half-precision scale for 32
	WeightsInt4                // Q4_0: 4 bits, a half-precision scale for 32
	WeightsF16                 // F16: half precision
	WeightsQ4K                 // Q4_K: 4 bits, a scale and a minimum of 6 bits for 32, and what these are multiplied by for 256

	weightKinds = iota
)

var weightNames = [weightKinds]string{"bf16", "int8", "int4", "f16", "q4_k"}

// String returns the form's name.
func (k Weights) String() string { return weightNames[k] }

// ParseWeights returns the form of a name, and false where there is none.
func ParseWeights(name string) (Weights, bool) {
	i := slices.Index(weightNames[:], name)
	return Weights(max(0, i)), i >= 0
}

// Type returns the type of the blocks of [QuantMatrix.PackRow].
func (k Weights) Type() quant.Type {
	return [...]quant.Type{quant.BF16, quant.Q8_0, quant.Q4_0, quant.F16, quant.Q4_K}[k]
}

// head returns the bytes of a group before its numbers, scales and the like.
func (k Weights) head() int { return [...]int{0, 64, 64, 0, 128}[k] }

// group returns the bytes of 16 rows and 64 columns.
func (k Weights) group() int {
	return k.head() + [...]int{groupCols * tileRows * 2, groupCols * tileRows, groupCols * tileRows / 2, groupCols * tileRows * 2, groupCols * tileRows / 2}[k]
}

// Sizes of tiles and groups, and of a vector's group of int8, in bytes.
const (
	tileRows    = 16
	groupCols   = 64
	vectorBytes = 80
)

// A QuantMatrix is a matrix of weights laid out for products with few vectors, which
// are bound by how fast memory is read: make one with [NewQuantMatrix], fill its rows,
// multiply by [CPU.MatVec]. It does not depend on the machine's instructions.
type QuantMatrix struct {
	kind       Weights
	rows, cols int
	groups     int
	data       []byte
}

// NewQuantMatrix returns a matrix of zeros.
func NewQuantMatrix(kind Weights, rows, cols int) *QuantMatrix {
	m := &QuantMatrix{kind: kind, rows: rows, cols: cols, groups: (cols + groupCols - 1) / groupCols}
	m.data = Bytes(kind.Bytes(rows, cols))
	return m
}

// Rows returns how many rows the matrix has, the length of a product.
func (m *QuantMatrix) Rows() int { return m.rows }

// Cols returns how many columns the matrix has, the length of a vector.
func (m *QuantMatrix) Cols() int { return m.cols }

// Weights returns the form of the numbers.
func (m *QuantMatrix) Weights() Weights { return m.kind }

// Bytes returns the memory that a product reads.
func (m *QuantMatrix) Bytes() int { return len(m.data) }

func (m *QuantMatrix) tileBytes() int { return m.groups * m.kind.group() }

// at returns where tile t begins: two tiles lie group by group in turns.
func (m *QuantMatrix) at(t int) int { return t/2*2*m.tileBytes() + t%2*m.kind.group() }

// Quantize rounds w, rows × cols, and returns it laid out.
func (c *CPU) Quantize(kind Weights, w []float32, rows, cols int) (*QuantMatrix, error) {
	m := NewQuantMatrix(kind, rows, cols)
	return m, c.Fill(m, w)
}

// A decodeKernel multiplies groups of a tile with vectors whose groups lie xstep bytes
// apart, and writes 16 numbers for each, ystep bytes apart.
type decodeKernel func(groups int, w, x pointer, xstep int, y pointer, ystep int)

// A decoder has kernels for 1, 2, 4 and 8 vectors, up to widest.
type decoder struct {
	of      [4]decodeKernel
	pair    decodeKernel  // both tiles of a pair and one vector; or nil
	streams streamKernel  // two pairs and one vector; or nil
	four    decodeKernel  // both and four vectors; or nil
	many    [3]manyKernel // both and 5, 6 and 7 vectors; or nil
	widest  int
	half    bool // vectors of bfloat16 are taken as such
	tiles   bool // products are those of tiles; the others are not there
	most    int  // vectors that go through the weights together; 0 where widest are all
}

// MatVec sets y to the product of m and x. Vectors are rounded to the form of the
// weights: to bfloat16, or to 8 bits with a scale for each 32; for f16 they stay float32.
func (c *CPU) MatVec(y []float32, m *QuantMatrix, x []float32) { c.MatVecs(y, m, x, 1) }

// MatVecs multiplies m with n vectors, one behind another in x, and writes the products
// one behind another to y. A product is the same, bit by bit, for any number of vectors
// and workers; up to 8 vectors read the weights once.
func (c *CPU) MatVecs(y []float32, m *QuantMatrix, x []float32, n int) {
	y, x = y[:n*m.rows], x[:n*m.cols]
	if n == 0 || m.rows == 0 {
		return
	}
	d := c.level.decoder(m.kind)
	v, tiles := c.vectors(m, x, n, d.half), (m.rows+tileRows-1)/tileRows
	if d.tiles {
		c.matVecsTiles(y, m, v, n)
		return
	}
	if n == 1 && c.workers == 1 { // nothing to share, nothing to keep in a cache
		m.product(d, y, m.rows, v, 1, 0, tiles, c.scratch[0].c)
		return
	}
	per := m.perTask(c, tiles)
	turns := 1
	if d.most > 0 {
		turns = max(1, min(n*m.groups*v.each/vectorsTask, n/(2*d.most)))
	}
	c.Do((tiles+per-1)/per, func(w, i int) {
		for k := range turns {
			j, to := k*n/turns, (k+1)*n/turns
			m.product(d, y[j*m.rows:], m.rows, v.from(j), to-j, i*per, min(tiles, (i+1)*per), c.scratch[w].c)
		}
	})
}

// decodeTask is how many bytes of weights a worker takes at a time, and vectorsTask about as
// many of vectors as go through them together: both stay in the second-level cache.
const (
	decodeTask  = 1 << 18
	vectorsTask = 3 << 16
)

// perTask returns how many of all tiles a worker takes at a time; pairs stay together.
func (m *QuantMatrix) perTask(c *CPU, tiles int) int {
	per := max(1, decodeTask/max(1, m.tileBytes()))
	return max(2, min(per, tiles/(4*c.workers))) / 2 * 2
}

// vectors are ready for the kernels: for each group of 64 columns each vector's bytes.
type vectors struct {
	data pointer
	each int // bytes of a vector's group
	step int // bytes from group to group
}

// from returns the vectors from the j-th on.
func (v vectors) from(j int) vectors {
	v.data = unsafe.Add(v.data, j*v.each)
	return v
}

func (c *CPU) vectors(m *QuantMatrix, x []float32, n int, half bool) vectors {
	each := m.kind.vectorBytes(half)
	if need := max(16, m.groups*n*each/4); cap(c.vector) < need {
		c.vector = Floats(need)
	} else {
		c.vector = c.vector[:need]
	}
	v := vectors{pointer(&c.vector[0]), each, n * each}
	if m.cols%groupCols != 0 { // what lies behind a vector's end
		clear(c.vector[(m.groups-1)*n*each/4:])
	}
	if n == 1 {
		m.vector(c, v, x[:m.cols], 0, half)
		return v
	}
	const block = 32
	c.Do((n+block-1)/block, func(_, i int) {
		for j := i * block; j < min(n, (i+1)*block); j++ {
			m.vector(c, v, x[j*m.cols:][:m.cols], j, half)
		}
	})
	return v
}

// vector makes the j-th vector ready.
func (m *QuantMatrix) vector(c *CPU, v vectors, x []float32, j int, half bool) {
	whole, to := m.cols/groupCols, unsafe.Add(v.data, j*v.each)
	done := m.kind.rounds() && whole > 0 && c.level.bytes(whole, to, v.step, x, -m.kind.plus())
	for g := range m.groups {
		to := unsafe.Add(to, g*v.step)
		if !done || g >= whole {
			m.kind.vector(c, to, x[g*groupCols:min(len(x), (g+1)*groupCols)], half)
		}
		if m.kind == WeightsQ4K { // minima are multiplied by the sum of what the bytes stand for
			scales, sums := (*[2]float32)(unsafe.Add(to, 64)), (*[2]int32)(unsafe.Add(to, 72))
			for h, scale := range scales {
				(*[2]float32)(unsafe.Add(to, 72))[h] = float32(sums[h]) * scale
			}
		}
	}
}

// rounds reports whether vectors are rounded to bytes.
func (k Weights) rounds() bool { return k != WeightsBF16 && k != WeightsF16 }

// vectorBytes returns the size of a vector's group; half is as of [decoder].
func (k Weights) vectorBytes(half bool) int {
	switch {
	case k.rounds():
		return vectorBytes
	case half:
		return groupCols * 2
	}
	return groupCols * 4
}

// vector makes a group of a vector ready.
func (k Weights) vector(c *CPU, to pointer, x []float32, half bool) {
	switch {
	case half:
		c.ToBF16((*[groupCols]uint16)(to)[:len(x)], x)
	case k == WeightsF16:
		copy((*[groupCols]float32)(to)[:], x)
	case k == WeightsBF16:
		for i, v := range x {
			(*[groupCols]float32)(to)[i] = quant.FromBF16(BF16(v))
		}
	default:
		k.bytes((*[vectorBytes]byte)(to), x)
	}
}

// plus is what the bytes of the weights have too much.
func (k Weights) plus() int32 {
	return [...]int32{WeightsInt8: 128, WeightsInt4: 8, WeightsQ4K: -1}[k] // the sum itself for Q4_K
}

// leastVector is the largest number of a vector's half that counts as zero.
const leastVector = 1e-30

// bytes rounds a vector's group to 8 bits, each half by its largest number.
func (k Weights) bytes(to *[vectorBytes]byte, x []float32) {
	for h := range (len(x) + 31) / 32 {
		part := x[32*h : min(len(x), 32*h+32)]
		most := float32(0)
		for _, v := range part {
			most = max(most, math.Float32frombits(math.Float32bits(v)&^(1<<31)))
		}
		inv, sum := float32(0), int32(0)
		if most > leastVector {
			inv = 127 / most
		}
		for i, v := range part {
			// adding 1.5·2²³ leaves the rounded number in the last bits
			q := int8(math.Float32bits(float32(v*inv) + 0x1.8p23))
			to[32*h+i] = byte(q)
			sum += int32(q)
		}
		binary.LittleEndian.PutUint32(to[64+4*h:], math.Float32bits(most/127))
		binary.LittleEndian.PutUint32(to[72+4*h:], uint32(-k.plus()*sum))
	}
}

// Clone returns a copy.
func (m *QuantMatrix) Clone() *QuantMatrix {
	n := NewQuantMatrix(m.kind, m.rows, m.cols)
	copy(n.data, m.data)
	return n
}
