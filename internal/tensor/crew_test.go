package tensor

import (
	"math/rand/v2"
	"runtime"
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
						time.Sleep(2 * c.crew.look)
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
	for _, pause := range []time.Duration{0, 4 * c.crew.look, 2 * stay, 0} {
		time.Sleep(pause)
		var at sync.WaitGroup
		at.Add(3)
		c.Do(3, func(int, int) { // ends when three are at work
			at.Done()
			at.Wait()
		})
	}
	gone := func() bool {
		return !c.crew.here[1].Load() && !c.crew.here[2].Load()
	}
	for until := time.Now().Add(10 * time.Second); !gone() && time.Now().Before(until); time.Sleep(stay / 10) {
	}
	if !gone() {
		t.Error("helpers stay for ever")
	}
	if n := c.crew.sleeping.Load(); n != 0 {
		t.Errorf("%d workers sleep that are not there", n)
	}
}

// TestDoBarely: calls that come when helpers just fall asleep, and that end when the caller just
// stops looking.
func TestDoBarely(t *testing.T) {
	const workers = 3
	c, rng := New(workers), rand.New(rand.NewPCG(1, 1))
	some := func() time.Duration { return time.Duration(rng.Int64N(int64(2 * c.crew.look))) }
	last := func(d time.Duration) {
		for from := time.Now(); time.Since(from) < d; {
		}
	}
	hung := time.AfterFunc(time.Minute, func() { panic("Do does not return") })
	defer hung.Stop()
	for range 3000 {
		last(some())
		var at sync.WaitGroup
		var working [workers]atomic.Int32
		var over atomic.Int32
		times := [workers]time.Duration{some(), some(), some()}
		at.Add(workers)
		c.Do(workers, func(worker, i int) { // ends when all are at work
			if working[worker].Add(1) != 1 {
				t.Error("a worker does two things at a time")
			}
			at.Done()
			at.Wait()
			last(times[i])
			working[worker].Add(-1)
			over.Add(1)
		})
		if n := over.Load(); n != workers {
			t.Fatalf("Do returns when %d of %d calls are over", n, workers)
		}
		if c.crew.busy.Load() {
			t.Fatal("busy for ever")
		}
	}
}

// TestDoForgets: what a call used can be collected, and one that panics hands out nothing more.
func TestDoForgets(t *testing.T) {
	c := New(2)
	collected := make(chan bool, 1)
	func() {
		big := make([]byte, 1<<20)
		runtime.AddCleanup(&big[0], func(int) { collected <- true }, 0)
		c.Do(4, func(_, i int) { big[i] = 1 })
	}()
	for until := time.Now().Add(10 * time.Second); len(collected) == 0 && time.Now().Before(until); time.Sleep(stay / 10) {
		runtime.GC()
	}
	if len(collected) == 0 {
		t.Error("what the last call used is kept")
	}
	var calls atomic.Int32
	func() {
		defer func() { recover() }()
		c.crew.do(1000, func(worker, _ int) {
			calls.Add(1)
			if worker == 0 {
				panic("f")
			}
			time.Sleep(time.Millisecond)
		})
	}()
	n := calls.Load()
	if time.Sleep(20 * time.Millisecond); calls.Load() > n+1 {
		t.Errorf("%d calls at the panic, %d behind it", n, calls.Load())
	}
}

func TestSound(t *testing.T) {
	for _, c := range []struct {
		all  []float64
		want float64
	}{{nil, 0}, {[]float64{0, 0, 0}, 0}, {[]float64{3}, 3}, {[]float64{1, 9}, 9}, {[]float64{500, 26000, 510}, 510}, {[]float64{300, 500, 510}, 510}} {
		if got := sound(c.all); got != c.want {
			t.Errorf("the best of %v is %v, want %v", c.all, got, c.want)
		}
	}
}
