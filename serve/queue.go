package serve

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A fairQueue lets a number of requests through at once. The others wait, each user's in order, and
// users take turns: who asks for much waits behind himself.
type fairQueue struct {
	mu      sync.Mutex
	free    int
	most    int // that wait
	waiting int
	turns   []*userQueue // those who wait, the next one first
}

type userQueue struct {
	user string
	wait []*waiting
}

// waiting is a request that waits for its turn.
type waiting struct {
	turn  chan struct{} // closed when it comes
	place chan int      // the newest place, from 1, until it is told
}

// tellPlace is how long a place is told before another one is.
const tellPlace = time.Second

func newFairQueue(running, waiting int) *fairQueue { return &fairQueue{free: running, most: waiting} }

// enter waits for a user's turn. Leave must be called once after it. Meanwhile told, if there is one, is told
// which place in the queue is the request's, and 0 when its turn has come.
func (q *fairQueue) enter(ctx context.Context, user string, told func(place int)) error {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return nil
	}
	if q.waiting >= q.most {
		n := q.waiting
		q.mu.Unlock()
		return fmt.Errorf("%w: %d", ErrBusy, n)
	}
	q.waiting++
	w := &waiting{make(chan struct{}), make(chan int, 1)}
	i := slices.IndexFunc(q.turns, func(u *userQueue) bool { return u.user == user })
	if i < 0 {
		i = len(q.turns)
		q.turns = append(q.turns, &userQueue{user: user})
	}
	q.turns[i].wait = append(q.turns[i].wait, w)
	q.places()
	q.mu.Unlock()
	if told == nil {
		told = func(int) {}
	}
	if w.wait(ctx, told) {
		told(0)
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-w.turn: // its turn came as it left
		q.next()
	default:
		q.forget(user, w)
	}
	return ctx.Err()
}

// wait returns true when its turn has come, false when ctx has ended.
func (w *waiting) wait(ctx context.Context, told func(place int)) bool {
	last, place, pause := 0, w.place, (<-chan time.Time)(nil)
	for {
		select {
		case <-w.turn:
			return true
		case n := <-place:
			if n != last {
				told(n)
				last, place, pause = n, nil, time.After(tellPlace)
			}
		case <-pause:
			place = w.place
		case <-ctx.Done():
			return false
		}
	}
}

// places tells all who wait their places, in the order of their turns.
func (q *fairQueue) places() {
	n := 0
	for round := 0; n < q.waiting; round++ {
		for _, u := range q.turns {
			if round >= len(u.wait) {
				continue
			}
			n++
			w := u.wait[round]
			select { // nobody else puts one in
			case <-w.place:
			default:
			}
			w.place <- n
		}
	}
}

// leave lets the next one in.
func (q *fairQueue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next()
}

func (q *fairQueue) next() {
	if len(q.turns) == 0 {
		q.free++
		return
	}
	u := q.turns[0]
	q.turns = q.turns[1:]
	close(u.wait[0].turn)
	q.waiting--
	if u.wait = u.wait[1:]; len(u.wait) > 0 {
		q.turns = append(q.turns, u)
	}
	q.places()
}

func (q *fairQueue) forget(user string, w *waiting) {
	for i, u := range q.turns {
		if u.user == user {
			u.wait = slices.DeleteFunc(u.wait, func(o *waiting) bool { return o == w })
			q.waiting--
			if len(u.wait) == 0 {
				q.turns = slices.Delete(q.turns, i, i+1)
			}
			q.places()
			return
		}
	}
}

// length returns how many wait.
func (q *fairQueue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
