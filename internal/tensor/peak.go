package tensor

import "time"

// Seconds measures f: for one worker in processor time where the system tells it, so that
// other programs do not count; else in time that passes.
func Seconds(workers int, f func()) float64 {
	start := time.Now()
	before, known := processSeconds()
	f()
	after, _ := processSeconds()
	if known && workers == 1 {
		return max(after-before, 1e-9)
	}
	return max(time.Since(start).Seconds(), 1e-9)
}

// peakTurns makes the peak loop last some milliseconds.
const peakTurns = 1_000_000

// peak measures the peak loop once, for so many turns: operations a second on one core, 0
// where there is none.
func (c *CPU) peak(bf16 bool, turns int) float64 {
	ops := 0.0
	s := Seconds(1, func() {
		if bf16 {
			ops = c.PeakBF16(turns)
		} else {
			ops = c.PeakF32(turns)
		}
	})
	return ops / s
}

// PeakNow is [CPU.Peak] for a fraction of a millisecond: at the clock that the processor has
// just now. It falls with the power that what came before took, and rises again within some
// milliseconds.
func (c *CPU) PeakNow(bf16 bool) float64 { return c.peak(bf16, peakTurns/20) }

// Peak returns the best of n measurements of the peak loop, in floating-point operations a
// second of one core; 0 where the level has none. Once in some hundred times the system tells
// a processor time that is wrong by a factor: a best that is far above the next is not taken.
func (c *CPU) Peak(bf16 bool, n int) float64 {
	best, next := 0.0, 0.0
	for range n {
		now := c.peak(bf16, peakTurns)
		best, next = max(best, now), max(next, min(best, now))
	}
	if n > 1 && best > farPeak*next {
		return next
	}
	return best
}

// farPeak is by how much two measurements do not differ.
const farPeak = 1.5
