package serve

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"feilun/internal/openai"
)

// newID returns an id in OpenAI's manner.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// An answerStream is a stream that begins with the first event, or when there is none for a
// while: an error that comes before has a status of its own.
type answerStream struct {
	s     *Server
	w     http.ResponseWriter
	first func(*openai.Stream) error // what every stream begins with

	mu     sync.Mutex
	stream *openai.Stream
	stop   func()
	timer  *time.Timer
	closed bool
	err    error // of first
}

// stream prepares a stream. It must be ended with end or fail.
func (s *Server) stream(w http.ResponseWriter, first func(*openai.Stream) error) *answerStream {
	a := &answerStream{s: s, w: w, first: first}
	a.mu.Lock() // the timer may be quicker than we are
	defer a.mu.Unlock()
	a.timer = time.AfterFunc(s.o.Limits.Ping, func() { a.begin() })
	return a
}

// begin returns the stream, which it begins if need be, or nil when it has been closed.
func (a *answerStream) begin() (*openai.Stream, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream != nil || a.closed {
		return a.stream, a.err
	}
	a.timer.Stop()
	a.stream = openai.NewStream(a.w, a.s.o.Limits.EventWrite)
	a.stop = a.stream.Keep(a.s.o.Limits.Ping)
	a.err = a.first(a.stream)
	return a.stream, a.err
}

// data sends an event.
func (a *answerStream) data(v any) error {
	st, err := a.begin()
	if err != nil {
		return err
	}
	return st.Data(v)
}

// close ends the comments. Nothing may be sent after it but by its caller.
func (a *answerStream) close() *openai.Stream {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.timer.Stop()
	if a.stop != nil {
		a.stop()
		a.stop = nil
	}
	return a.stream
}

// fail ends a stream with an error: in the answer's status when nothing was sent, else as an
// event, and no normal end.
func (a *answerStream) fail(r *http.Request, err error) error {
	st := a.close()
	if st == nil {
		return err
	}
	st.Data(openAIError(a.s.explain(r, err))) // the client may have left
	return nil
}
