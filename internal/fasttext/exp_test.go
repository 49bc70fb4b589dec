package fasttext

import (
	"math"
	"testing"
)

// TestExp32 holds values of the C library where they are not the correctly
// rounded ones (found by comparing 400,000 arguments in -14..9; the others agree).
func TestExp32(t *testing.T) {
	for _, v := range [][2]uint32{
		{0xc09f9529, 0x3bdfaffc}, {0xc03e7bd7, 0x3d50d11e}, {0x3faf7b1c, 0x407c19b7},
		{0x410d43ef, 0x45d5704c}, {0xc15329b3, 0x35f8f5d6}, {0, 0x3f800000},
	} {
		x := math.Float32frombits(v[0])
		if got := math.Float32bits(exp32(x)); got != v[1] {
			t.Errorf("exp32(%v) = %#x, want %#x", x, got, v[1])
		}
	}
}
