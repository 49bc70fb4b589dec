package serve

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Users take turns, whoever came first; those who leave lose theirs; too many are refused.
func TestFairQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newFairQueue(1, 6)
		if err := q.enter(t.Context(), "first", nil); err != nil {
			t.Fatal(err)
		}
		var order []string
		wait := func(ctx context.Context, user string) {
			go func() {
				if q.enter(ctx, user, nil) == nil {
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
		if err := q.enter(t.Context(), "late", nil); !errors.Is(err, ErrBusy) {
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

// Those who wait are told their places, in the order of their turns; places fall as others come to their turns or leave.
func TestFairQueuePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newFairQueue(1, 10)
		free := func(int) { t.Error("a request that did not wait was told a place") }
		if err := q.enter(t.Context(), "first", free); err != nil {
			t.Fatal(err)
		}
		var told [4][]int
		leave := make([]context.CancelFunc, len(told))
		for i, user := range []string{"a", "a", "b", "c"} {
			ctx, cancel := context.WithCancel(t.Context())
			leave[i] = cancel
			go q.enter(ctx, user, func(place int) { told[i] = append(told[i], place) })
			synctest.Wait()
			time.Sleep(2 * tellPlace)
		}
		check := func(when string, want [4][]int) {
			t.Helper()
			time.Sleep(2 * tellPlace)
			synctest.Wait()
			if d := cmp.Diff(want, told); d != "" {
				t.Errorf("%s: %s", when, d)
			}
			told = [4][]int{}
		}
		check("all wait", [4][]int{{1}, {2, 3, 4}, {2}, {3}})
		q.leave() // a's first comes to its turn
		check("one left", [4][]int{{0}, {3}, {1}, {2}})
		leave[2]() // b gives up
		check("one gave up", [4][]int{nil, {2}, nil, {1}})
		q.leave()
		check("c's turn", [4][]int{nil, {1}, nil, {0}})
		q.leave()
		q.leave()
		check("the end", [4][]int{nil, {0}, nil, nil})
	})
}
