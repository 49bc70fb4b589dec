package serve

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// maxTracked bounds how many names or addresses are kept in mind.
const maxTracked = 20000

// A limiter lets so many things happen a minute, up to a minute's worth at once (a token bucket).
type limiter struct {
	perMinute int
	mu        sync.Mutex
	m         map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// take takes one and returns 0, or returns how long to wait for one. perMinute overrides the limiter's own, unless it is 0.
func (l *limiter) take(key string, perMinute int, now time.Time) time.Duration {
	if perMinute == 0 {
		perMinute = l.perMinute
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = map[string]bucket{}
	}
	b, ok := l.m[key]
	full, rate := float64(perMinute), float64(perMinute)/60
	if !ok {
		b.left = full
		l.prune(now)
	} else {
		b.left = min(full, b.left+now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if b.left < 1 {
		l.m[key] = b
		return time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	b.left--
	l.m[key] = b
	return 0
}

// prune forgets those that are full again.
func (l *limiter) prune(now time.Time) {
	if len(l.m) < maxTracked {
		return
	}
	for k, b := range l.m {
		if now.Sub(b.at) > time.Minute {
			delete(l.m, k)
		}
	}
	for k := range l.m { // many at a time, so that a flood of keys costs no more than each its own
		if len(l.m) < maxTracked/2 {
			break
		}
		delete(l.m, k)
	}
}

// A backoff makes those wait who fail: after the free tries a second, and twice as long after each further one.
type backoff struct {
	free    int
	longest time.Duration
	mu      sync.Mutex
	m       map[string]failures
}

type failures struct {
	n     int
	until time.Time
}

// wait is how long the next try has to wait.
func (b *backoff) wait(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.m[key].until.Sub(now))
}

// fail counts a try that failed.
func (b *backoff) fail(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string]failures{}
	}
	if len(b.m) >= maxTracked {
		b.prune(now)
	}
	f := b.m[key]
	if now.Sub(f.until) > time.Hour {
		f.n = 0
	}
	f.n++
	f.until = now
	if over := f.n - b.free; over > 0 {
		f.until = now.Add(min(b.longest, time.Second<<min(over-1, 20)))
	}
	b.m[key] = f
}

// forget clears a key that has succeeded.
func (b *backoff) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, key)
}

// prune forgets what is over for longest, then those who have failed least.
func (b *backoff) prune(now time.Time) {
	for least := 1; len(b.m) >= maxTracked; least *= 2 {
		for k, f := range b.m {
			if now.Sub(f.until) > time.Hour || f.n <= least {
				delete(b.m, k)
			}
		}
	}
}

// limitAddress counts a request of an address.
func (s *Server) limitAddress(r *http.Request) error {
	if wait := s.people.hosts.take(s.address(r), 0, time.Now()); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// admit asks whether an actor may start a generation now. Done must be called with what it
// took, once, also after an error.
func (s *Server) admit(r *http.Request, a Actor) (done func(Result), err error) {
	if a.Role == RoleLocal {
		return func(Result) {}, nil
	}
	who, daily := []string{a.ID}, 0
	if a.Key != "" {
		keys, err := s.store.Keys(r.Context(), a.ID)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if k.ID == a.Key {
				daily = k.TokensPerDay
			}
		}
		who = append(who, a.Key)
	}
	last := who[len(who)-1]
	if wait := s.people.starts.take(last, 0, time.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	if daily > 0 {
		now := time.Now().UTC()
		spent, err := s.store.Spent(r.Context(), now, a.Key)
		if err != nil {
			return nil, err
		}
		if spent >= daily {
			return nil, tooMany(now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now))
		}
	}
	return func(res Result) {
		if n := res.PromptTokens + res.CompletionTokens; n > 0 {
			if err := s.store.Spend(context.WithoutCancel(r.Context()), time.Now(), n, who...); err != nil {
				s.log.Error("usage", "error", err)
			}
		}
	}, nil
}
