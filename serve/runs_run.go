package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"feilun/internal/store"
)

var (
	errStopped = errors.New("stopped by the user")
	errClosing = errors.New("the server ended")
)

const (
	// keptLog is how long the events of an answer stay in memory once it has ended, for viewers who come back.
	keptLog = time.Minute
	// keepAgain is how long after a failure an answer is written to disk again.
	keepAgain = time.Second
	// longestRun ends an answer that never would.
	longestRun = 30 * time.Minute
)

// An event is what viewers of an answer are sent; its id is its place in the log, from 1.
type event struct {
	name string
	data []byte
}

// A run makes one answer. It goes on whoever watches.
type run struct {
	s        *Server
	owner    string
	model    Model
	params   store.Params
	done     func(Result) // gives back what the owner's limits lent
	began    time.Time
	stop     context.CancelCauseFunc
	sourceOf []int // the number of the source of each passage

	mu    sync.Mutex
	m     store.Message
	text  strings.Builder
	log   []event
	grown chan struct{} // closed when the log grows
	ended bool
}

// start begins an answer whose message is on disk.
func (s *Server) start(owner string, m *store.Message, model Model, params *store.Params, done func(Result)) {
	ctx, stop := context.WithCancelCause(s.runs.ctx)
	r := &run{s: s, owner: owner, model: model, done: done, began: time.Now(), stop: stop, m: *m, grown: make(chan struct{})}
	if params != nil {
		r.params = *params
	}
	s.runs.mu.Lock()
	s.runs.live[m.ID] = r
	s.runs.mu.Unlock()
	s.runs.all.Go(func() {
		defer stop(nil)
		ctx, cancel := context.WithTimeoutCause(ctx, longestRun, fmt.Errorf("%w: an answer has %v", ErrUpstream, longestRun))
		defer cancel()
		res, err := r.guarded(ctx)
		r.finish(ctx, res, err)
	})
}

// guarded answers; a panic becomes an error of this answer alone.
func (r *run) guarded(ctx context.Context) (res Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return r.answer(ctx)
}

// running is the run of a message, nil when there is none any more.
func (s *Server) running(id string) *run {
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	return s.runs.live[id]
}

// emit logs an event for all viewers. Before it is called under mu, change is made to the message; then a copy goes to the disk.
func (r *run) emit(name string, v any, change func()) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if change != nil {
		change()
		r.m.Text = r.text.String()
		r.s.store.Checkpoint(r.m)
	}
	r.append(event{name, b})
}

func (r *run) append(e event) {
	r.log = append(r.log, e)
	close(r.grown)
	r.grown = make(chan struct{})
}

// write goes on with the text.
func (r *run) write(text string) {
	if text != "" {
		r.emit("text", map[string]string{"text": text}, func() { r.text.WriteString(text) })
	}
}

func (r *run) stage(name string, more ...any) {
	v := map[string]any{"stage": name}
	for i := 0; i+1 < len(more); i += 2 {
		v[more[i].(string)] = more[i+1]
	}
	r.emit("stage", v, nil)
}

// finish writes the last form of the message to disk, and then tells viewers.
func (r *run) finish(ctx context.Context, res Result, err error) {
	cause := context.Cause(ctx)
	r.mu.Lock()
	m := &r.m
	m.Text, m.MS = r.text.String(), time.Since(r.began).Milliseconds()
	switch {
	case err == nil:
		m.State, m.Finish = store.Done, finishOf(res)
	case errors.Is(cause, errStopped):
		m.State = store.Stopped
	case errors.Is(cause, errClosing):
		m.State = store.Interrupted
	default:
		if cause != nil {
			err = cause
		}
		e := errorOf(err)
		if r.s.warn(err, "message", m.ID); e.Code == "internal" {
			r.s.log.Error("answer", "message", m.ID, "error", err)
		}
		m.State, m.Error = store.Failed, &store.Failure{Code: e.Code, Message: e.Message}
	}
	if res.PromptTokens+res.CompletionTokens > 0 {
		m.Tokens = &store.Tokens{Prompt: res.PromptTokens, Completion: res.CompletionTokens}
	}
	last := r.m
	r.mu.Unlock()
	kept := r.keep(ctx, &last)
	r.done(res)
	b, err := json.Marshal(map[string]any{"message": last.Shown()})
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	r.ended = true
	r.append(event{"done", b})
	r.mu.Unlock()
	if !kept {
		r.keepLater(ctx, &last)
	}
	time.AfterFunc(keptLog, func() {
		r.s.runs.mu.Lock()
		delete(r.s.runs.live, last.ID)
		r.s.runs.mu.Unlock()
	})
}

// keep writes the last form of the message to disk, or logs that it cannot.
func (r *run) keep(ctx context.Context, last *store.Message) bool {
	err := r.s.store.FinishMessage(context.WithoutCancel(ctx), last)
	if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) { // its chat was deleted; it was finished after all
		return true
	}
	r.s.log.Error("answer not kept", "message", last.ID, "error", err)
	return false
}

// keepLater tries again until it can, for the disk may be full, or until the server ends.
func (r *run) keepLater(ctx context.Context, last *store.Message) {
	for kept := false; !kept && r.s.runs.ctx.Err() == nil; kept = r.keep(ctx, last) {
		select {
		case <-time.After(keepAgain):
		case <-r.s.runs.ctx.Done():
		}
	}
}

// since returns the events behind n, and what tells of more; nil after the last.
func (r *run) since(n int) (events []event, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events = r.log[min(n, len(r.log)):len(r.log):len(r.log)]
	if r.ended {
		return events, nil
	}
	return events, r.grown
}

// place is where a viewer who has seen n events goes on: behind the last one where n is more than there are, and before the end of an
// answer that has ended, so that nobody waits for what was told.
func (r *run) place(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return min(n, len(r.log)-1)
	}
	return min(n, len(r.log))
}

// follow sends the events of an answer from a place on, until its end or until the viewer leaves.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	m, err := s.store.Message(r.Context(), a.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	from := r.FormValue("from")
	if from == "" {
		from = r.Header.Get("Last-Event-ID")
	}
	n, err := strconv.Atoi(from)
	if from != "" && (err != nil || n < 0) {
		return badRequest("from", "from is the number of the last event seen")
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	v := &viewer{w: w, c: http.NewResponseController(w), limit: s.o.Limits.EventWrite, n: n}
	live := s.running(m.ID)
	for wait := 0; live == nil && m.State == store.Running && wait < 100; wait++ { // it is on disk, and about to start
		time.Sleep(10 * time.Millisecond)
		live = s.running(m.ID)
	}
	if live != nil {
		v.n = live.place(n)
		v.watch(r.Context(), live, s.o.Limits.Ping)
		return nil
	}
	v.replay(m)
	return nil
}

// A viewer is sent events. Its first error ends it.
type viewer struct {
	w     http.ResponseWriter
	c     *http.ResponseController
	limit time.Duration
	n     int // the last event sent
	err   error
}

func (v *viewer) send(format string, args ...any) {
	if v.err != nil {
		return
	}
	v.c.SetWriteDeadline(time.Now().Add(v.limit)) // not all writers have one
	_, v.err = fmt.Fprintf(v.w, format, args...)
}

func (v *viewer) events(all []event) {
	for _, e := range all {
		v.n++
		v.send("id: %d\nevent: %s\ndata: %s\n\n", v.n, e.name, e.data)
	}
	if v.err == nil {
		v.err = v.c.Flush()
	}
}

// watch sends what is logged, as it is.
func (v *viewer) watch(ctx context.Context, r *run, ping time.Duration) {
	tick := time.NewTicker(ping)
	defer tick.Stop()
	for v.err == nil {
		events, more := r.since(v.n)
		if v.events(events); more == nil {
			return
		}
		select {
		case <-more:
		case <-tick.C:
			v.send(": ping\n\n")
		case <-ctx.Done():
			return
		}
	}
}

// replay sends an answer that has ended as events. Places in the log of then are not known any more: who had seen a
// part is sent the whole message with the last event.
func (v *viewer) replay(m *store.Message) {
	var all []event
	add := func(name string, data any) {
		b, err := json.Marshal(data)
		if err != nil {
			panic(err)
		}
		all = append(all, event{name, b})
	}
	if v.n == 0 {
		if len(m.Sources) > 0 {
			add("sources", map[string]any{"sources": m.Sources})
		}
		for _, c := range m.Citations {
			add("citation", c)
		}
		if m.Text != "" {
			add("text", map[string]string{"text": m.Text})
		}
		for _, k := range m.Marks {
			add("mark", k)
		}
	}
	add("done", map[string]any{"message": m.Shown()})
	v.events(all)
}
