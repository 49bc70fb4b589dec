//go:build !amd64

package tensor

// These stand for assembly that other processors have; no level calls them here.
const absent = "tensor: no such instruction"

func (l Level) axpy([]float32, float32, []float32)                                { panic(absent) }
func (l Level) add([]float32, []float32)                                          { panic(absent) }
func (l Level) scale([]float32, float32)                                          { panic(absent) }
func (l Level) mulScale([]float32, []float32, []float32, float32)                 { panic(absent) }
func (l Level) mulAdd([]float32, []float32, []float32, float32)                   { panic(absent) }
func (l Level) softmaxBack([]float32, []float32, float32)                         { panic(absent) }
func (l Level) turn([]float32, []float32, []float32, []float32, float32, float32) { panic(absent) }
func (l Level) largest([]float32, float32) float32                                { panic(absent) }
func (l Level) expSum([]float32, float32) float32                                 { panic(absent) }
func (l Level) siluMul([]float32, []float32, []float32)                           { panic(absent) }
func (l Level) siluMulBack([]float32, []float32, []float32, []float32, []float32) { panic(absent) }
func (l Level) adamW([]float32, []float32, []float32, []float32, float32, float32, float32, float32, float32, float32, float32, float32) {
	panic(absent)
}
func toBF16([]uint16, []float32) { panic(absent) }

// PeakBF16 is 0: there is no such loop here.
func (c *CPU) PeakBF16(int) float64 { return 0 }
