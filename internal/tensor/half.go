package tensor

import "unsafe"

// What only products of bfloat16 read is kept in bfloat16: half as many bytes go through
// the caches, and it is rounded once, where it is made.

// Half returns the view of a matrix of bfloat16 whose rows lie one after another. The
// level has to be [AVX512BF16] at least, the product one of bfloat16.
func Half(data []uint16, cols int) View { return View{Half: data, Row: cols, Col: 1} }

// Halves returns the memory of float32 as twice as many bfloat16.
func Halves(x []float32) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x))
}

// From returns the view of the rows from i on.
func (v View) From(i int) View {
	if v.Half != nil {
		v.Half = v.Half[i*v.Row:]
	} else {
		v.Data = v.Data[i*v.Row:]
	}
	return v
}

// place returns where a number is, and the bytes that one takes.
func (v *View) place(at int) (p uintptr, size int) {
	if v.Half != nil {
		return uintptr(unsafe.Pointer(&v.Half[at])), 2
	}
	return uintptr(unsafe.Pointer(&v.Data[at])), 4
}

// address returns where a number is, for a kernel.
func address(x *float32) uintptr { return uintptr(unsafe.Pointer(x)) }

// bits returns a number of a matrix, rounded.
func (v *View) bits(at int) uint32 {
	if v.Half != nil {
		return uint32(v.Half[at])
	}
	return uint32(BF16(v.Data[at]))
}

// round copies numbers that lie side by side.
func (v *View) round(dst []uint16, from int) {
	if v.Half != nil {
		copy(dst, v.Half[from:])
		return
	}
	toBF16(dst, v.Data[from:][:len(dst)])
}

// pairs brings two rows together at a time: those that lie step numbers apart, n times,
// in tiles of columns that lie tile numbers apart; dstep and dtile are in bytes.
func (v *View) pairs(n, tiles int, dst []uint32, from, dstep, step, dtile, tile, mask int) {
	if v.Half != nil {
		pairsHalf(n, tiles, unsafe.Pointer(&dst[0]), unsafe.Pointer(&v.Half[from]), dstep, 2*step, dtile, 2*tile, mask)
		return
	}
	pairs(n, tiles, unsafe.Pointer(&dst[0]), unsafe.Pointer(&v.Data[from]), dstep, 4*step, dtile, 4*tile, mask)
}

// ScaleHalf sets y to a·x.
func (c *CPU) ScaleHalf(y []uint16, x []float32, a float32) {
	x = x[:len(y)]
	if c.level >= AVX512BF16 && len(y) > 0 {
		scaleHalf(y, x, a)
		return
	}
	for i, v := range x {
		y[i] = BF16(v * a)
	}
}

// MulScaleHalf is [CPU.MulScale] that gives bfloat16.
func (c *CPU) MulScaleHalf(y []uint16, x, w []float32, a float32) {
	x, w = x[:len(y)], w[:len(y)]
	if c.level >= AVX512BF16 && len(y) > 0 {
		mulScaleHalf(y, x, w, a)
		return
	}
	for i, v := range x {
		y[i] = BF16(v * a * w[i])
	}
}

// SiluMulHalf is [CPU.SiluMul] that gives bfloat16.
func (c *CPU) SiluMulHalf(y []uint16, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	if c.level >= AVX512BF16 && len(y) > 0 {
		siluMulHalf(y, a, b)
		return
	}
	for i := range y {
		y[i] = BF16(a[i] / (1 + exp(-a[i])) * b[i])
	}
}

// SiluMulBackHalf is [CPU.SiluMulBack] that gives bfloat16.
func (c *CPU) SiluMulBackHalf(da, db []uint16, a, b, dy []float32) {
	db, a, b, dy = db[:len(da)], a[:len(da)], b[:len(da)], dy[:len(da)]
	if c.level >= AVX512BF16 && len(da) > 0 {
		siluMulBackHalf(da, db, a, b, dy)
		return
	}
	for i, x := range a {
		s := 1 / (1 + exp(-x))
		da[i], db[i] = BF16((1+x*(1-s))*s*b[i]*dy[i]), BF16(x*s*dy[i])
	}
}
