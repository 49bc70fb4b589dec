package run

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestLocal(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 100} {
		var sum atomic.Int64
		busy := make([]atomic.Int32, 100)
		err := Local{workers}.Do(t.Context(), 50, func(_ context.Context, worker, i int) error {
			if busy[worker].Add(1) != 1 {
				t.Errorf("worker %d has two tasks", worker)
			}
			sum.Add(int64(i))
			busy[worker].Add(-1)
			return nil
		})
		if err != nil || sum.Load() != 49*50/2 {
			t.Errorf("Local{%d}: sum %d, error %v", workers, sum.Load(), err)
		}
	}
}

func TestLocalError(t *testing.T) {
	bad := errors.New("bad")
	var started atomic.Int32
	err := Local{2}.Do(t.Context(), 1000, func(ctx context.Context, _, i int) error {
		started.Add(1)
		if i == 3 {
			return bad
		}
		return nil
	})
	if err != bad {
		t.Errorf("error = %v, want %v", err, bad)
	}
	if started.Load() == 1000 {
		t.Error("all tasks were started after an error")
	}
}

func TestLocalCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Local{2}).Do(ctx, 3, func(context.Context, int, int) error { t.Error("started"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}
