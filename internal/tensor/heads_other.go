//go:build !amd64

package tensor

func turnHeads(int, int, []float32, []float32, []float32, []float32, []float32, float32, float32, float32) {
	panic(absent)
}

func turnHeadsBack(int, int, []float32, []float32, []float32, []float32, []float32, []float32, float32, float32, float32) {
	panic(absent)
}
