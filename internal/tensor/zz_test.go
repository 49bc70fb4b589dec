package tensor

import (
	"fmt"
	"testing"
)

func TestZZ(t *testing.T) {
	Best()
	for _, k := range []int{4, 8, 12, 16, 32} {
		for _, n := range []int{1, 5, 10} {
			for _, cw := range []int{32, 384, 3072} {
				for _, add := range []int{0, 1} {
					a := Floats(n * 32 * k * 16)
					b := Floats(k * 16 * 32)
					c := Floats(n * 32 * cw)
					best := 0.0
					for range 30 {
						reps := 200
						s := Seconds(1, func() {
							for range reps {
								kernelTiles(k, n, 1, pointer(&a[0]), k*64, pointer(&b[0]), pointer(&c[0]), 4*cw, add)
							}
						})
						best = max(best, float64(reps*n*k)*4*16384/s/1e9)
					}
					fmt.Printf("k %d n %d cw %d add %d: %.0f\n", k, n, cw, add, best)
				}
			}
		}
	}
}
