// Package forest scores rows of small integers with gradient-boosted decision
// trees, and grows such trees. Start with [Forest.Score]; [Train] builds a
// forest, [Forest.Pack] and [Unpack] move it in and out of a string constant.
// Everything is integer arithmetic at scoring time, so that a row scores the
// same on every machine. It knows nothing about what the columns mean.
package forest

import (
	"encoding/binary"
	"errors"
)

// Unit is what a score of 1 in log-odds is in the integers of [Forest.Score].
const Unit = 1024

// A node is a split (Feature ≥ 0) or a leaf (Feature < 0, its value in Cut).
// A row goes left when its value is at most Cut.
type node struct {
	feature int16
	cut     int16
	left    uint16 // index in the same tree, relative to its root; right = left + 1
}

// A Forest is a sum of trees. It is read-only after it was made and may be
// shared by goroutines.
type Forest struct {
	base   int32 // in 1/Unit
	nodes  []node
	roots  []int32
	width  int  // columns a row must have
	narrow bool // no more than 256 columns, nor nodes in a tree
}

// Width is the number of columns a row needs.
func (f *Forest) Width() int { return f.width }

// Score returns the log-odds of row, in 1/[Unit]. The row must have at least
// [Forest.Width] columns.
func (f *Forest) Score(row []int16) int32 {
	sum := f.base
	row = row[:f.width]
	for _, root := range f.roots {
		tree := f.nodes[root:]
		n := tree[0]
		for n.feature >= 0 {
			at := int(n.left)
			if row[n.feature] > n.cut {
				at++
			}
			n = tree[at]
		}
		sum += int32(n.cut)
	}
	return sum
}

func (f *Forest) isNarrow() bool {
	for i, r := range f.roots {
		end := len(f.nodes)
		if i+1 < len(f.roots) {
			end = int(f.roots[i+1])
		}
		if end-int(r) > 256 {
			return false
		}
	}
	return f.width <= 256
}

// Pack writes the forest as bytes: little-endian, version 1 (one byte), base
// (4), width (2), trees (2), then for each tree its size (2) and nodes of 6
// bytes (feature, cut, left).
func (f *Forest) Pack() []byte {
	le := binary.LittleEndian
	b := []byte{1}
	b = le.AppendUint32(b, uint32(f.base))
	b = le.AppendUint16(b, uint16(f.width))
	b = le.AppendUint16(b, uint16(len(f.roots)))
	for i, r := range f.roots {
		end := len(f.nodes)
		if i+1 < len(f.roots) {
			end = int(f.roots[i+1])
		}
		b = le.AppendUint16(b, uint16(end-int(r)))
		for _, n := range f.nodes[r:end] {
			b = le.AppendUint16(b, uint16(n.feature))
			b = le.AppendUint16(b, uint16(n.cut))
			b = le.AppendUint16(b, n.left)
		}
	}
	return b
}

var errPacked = errors.New("forest: packed trees are damaged")

// Unpack reads what [Forest.Pack] wrote and checks that every walk ends.
func Unpack(b []byte) (*Forest, error) {
	if len(b) < 9 || b[0] != 1 {
		return nil, errPacked
	}
	le := binary.LittleEndian
	f := &Forest{base: int32(le.Uint32(b[1:])), width: int(le.Uint16(b[5:]))}
	trees := int(le.Uint16(b[7:]))
	b = b[9:]
	for range trees {
		if len(b) < 2 {
			return nil, errPacked
		}
		size := int(le.Uint16(b))
		b = b[2:]
		if size == 0 || len(b) < 6*size {
			return nil, errPacked
		}
		f.roots = append(f.roots, int32(len(f.nodes)))
		for i := range size {
			n := node{int16(le.Uint16(b)), int16(le.Uint16(b[2:])), le.Uint16(b[4:])}
			b = b[6:]
			if n.feature >= 0 && (int(n.feature) >= f.width || int(n.left) <= i || int(n.left)+1 >= size) {
				return nil, errPacked
			}
			f.nodes = append(f.nodes, n)
		}
	}
	if len(b) != 0 {
		return nil, errPacked
	}
	f.narrow = f.isNarrow()
	return f, nil
}
