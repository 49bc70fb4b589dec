package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen amx amx_amd64.s

//go:noescape
func kernelTiles(k, n, panels int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

//go:noescape
func kernelTilesx16(k, n, panels int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

//go:noescape
func decodeTiles1(config unsafe.Pointer, groups, chunks, pairs int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func decodeTiles2(config unsafe.Pointer, groups, chunks, pairs int, w, x unsafe.Pointer, xstep int, y unsafe.Pointer, ystep int)

//go:noescape
func peakTiles(n int)

// tiles multiplies n tiles of rows, 16 or 32, of A with panels of B that lie one behind the
// other, k steps.
func tiles(rows, k, n, panels int, a pointer, lda int, b, c pointer, ldc, add int) {
	if rows == 16 {
		kernelTilesx16(k/tileDepth, n, panels, a, lda, b, c, ldc, add)
		return
	}
	kernelTiles(k/tileDepth, n, panels, a, lda, b, c, ldc, add)
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
