package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen amx amx_amd64.s

//go:noescape
func kernelTiles(k, n, panels int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

//go:noescape
func kernelTilesx16(k, n, panels int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

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
