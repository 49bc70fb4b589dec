package model

import (
	"iter"
	"slices"
	"sync"
)

// A Generation is a request of a [Scheduler] in the making. One goroutine reads its
// pieces; a slow reader gets larger ones and keeps nobody waiting.
type Generation struct {
	stream   *Stream // the scheduler's, until the request has ended
	reserved int     // tokens of keys and values
	logProbs bool
	wake     chan struct{} // one note that there is something to read
	end      chan struct{} // closed when the request has ended
	forget   func() bool   // ends the watch of its context

	mu      sync.Mutex
	pending Piece // what is not yet read
	result  Result
}

// A Piece is some more of an answer.
type Piece struct {
	Text     string    // whole characters; may be empty while one is half there
	Tokens   []uint32  // that were generated since the piece before
	LogProbs []LogProb // of Tokens, where the request wants them
}

// A Result is an answer with how it ended.
type Result struct {
	Text             string
	Tokens           []uint32 // an ending one included
	LogProbs         []LogProb
	PromptLogProbs   []LogProb // of the prompt's tokens from the second on
	Finish           string    // FinishStop, FinishLength or FinishCancelled
	Stopped          string    // the stop string that ended it
	PromptTokens     int
	CachedTokens     int // of the prompt, whose keys and values were there already
	CompletionTokens int
	Err              error // why it was cancelled; nil otherwise
}

func newGeneration(s *Stream) *Generation {
	n := len(s.request.Prompt)
	return &Generation{stream: s, reserved: roundUp(n+s.request.MaxTokens, chunkTokens), logProbs: s.request.LogProbs,
		wake: make(chan struct{}, 1), end: make(chan struct{}), result: Result{PromptTokens: n}}
}

// Pieces yields the answer as it comes, and ends with it.
func (g *Generation) Pieces() iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		for {
			p, ok := g.Next()
			if !ok || !yield(p) {
				return
			}
		}
	}
}

// Next waits for more of the answer and returns it; false when it has ended. What was not
// read when a request is cancelled is dropped.
func (g *Generation) Next() (Piece, bool) {
	for {
		ended := false
		select {
		case <-g.end:
			ended = true
		default:
		}
		g.mu.Lock()
		p := g.pending
		g.pending = Piece{}
		cancelled := g.result.Finish == FinishCancelled
		g.mu.Unlock()
		switch {
		case cancelled:
			return Piece{}, false
		case len(p.Tokens) > 0 || p.Text != "":
			return p, true
		case ended:
			return Piece{}, false
		}
		select {
		case <-g.wake:
		case <-g.end:
		}
	}
}

// Result waits for the end and returns all of the answer; of a cancelled request what
// there was of it.
func (g *Generation) Result() Result {
	<-g.end
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.result
}

// publish hands over what the stream has got since the last time.
func (g *Generation) publish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.result.Finish != "" {
		return // cancelled
	}
	s, r := g.stream, &g.result
	text := s.Text()[len(r.Text):]
	g.pending.Text += text
	g.pending.Tokens = append(g.pending.Tokens, s.Tokens[len(r.Tokens):]...)
	r.Text, r.Tokens = s.Text(), slices.Clip(s.Tokens)
	if g.logProbs {
		g.pending.LogProbs = append(g.pending.LogProbs, s.LogProbs[len(r.LogProbs):]...)
		r.LogProbs = slices.Clip(s.LogProbs)
	}
	r.CompletionTokens, r.PromptLogProbs = len(r.Tokens), slices.Clip(s.PromptLogProbs)
	if s.Finish != "" {
		r.Finish, r.Stopped, r.Err = s.Finish, s.Stopped, s.Err
		close(g.end)
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// resumed notes how much of the prompt need not be read.
func (g *Generation) resumed(tokens int) {
	g.mu.Lock()
	g.result.CachedTokens = tokens
	g.mu.Unlock()
}

// cancel ends the request, unless it has ended.
func (g *Generation) cancel(why error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.result.Finish == "" {
		g.result.Finish, g.result.Err = FinishCancelled, why
		close(g.end)
	}
}

// ended returns the result where there is one.
func (g *Generation) ended() (Result, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.result, g.result.Finish != ""
}
