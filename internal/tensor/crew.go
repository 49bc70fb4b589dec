package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A crew is the goroutines that work beside the one that calls [CPU.Do], which is worker 0.
// Between two calls they look out for the next one for a while before they sleep: to wake them
// takes longer than many a product. After some time without work they end, and the next call
// begins anew.
type crew struct {
	busy     atomic.Bool // a call is at work
	latest   atomic.Pointer[job]
	look     time.Duration // how long its workers look out
	here     []atomic.Bool // by worker; the first one is the caller
	sleeping atomic.Int32
	wake     chan struct{}
	finished chan struct{} // a helper has done the last of a job
}

// How long helpers look out for a job: longer than others mostly need to end the last pieces of
// the one before (docs/log/model.md has what came of it), but not where there are more of them
// than processors, as then others wait for theirs. And how long they sleep until they end.
const (
	lookOut      = 300 * time.Microsecond
	lookOutShort = 20 * time.Microsecond
	stay         = 200 * time.Millisecond
)

func newCrew(workers int) *crew {
	c := &crew{look: lookOut, here: make([]atomic.Bool, workers), wake: make(chan struct{}, workers), finished: make(chan struct{}, 1)}
	if workers > runtime.GOMAXPROCS(0) {
		c.look = lookOutShort
	}
	return c
}

// A job is calls of f for every i below n.
type job struct {
	n          int64
	f          func(worker, i int)
	_          [64]byte // a line of the cache: f and n are read for every call
	next, done atomic.Int64
}

// work takes calls until none is left, and reports whether it counted the last ones.
func (j *job) work(worker int) (last bool) {
	mine := int64(0)
	for i := j.next.Add(1) - 1; i < j.n; i = j.next.Add(1) - 1 {
		j.f(worker, int(i))
		mine++
	}
	return mine > 0 && j.done.Add(mine) == j.n
}

// do runs a job with its caller's help and returns when all of it is done. It does not wait
// for helpers that have not begun: one that ends or sleeps just now may miss the job.
func (c *crew) do(n int, f func(worker, i int)) {
	j := &job{n: int64(n), f: f}
	defer j.next.Store(j.n) // nothing more is handed out if f panics
	c.latest.Store(j)
	for w := 1; w < min(len(c.here), n); w++ {
		if !c.here[w].Load() && c.here[w].CompareAndSwap(false, true) {
			go c.help(w)
		}
	}
	// latest is set before sleeping is asked for, and helpers add to sleeping before they ask
	// for latest a last time: one of both sees the other.
	for k := min(c.sleeping.Load(), int32(min(n-1, len(c.here)))); k > 0; k-- {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	j.work(0)
	over := func() bool { return j.done.Load() == j.n }
	if !spin(c.look, over) {
		for !over() {
			<-c.finished // or one of an earlier job
		}
	}
	j.f = nil // what it refers to can go
}

// help does jobs as they come.
func (c *crew) help(worker int) {
	idle := time.NewTimer(stay)
	defer c.here[worker].Store(false)
	defer idle.Stop()
	var last *job
	changed := func() bool { return c.latest.Load() != last }
	for {
		for !spin(c.look, changed) {
			idle.Reset(stay)
			c.sleeping.Add(1)
			if !changed() {
				select {
				case <-c.wake:
				case <-idle.C:
					c.sleeping.Add(-1)
					return
				}
			}
			c.sleeping.Add(-1)
		}
		if last = c.latest.Load(); last.work(worker) {
			select {
			case c.finished <- struct{}{}:
			default:
			}
		}
	}
}

// spin asks again and again, for some time, and reports whether it is so. It does not yield: a
// goroutine that yields is run again before Go takes those that wait behind another processor.
func spin(long time.Duration, so func() bool) bool {
	var start time.Time
	for {
		for range 100 {
			if so() {
				return true
			}
		}
		if start.IsZero() {
			start = time.Now()
		} else if time.Since(start) > long {
			return false
		}
	}
}

// Do calls f for every i below n, workers side by side; f is told which worker
// it runs in. Who does what is not settled, so f must not depend on it. It must not panic nor
// end its goroutine.
func (c *CPU) Do(n int, f func(worker, i int)) {
	if c.workers == 1 || n <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	if c.crew.busy.CompareAndSwap(false, true) {
		defer c.crew.busy.Store(false)
		c.crew.do(n, f)
		return
	}
	j := &job{n: int64(n), f: f} // a call within a call, or beside one: numbers of workers are in use twice
	var group sync.WaitGroup
	for w := range min(c.workers, n) {
		group.Go(func() { j.work(w) })
	}
	group.Wait()
}
