// Package run says where tasks run. A Runner takes a number of independent
// tasks and sees to it that each is done; Local does them on this machine's
// cores. What a task does, and whether it is done already, the caller knows:
// killing a runner is safe, and running it again resumes.
package run

import (
	"context"
	"sync"
)

// A Runner does tasks 0 … n-1, each at most once at a time, in any order. It
// returns after all that were started have ended, with the first error by task
// number. Tasks that had not started when an error or the end of ctx was seen
// are not started.
type Runner interface {
	Do(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error
}

// Local runs tasks on this machine, Workers at a time.
type Local struct{ Workers int }

// Do implements [Runner]. The worker argument is 0 … Workers-1; two tasks with
// the same worker never overlap.
func (l Local) Do(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
		at    = n
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= n || first != nil || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for worker := range max(1, min(l.Workers, n)) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := task(ctx, worker, i); err != nil {
					mu.Lock()
					if i < at {
						first, at = err, i
					}
					mu.Unlock()
					stop()
				}
			}
		})
	}
	wg.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}
