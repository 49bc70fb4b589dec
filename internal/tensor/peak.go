package tensor

import (
	"slices"
	"time"
)

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
// milliseconds. What helpers of [CPU.Do] still look out for would count, so it lets them sleep.
func (c *CPU) PeakNow(bf16 bool) float64 {
	if c.workers > 1 {
		time.Sleep(2 * lookOut)
	}
	return c.peak(bf16, peakTurns/20)
}

// Peak returns the best of n measurements of the peak loop, in floating-point operations a
// second of one core; 0 where the level has none.
func (c *CPU) Peak(bf16 bool, n int) float64 {
	var all []float64
	for range n {
		all = append(all, c.peak(bf16, peakTurns))
	}
	return sound(all)
}

// farPeak is how many times faster than the next a measurement is not.
const farPeak = 1.5

// sound returns the best of measurements: of three or more not one that is far above all
// others, as once in some hundred times the system tells a processor time that is wrong by a
// factor.
func sound(all []float64) float64 {
	slices.Sort(all)
	n := len(all)
	if n == 0 {
		return 0
	}
	if n > 2 && all[n-1] > farPeak*all[n-2] {
		return all[n-2]
	}
	return all[n-1]
}
