package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen amx amx_amd64.s

//go:noescape
func kernelTiles(call *tileCall)

//go:noescape
func kernelTilesx16(call *tileCall)

//go:noescape
func weightTiles(call *tileCall)

//go:noescape
func flushTiles(call *tileCall)

//go:noescape
func tileRows512(rows, n int, dst, src unsafe.Pointer, sstep, dstep int)

//go:noescape
func tileRowsHalf512(rows, n int, dst, src unsafe.Pointer, sstep, dstep int)

//go:noescape
func decodeTiles1(config unsafe.Pointer, groups, chunks, pairs int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeTiles2(config unsafe.Pointer, groups, chunks, pairs int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func peakTiles(n int)

// tiles multiplies tiles of rows, 16 or 32, of A with panels of B.
func tiles(rows int, call *tileCall) {
	if rows == 16 {
		kernelTilesx16(call)
		return
	}
	kernelTiles(call)
}

// packTileRows packs n steps of rows for tiles: those of v from the number from on.
func packTileRows(v *View, rows, n int, dst pointer, from, dstep int) {
	if v.Half != nil {
		tileRowsHalf512(rows, n, dst, pointer(&v.Half[from]), 2*v.Row, dstep)
		return
	}
	tileRows512(rows, n, dst, pointer(&v.Data[from]), 4*v.Row, dstep)
}

// decodeTiles multiplies pairs of tiles of weights with chunks of rows vectors, up to 32.
func decodeTiles(rows, groups, chunks, pairs int, w, x pointer, xstep int, y pointer, ystep int) {
	if rows <= 16 {
		decodeTiles1(pointer(&tileConfigs[rows]), groups, chunks, pairs, w, x, xstep, y, ystep)
		return
	}
	decodeTiles2(pointer(&tileConfigs[rows]), groups, chunks, pairs, w, x, xstep, y, ystep)
}

// tileConfigs say how many rows the tiles have for up to 32 vectors: those of the first 16 in
// tiles 0, 1 and 4, the others in 2, 3 and 5 (Intel SDM, vol. 1, 18.3).
var tileConfigs = func() (all [33][64]byte) {
	for n := range all {
		c := &all[n]
		c[0] = 1 // palette
		for t, rows := range [8]int{min(n, 16), min(n, 16), n - 16, n - 16, min(n, 16), n - 16, 16, 16} {
			if rows > 0 {
				c[16+2*t], c[48+t] = 64, byte(rows)
			}
		}
	}
	return
}()
