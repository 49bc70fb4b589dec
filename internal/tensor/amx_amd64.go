package tensor

import "unsafe"

//go:generate go run feilun/internal/tensorgen amx amx_amd64.s

//go:noescape
func kernelTiles(k, n int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

//go:noescape
func kernelTilesx16(k, n int, a unsafe.Pointer, lda int, b, c unsafe.Pointer, ldc, add int)

//go:noescape
func peakTiles(n int)

// tiles multiplies n tiles of rows, 16 or 32, of A with a panel of B, k steps.
func tiles(rows, k, n int, a pointer, lda int, b, c pointer, ldc, add int) {
	if rows == 16 {
		kernelTilesx16(k/tileDepth, n, a, lda, b, c, ldc, add)
		return
	}
	kernelTiles(k/tileDepth, n, a, lda, b, c, ldc, add)
}
