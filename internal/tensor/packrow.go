package tensor

import (
	"encoding/binary"

	"feilun/internal/quant"
)

// PackRow lays out a row that is in blocks of the form's type. Rows may be packed side
// by side.
func (m *QuantMatrix) PackRow(i int, raw []byte) {
	if m.groups == 0 {
		return
	}
	tile, r, size := m.data[m.at(i/tileRows):], i%tileRows, m.kind.group()
	switch m.kind {
	case WeightsBF16:
		for g := range m.groups {
			line := tile[g*2*size+4*r:]
			b := raw[g*2*groupCols : 2*min(m.cols, (g+1)*groupCols)]
			for ; len(b) >= 4; b = b[4:] { // two columns a line
				binary.LittleEndian.PutUint32(line[:4], binary.LittleEndian.Uint32(b))
				line = line[min(len(line), 64):]
			}
			copy(line, b)
		}
		return
	case WeightsF16:
		for g := range m.groups {
			line := tile[g*2*size+2*r:]
			b := raw[g*2*groupCols : 2*min(m.cols, (g+1)*groupCols)]
			for ; len(b) >= 2; b = b[2:] { // a column a line
				binary.LittleEndian.PutUint16(line[:2], binary.LittleEndian.Uint16(b))
				line = line[min(len(line), 2*tileRows):]
			}
		}
		return
	case WeightsQ4K:
		for g, bytes := 0, m.kind.Type().Bytes(256); g < m.groups; g++ {
			packQ4K(tile[g*2*size:][:size], r, raw[g/4*bytes:], g%4)
		}
		return
	}
	half, bytes := (size-64)/2, m.kind.Type().Bytes(32)
	for b := range (m.cols + 31) / 32 {
		group := tile[b/2*2*size:][:size]
		block := raw[b*bytes:][:bytes]
		copy(group[b%2*32+2*r:][:2], block)
		for q := 2; q < bytes; q += 4 {
			four := binary.LittleEndian.Uint32(block[q:])
			if m.kind == WeightsInt8 {
				four ^= 0x80808080
			}
			binary.LittleEndian.PutUint32(group[64+b%2*half+(q-2)*tileRows+4*r:], four)
		}
	}
}

// packQ4K lays out a quarter of a block in row r of a group.
func packQ4K(group []byte, r int, block []byte, quarter int) {
	scale, low, scales, lows := quant.Scales4K(block)
	binary.LittleEndian.PutUint16(group[64+2*r:], scale)
	binary.LittleEndian.PutUint16(group[96+2*r:], low)
	for h := range 2 {
		group[16*h+r], group[32+16*h+r] = scales[2*quarter+h], lows[2*quarter+h]
	}
	for c := range 4 {
		// the first 32 numbers are lower halves, the second 32 upper ones; both are to be pairs of
		// numbers that lie 16 apart
		const lower = 0x0f0f0f0f
		q := block[16+32*quarter+4*c:]
		a, b := binary.LittleEndian.Uint32(q), binary.LittleEndian.Uint32(q[16:])
		binary.LittleEndian.PutUint32(group[128+64*c+4*r:], a&lower|b&lower<<4)
		binary.LittleEndian.PutUint32(group[128+256+64*c+4*r:], a>>4&lower|b&^lower)
	}
}

// Row returns the numbers of a row as they are held.
func (m *QuantMatrix) Row(dst []float32, i int) {
	if m.groups == 0 {
		return
	}
	tile, r, size := m.data[m.at(i/tileRows):], i%tileRows, m.kind.group()
	half := (size - m.kind.head()) / 2
	for col := range dst[:m.cols] {
		if m.kind == WeightsF16 {
			dst[col] = halfAt(tile, col/groupCols*2*size+col%groupCols*2*tileRows+2*r)
			continue
		}
		group := tile[col/groupCols*2*size:][:size]
		h, k := col%groupCols/32, col%32
		line := group[m.kind.head()+h*half+4*r:]
		switch m.kind {
		case WeightsBF16:
			dst[col] = quant.FromBF16(binary.LittleEndian.Uint16(line[k/2*64+k%2*2:]))
		case WeightsInt8:
			dst[col] = halfAt(group, 32*h+2*r) * float32(int(line[k/4*64+k%4])-128)
		default:
			q := int(line[k%16/4*64+k%4] >> (k / 16 * 4) & 15)
			if m.kind == WeightsInt4 {
				dst[col] = halfAt(group, 32*h+2*r) * float32(q-8)
				continue
			}
			scale, low := halfAt(group, 64+2*r)*float32(group[16*h+r]), float32(halfAt(group, 96+2*r)*float32(group[32+16*h+r]))
			dst[col] = float32(scale*float32(q)) - low
		}
	}
}

// halfAt returns the number of half precision at a byte.
func halfAt(b []byte, at int) float32 { return quant.FromHalf(binary.LittleEndian.Uint16(b[at:])) }
