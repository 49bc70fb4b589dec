package model

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"feilun/internal/bpe"
)

// Errors of [Scheduler.Submit].
var (
	ErrBusy   = errors.New("too many requests wait")
	ErrClosed = errors.New("the scheduler is closed")
)

// A Scheduler generates for many requests at once: they join and leave the running batch at
// any step, and a request's tokens are the same as when it runs alone. Requests that find no
// room wait in order. Keys and values of earlier requests stay as long as there is room for
// them, so that the next turn of a conversation reads only what is new; that does not change
// a bit either. It is for any number of goroutines:
//
//	s := model.NewScheduler(engine, tokenizer, model.SchedulerOptions{})
//	defer s.Close()
//	g, err := s.Submit(r.Context(), model.Request{Prompt: ids, MaxTokens: 256})
//	if err != nil { // ErrBusy, a *ContextError, or numbers out of range
//		return err
//	}
//	for piece := range g.Pieces() { // whole characters, as they come
//		io.WriteString(w, piece.Text)
//	}
//	result := g.Result() // finish reason, counts, all of the text
type Scheduler struct {
	e       *Engine
	tok     *bpe.Tokenizer
	o       SchedulerOptions
	kvLimit int // tokens that fit in KVBytes

	mu      sync.Mutex
	wake    *sync.Cond
	queue   []*Generation
	running []*Generation
	kvUsed  int // tokens that running requests may come to
	closed  bool
	done    chan struct{}
	total   SchedulerStats

	speed float64 // tokens a second of late, in steps with prompts
	turn  int     // of those who want embeddings
}

// SchedulerOptions bound what a [Scheduler] takes on. Zeros stand for the numbers given.
type SchedulerOptions struct {
	Running int   // requests in the batch at most: 64
	Queue   int   // requests that wait at most; more are ErrBusy: 1024
	KVBytes int64 // memory for keys and values: 1 GiB
}

// SchedulerStats count what a [Scheduler] has done.
type SchedulerStats struct {
	Running, Waiting  int
	KVTokens, KVLimit int // tokens whose keys and values are reserved, and how many can be
	Requests          int // that came to an end, cancelled ones included
	Cancelled         int
	PromptTokens      int
	CachedTokens      int // of these
	CompletionTokens  int
	Steps             int
}

// NewScheduler returns a running scheduler; nothing else may use the engine until it is
// closed.
func NewScheduler(e *Engine, t *bpe.Tokenizer, o SchedulerOptions) *Scheduler {
	def := func(n *int, to int) {
		if *n <= 0 {
			*n = to
		}
	}
	def(&o.Running, 64)
	def(&o.Queue, 1024)
	if o.KVBytes <= 0 {
		o.KVBytes = 1 << 30
	}
	s := &Scheduler{e: e, tok: t, o: o, done: make(chan struct{})}
	blocks := int(min(o.KVBytes/int64(e.kv.blockBytes()), 1<<32))
	s.kvLimit = blocks * blockTokens
	e.kv.share(blocks)
	s.wake = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// Context returns how many tokens prompt and answer can have together: as many as the
// model's context and the memory for keys and values hold.
func (s *Scheduler) Context() int { return min(s.e.m.Config.Context, s.kvLimit) }

// Submit begins a request, or lets it wait for its turn. When ctx ends, the request does:
// its reader sees that at once, the engine after the step in hand.
func (s *Scheduler) Submit(ctx context.Context, r Request) (*Generation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.Check(&s.e.m.Config); err != nil {
		return nil, err
	}
	left := s.Context() - len(r.Prompt)
	if left < 1 {
		return nil, &ContextError{len(r.Prompt), s.Context()}
	}
	if r.MaxTokens <= 0 || r.MaxTokens > left {
		r.MaxTokens = left
	}
	stream, err := s.e.Start(s.tok, r)
	if err != nil {
		return nil, err
	}
	g := newGeneration(stream)
	if err := s.enqueue(ctx, g); err != nil {
		return nil, err
	}
	return g, nil
}

// enqueue lets a request wait for its turn. It ends with ctx.
func (s *Scheduler) enqueue(ctx context.Context, g *Generation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case len(s.queue) >= s.o.Queue+s.o.Running-len(s.running):
		return ErrBusy
	}
	s.queue = append(s.queue, g)
	g.forget = context.AfterFunc(ctx, func() {
		g.cancel(context.Cause(ctx))
		s.mu.Lock() // so that it is not between looking and waiting
		s.wake.Broadcast()
		s.mu.Unlock()
	})
	s.wake.Broadcast()
	return nil
}

// Close ends all requests as cancelled and waits for the step in hand.
func (s *Scheduler) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wake.Broadcast()
	<-s.done
}

// Stats returns the counts.
func (s *Scheduler) Stats() SchedulerStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.total
	t.Running, t.Waiting, t.KVTokens, t.KVLimit = len(s.running), len(s.queue), s.kvUsed, s.kvLimit
	return t
}

func (s *Scheduler) run() {
	defer close(s.done)
	for s.admit() {
		var streams []*Stream
		for _, g := range s.running {
			streams = append(streams, g.stream)
		}
		err := s.step(streams)
		for _, g := range s.running {
			if err != nil {
				g.cancel(err)
			}
			g.publish()
		}
		runtime.Gosched() // those who wait for tokens run first: workers do not sleep between products
	}
}

// admit waits until there is something to do, drops requests that ended, and takes in
// those that find room. It returns false when the scheduler is closed.
func (s *Scheduler) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.closed {
			for _, g := range slices.Concat(s.queue, s.running) {
				g.cancel(ErrClosed)
			}
		}
		s.queue = slices.DeleteFunc(s.queue, s.left)
		s.running = slices.DeleteFunc(s.running, func(g *Generation) bool {
			left := s.left(g)
			if left {
				s.kvUsed -= g.reserved
				s.e.drop(g.stream)
			}
			return left
		})
		for len(s.queue) > 0 && len(s.running) < s.o.Running && s.kvUsed+s.queue[0].reserved <= s.kvLimit {
			g := s.queue[0]
			s.kvUsed += g.reserved
			g.resumed(s.e.resume(g.stream))
			s.queue, s.running = s.queue[1:], append(s.running, g)
		}
		if s.closed || len(s.running) > 0 {
			return !s.closed
		}
		s.wake.Wait()
	}
}

// left reports whether a request has ended, and counts it.
func (s *Scheduler) left(g *Generation) bool {
	r, ended := g.ended()
	if !ended {
		return false
	}
	g.forget()
	s.total.Requests++
	s.total.PromptTokens += r.PromptTokens
	s.total.CachedTokens += r.CachedTokens
	s.total.CompletionTokens += r.CompletionTokens
	if r.Finish == FinishCancelled {
		s.total.Cancelled++
	}
	return true
}

// stepTime is how long a step may take for prompts: requests come, are cancelled and
// get their next token between steps.
const stepTime = 30 * time.Millisecond

// step advances all streams, with as much of their prompts as fits in stepTime, and then of
// texts to embed, so that neither keeps the other waiting.
func (s *Scheduler) step(streams []*Stream) error {
	err := s.timed(func(room int) (int, error) { return s.e.advance(streams, room) })
	if err == nil {
		err = s.timed(func(room int) (int, error) { return s.embed(streams, room) })
	}
	s.mu.Lock()
	s.total.Steps++
	s.mu.Unlock()
	return err
}

// timed calls read with the number of tokens that it may read, and learns how long they take.
func (s *Scheduler) timed(read func(room int) (tokens int, err error)) error {
	room := min(stepTokens, max(chunkTokens, int(s.speed*stepTime.Seconds())))
	began := time.Now()
	n, err := read(room)
	if n >= chunkTokens {
		speed := float64(n) / time.Since(began).Seconds()
		if s.speed > 0 {
			speed = (3*s.speed + speed) / 4
		}
		s.speed = speed
	}
	return err
}
