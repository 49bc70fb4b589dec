package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A Stream writes server-sent events, each flushed as it is written. Many goroutines may use
// it.
type Stream struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	c       *http.ResponseController
	timeout time.Duration
	buf     bytes.Buffer
	last    time.Time // when something was sent
	err     error
}

// NewStream answers with the headers of an event stream. A client that does not take an event
// within timeout has left.
func NewStream(w http.ResponseWriter, timeout time.Duration) *Stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would gather events
	w.WriteHeader(http.StatusOK)
	s := &Stream{w: w, c: http.NewResponseController(w), timeout: timeout, last: time.Now()}
	s.err = s.flush()
	return s
}

func (s *Stream) flush() error {
	if err := s.c.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// Data sends an event that has data alone.
func (s *Stream) Data(v any) error { return s.Event(0, "", v) }

// Event sends an event with a number, unless 0, and a name, unless empty.
func (s *Stream) Event(id int, name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
	if id != 0 {
		s.buf.WriteString("id: " + strconv.Itoa(id) + "\n")
	}
	if name != "" {
		s.buf.WriteString("event: " + name + "\n")
	}
	s.buf.WriteString("data: ")
	enc := json.NewEncoder(&s.buf) // one line, ended with its break
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	s.buf.WriteString("\n")
	return s.send()
}

// Done sends the event that ends OpenAI's streams.
func (s *Stream) Done() error { return s.raw("data: [DONE]\n\n") }

// Ping sends a comment.
func (s *Stream) Ping() error { return s.raw(": ping\n\n") }

func (s *Stream) raw(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
	s.buf.WriteString(text)
	return s.send()
}

func (s *Stream) send() error {
	if s.err != nil {
		return s.err
	}
	s.last = time.Now()
	if s.timeout > 0 && s.c.SetWriteDeadline(time.Now().Add(s.timeout)) == nil {
		defer s.c.SetWriteDeadline(time.Time{})
	}
	if _, s.err = s.w.Write(s.buf.Bytes()); s.err == nil {
		s.err = s.flush()
	}
	return s.err
}

// Keep sends a comment whenever nothing was sent for that long, until stop is called; then
// none is being sent any more.
func (s *Stream) Keep(every time.Duration) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(every)
		defer timer.Stop()
		for {
			select {
			case <-end:
				return
			case <-timer.C:
			}
			s.mu.Lock()
			left := every - time.Since(s.last)
			s.mu.Unlock()
			if left <= 0 {
				s.Ping() // a client that left is found by whoever generates for it
				left = every
			}
			timer.Reset(left)
		}
	}()
	return func() { close(end); <-ended }
}
