//go:build !amd64

package tensor

func scaleHalf([]uint16, []float32, float32)                              { panic(absent) }
func mulScaleHalf([]uint16, []float32, []float32, float32)                { panic(absent) }
func siluMulHalf([]uint16, []float32, []float32)                          { panic(absent) }
func siluMulBackHalf([]uint16, []uint16, []float32, []float32, []float32) { panic(absent) }
func pairsHalf(int, int, pointer, pointer, int, int, int, int, int)       { panic(absent) }
