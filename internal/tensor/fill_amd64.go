package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen fill fill_amd64.s

//go:noescape
func fillInt8(groups int, scales, numbers unsafe.Pointer, step int, src unsafe.Pointer) (left int)

//go:noescape
func fillInt4(groups int, scales, numbers unsafe.Pointer, step int, src unsafe.Pointer) (left int)

//go:noescape
func fillBF16(groups int, numbers unsafe.Pointer, step int, src unsafe.Pointer)

// fill rounds row i and lays it out, and reports whether the level has a kernel for it and
// all of its numbers fit.
func (l Level) fill(m *QuantMatrix, i int, row []float32) bool {
	if l < AVX512 || m.groups == 0 || m.cols%groupCols != 0 {
		return false
	}
	tile, r, step, src := unsafe.Pointer(&m.data[m.at(i/tileRows)]), i%tileRows, 2*m.kind.group(), unsafe.Pointer(&row[0])
	switch m.kind {
	case WeightsBF16:
		fillBF16(m.groups, unsafe.Add(tile, 4*r), step, src)
		return true
	case WeightsInt8:
		return fillInt8(m.groups, unsafe.Add(tile, 2*r), unsafe.Add(tile, 64+4*r), step, src) == 0
	case WeightsInt4:
		return fillInt4(m.groups, unsafe.Add(tile, 2*r), unsafe.Add(tile, 64+4*r), step, src) == 0
	}
	return false
}
