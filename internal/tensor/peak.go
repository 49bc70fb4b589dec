package tensor

import "time"

func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}

// peakTurns makes the peak loop last about a millisecond.
const peakTurns = 100_000

// peak measures the peak loop once: operations a second on one core, 0 where
// there is none.
func (c *CPU) peak(bf16 bool) float64 {
	ops := 0.0
	s := seconds(func() {
		if bf16 {
			ops = c.PeakBF16(peakTurns)
		} else {
			ops = c.PeakF32(peakTurns)
		}
	})
	return ops / s
}

// Peak returns the best of n measurements of the peak loop, in floating-point
// operations a second of one core; 0 where the level has none.
func (c *CPU) Peak(bf16 bool, n int) float64 {
	best := 0.0
	for range n {
		best = max(best, c.peak(bf16))
	}
	return best
}
