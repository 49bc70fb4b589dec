package serve

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// Users take turns, whoever came first; those who leave lose theirs; too many are refused.
func TestFairQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newFairQueue(1, 6)
		if err := q.enter(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		var order []string
		wait := func(ctx context.Context, user string) {
			go func() {
				if q.enter(ctx, user) == nil {
					order = append(order, user)
					q.leave()
				}
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		for _, user := range []string{"greedy", "greedy", "greedy", "b"} {
			wait(t.Context(), user)
		}
		wait(ctx, "impatient")
		wait(t.Context(), "c")
		if err := q.enter(t.Context(), "late"); !errors.Is(err, ErrBusy) {
			t.Errorf("enter with a full queue = %v, want ErrBusy", err)
		}
		cancel()
		synctest.Wait()
		if n := q.length(); n != 5 {
			t.Errorf("%d wait, want 5", n)
		}
		q.leave()
		synctest.Wait()
		if want := []string{"greedy", "b", "c", "greedy", "greedy"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
		if q.free != 1 || q.waiting != 0 || len(q.turns) != 0 {
			t.Errorf("at the end: %d free, %d wait, %d users", q.free, q.waiting, len(q.turns))
		}
	})
}
