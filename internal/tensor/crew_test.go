package tensor

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestDo: every call is made once, by a worker that does one at a time, and is over when Do
// returns; also from several goroutines, inside of itself, and after pauses.
func TestDo(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 8} {
		c := New(workers)
		var group sync.WaitGroup
		for k := range 3 {
			rng := rand.New(rand.NewPCG(uint64(workers), uint64(k)))
			group.Go(func() {
				for round := range 300 {
					n := rng.IntN(20)
					calls, at := make([]int, n), make([]atomic.Int32, workers)
					c.Do(n, func(worker, i int) {
						if at[worker].Add(1) != 1 {
							t.Error("a worker does two things at a time")
						}
						calls[i]++
						if i == 3 && round%10 == 0 {
							inner := 0
							c.Do(1, func(int, int) { inner++ })
							c.Do(5, func(_, i int) { time.Sleep(time.Duration(i) * time.Microsecond) })
							calls[i] += inner - 1
						}
						at[worker].Add(-1)
					})
					for i, calls := range calls {
						if calls != 1 {
							t.Fatalf("%d workers, %d calls: the %d-th is made %d times", workers, n, i, calls)
						}
					}
					if round%50 == 0 {
						time.Sleep(2 * lookOut)
					}
				}
			})
		}
		group.Wait()
	}
}

// TestDoTogether: workers that sleep wake up, and those that ended come again.
func TestDoTogether(t *testing.T) {
	c := New(3)
	for _, pause := range []time.Duration{0, 4 * lookOut, 2 * stay, 0} {
		time.Sleep(pause)
		var at sync.WaitGroup
		at.Add(3)
		c.Do(3, func(int, int) { // ends when three are at work
			at.Done()
			at.Wait()
		})
	}
	time.Sleep(2 * stay)
	for w := range c.crew.here {
		if c.crew.here[w].Load() {
			t.Errorf("worker %d stays for ever", w)
		}
	}
	if n := c.crew.sleeping.Load(); n != 0 {
		t.Errorf("%d workers sleep that are not there", n)
	}
}
