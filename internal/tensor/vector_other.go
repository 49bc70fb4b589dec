//go:build !amd64

package tensor

// These stand for assembly that other processors have; no level calls them here.
const absent = "tensor: no such instruction"

func axpy([]float32, float32, []float32)                                { panic(absent) }
func add([]float32, []float32)                                          { panic(absent) }
func scale([]float32, float32)                                          { panic(absent) }
func mulScale([]float32, []float32, []float32, float32)                 { panic(absent) }
func mulAdd([]float32, []float32, []float32, float32)                   { panic(absent) }
func softmaxBack([]float32, []float32, float32)                         { panic(absent) }
func turn([]float32, []float32, []float32, []float32, float32, float32) { panic(absent) }
func dot([]float32, []float32) float32                                  { panic(absent) }
func largest([]float32, float32) float32                                { panic(absent) }
func expSum([]float32, float32) float32                                 { panic(absent) }
func siluMul([]float32, []float32, []float32)                           { panic(absent) }
func siluMulBack([]float32, []float32, []float32, []float32, []float32) { panic(absent) }
func adamW([]float32, []float32, []float32, []float32, float32, float32, float32, float32, float32, float32, float32, float32) {
	panic(absent)
}
func toBF16([]uint16, []float32) { panic(absent) }

// PeakF32 is 0: there is no such loop here.
func (c *CPU) PeakF32(int) float64 { return 0 }

// PeakBF16 is 0: there is no such loop here.
func (c *CPU) PeakBF16(int) float64 { return 0 }
