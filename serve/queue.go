package serve

import (
	"context"
	"fmt"
	"slices"
	"sync"
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
	wait []chan struct{}
}

func newFairQueue(running, waiting int) *fairQueue { return &fairQueue{free: running, most: waiting} }

// enter waits for a user's turn. Leave must be called once after it.
func (q *fairQueue) enter(ctx context.Context, user string) error {
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
	turn := make(chan struct{})
	i := slices.IndexFunc(q.turns, func(u *userQueue) bool { return u.user == user })
	if i < 0 {
		i = len(q.turns)
		q.turns = append(q.turns, &userQueue{user: user})
	}
	q.turns[i].wait = append(q.turns[i].wait, turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-turn: // its turn came as it left
		q.next()
	default:
		q.forget(user, turn)
	}
	return ctx.Err()
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
	close(u.wait[0])
	q.waiting--
	if u.wait = u.wait[1:]; len(u.wait) > 0 {
		q.turns = append(q.turns, u)
	}
}

func (q *fairQueue) forget(user string, turn chan struct{}) {
	for i, u := range q.turns {
		if u.user == user {
			u.wait = slices.DeleteFunc(u.wait, func(c chan struct{}) bool { return c == turn })
			q.waiting--
			if len(u.wait) == 0 {
				q.turns = slices.Delete(q.turns, i, i+1)
			}
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
