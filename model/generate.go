package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"feilun/internal/bpe"
	"feilun/internal/constrain"
)

// Reasons why generation ended.
const (
	FinishStop      = "stop"      // a token that ends texts, or a stop string
	FinishLength    = "length"    // MaxTokens, or the model's context is full
	FinishCancelled = "cancelled" // the request's context ended, the [Scheduler] was closed, or the grammar leaves no way
)

// A Request is what to generate.
type Request struct {
	Prompt    []uint32 // one token at least; longer than the context is a [ContextError]
	MaxTokens int      // new tokens at most; 0 for as many as the context holds
	Sampling
	Stop       []string // strings that end the text; they are not part of it
	StopTokens []uint32 // tokens that end it, beside the model's own

	// Grammar, where set, is what the text keeps to: see internal/constrain. With MaxTokens of
	// as many as its shortest text has bytes, or more, the text is complete at its end. It
	// needs a tokenizer.
	Grammar *constrain.Grammar

	LogProbs       bool // keep the log-probability of each token
	TopLogProbs    int  // and those of that many likeliest ones
	PromptLogProbs bool // also of the prompt's tokens from the second on

	// Adjust, where set, may change the logits before each draw: logits of minus infinity
	// are never drawn. It sees the tokens generated so far, and may run beside other
	// requests'.
	Adjust func(generated []uint32, logits []float32)
}

// A ContextError says that a prompt is longer than the model can take.
type ContextError struct {
	Prompt int // tokens of the prompt
	Limit  int // tokens of prompt and answer together
}

// Error implements error.
func (e *ContextError) Error() string {
	return fmt.Sprintf("a prompt of %d tokens leaves no room in a context of %d", e.Prompt, e.Limit)
}

// Check returns what makes a request impossible for a model, or nil.
func (r *Request) Check(c *Config) error {
	if len(r.Prompt) == 0 {
		return errors.New("an empty prompt: there is no token to go on from")
	}
	if len(r.Prompt) >= c.Context {
		return &ContextError{len(r.Prompt), c.Context}
	}
	for _, t := range r.Prompt {
		if int(t) >= c.Vocab {
			return fmt.Errorf("token %d is not below the model's vocabulary of %d", t, c.Vocab)
		}
	}
	return r.Sampling.check(c.Vocab)
}

// A Stream is a request in the making.
type Stream struct {
	Tokens         []uint32  // generated, an ending one included
	LogProbs       []LogProb // of Tokens, where the request wants them
	PromptLogProbs []LogProb // of the prompt's from the second on, where it wants them
	Finish         string    // why it ended; empty while it goes on
	Stopped        string    // the stop string that ended it
	Err            error     // why it cannot go on, with FinishCancelled

	request Request
	matcher *constrain.Matcher
	seq     *Sequence
	feed    []uint32 // tokens that the model has not seen
	offered int      // blocks of keys and values that others may have
	sampler *sampler
	pool    *pooling // what is read for embeddings, instead of all above
	spelling
}

// Start begins a stream. The tokenizer turns tokens to text; without one there is no
// text, and stop strings have no effect.
func (e *Engine) Start(t *bpe.Tokenizer, r Request) (*Stream, error) {
	if err := r.Check(&e.m.Config); err != nil {
		return nil, err
	}
	if left := e.m.Config.Context - len(r.Prompt); r.MaxTokens <= 0 || r.MaxTokens > left {
		r.MaxTokens = left
	}
	stop := slices.DeleteFunc(slices.Clone(r.Stop), func(s string) bool { return s == "" })
	s := &Stream{request: r, seq: e.NewSequence(), feed: slices.Clone(r.Prompt), sampler: newSampler(r.Sampling, r.Prompt), spelling: spelling{tok: t, stop: stop, strip: begins(t, &r)}}
	if r.Grammar != nil {
		if t == nil {
			return nil, errors.New("a grammar needs a tokenizer")
		}
		s.matcher = r.Grammar.Matcher(e.vocabulary.of(t, e.m.Config.Vocab))
	}
	return s, nil
}

// How prompts are read: in chunks that begin at multiples of chunkTokens, whoever else
// is in the batch, so that a request's numbers do not depend on the others; of all
// prompts together stepTokens a step at most, whose activations stay in the caches.
const (
	chunkTokens = 64
	stepTokens  = 512
)

// Advance goes a step with all streams that are not finished, together: each gets a
// token, or a part of its prompt is read. Streams may come and go between steps. What
// a stream gets does not depend on the others.
func (e *Engine) Advance(streams []*Stream) error {
	_, err := e.advance(streams, stepTokens)
	return err
}

// advance reads room tokens of prompts at most, and returns how many tokens it took in all.
func (e *Engine) advance(streams []*Stream, room int) (tokens int, err error) {
	var all []Extension
	var on []*Stream
	for _, s := range streams {
		if s.Finish != "" {
			continue
		}
		n, prompt := len(s.feed), len(s.Tokens) == 0
		if prompt {
			n = min(n, room/chunkTokens*chunkTokens)
			room -= n
		}
		if n > 0 {
			all, on = append(all, Extension{s.seq, s.feed[:n], prompt}), append(on, s)
			s.feed, tokens = s.feed[n:], tokens+n
		}
	}
	if len(all) == 0 {
		return 0, nil
	}
	if err := e.forward(all); err != nil {
		return 0, err
	}
	e.promptLogProbs(on, all)
	logits := e.headRows(all)
	e.cpu.Do(len(on), func(_, i int) {
		if s := on[i]; len(s.feed) == 0 {
			s.take(e, logits[i])
		}
	})
	for _, s := range on {
		e.settle(s)
	}
	return tokens, nil
}

// promptLogProbs adds those of a part of a prompt that was just read.
func (e *Engine) promptLogProbs(on []*Stream, all []Extension) {
	c, t := &e.m.Config, 0
	for i, s := range on {
		n := len(all[i].Tokens)
		if s.request.PromptLogProbs && all[i].prompt {
			at := s.seq.n - n
			for j := range min(n, len(s.request.Prompt)-1-at) {
				logits := e.logitsOf(t + j)
				s.PromptLogProbs = append(s.PromptLogProbs, logProb(logits[:c.Vocab], s.request.Prompt[at+j+1], s.request.TopLogProbs))
			}
		}
		t += n
	}
}

// settle offers a stream's full blocks to later ones, and gives them back at its end. In
// float32 keys of generated tokens differ by rounding from those of a prompt, so that they
// are its own.
func (e *Engine) settle(s *Stream) {
	prompt := s.request.Prompt
	for (s.offered+1)*blockTokens <= s.seq.n && (e.bf16 || (s.offered+1)*blockTokens <= len(prompt)) {
		tokens := prompt
		if (s.offered+1)*blockTokens > len(prompt) {
			tokens = slices.Concat(prompt, s.Tokens)
		}
		e.kv.offer(s.seq, s.offered, tokens)
		s.offered++
	}
	if s.Finish != "" {
		e.kv.release(s.seq, 0)
	}
}

// resume takes over the beginning of a prompt that the engine has of earlier streams, and
// returns how many tokens that is.
func (e *Engine) resume(s *Stream) int {
	if s.request.PromptLogProbs {
		return 0
	}
	e.kv.take(s.seq, s.feed)
	s.feed = s.feed[s.seq.n:]
	return s.seq.n
}

// Done reports whether all streams are finished.
func Done(streams []*Stream) bool {
	return !slices.ContainsFunc(streams, func(s *Stream) bool { return s.Finish == "" })
}

// Generate runs requests to their ends, side by side. After every step it calls each,
// where not nil, with the streams. Servers, whose requests come and go, use a
// [Scheduler].
func (e *Engine) Generate(ctx context.Context, t *bpe.Tokenizer, requests []Request, each func([]*Stream)) ([]*Stream, error) {
	var streams []*Stream
	for _, r := range requests {
		s, err := e.Start(t, r)
		if err != nil {
			return nil, err
		}
		streams = append(streams, s)
	}
	for !Done(streams) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := e.Advance(streams); err != nil {
			return nil, err
		}
		if each != nil {
			each(streams)
		}
	}
	return streams, nil
}

// take draws the next token.
func (s *Stream) take(e *Engine, logits []float32) {
	r := &s.request
	var raw []float32
	if r.LogProbs {
		raw = slices.Clone(logits)
	}
	if r.Adjust != nil {
		r.Adjust(s.Tokens, logits)
	}
	ends := func(t uint32) bool {
		return slices.Contains(e.m.Config.EOS, int(t)) || slices.Contains(r.StopTokens, t)
	}
	if s.matcher != nil {
		if done, err := s.constrain(logits, ends); err != nil {
			s.fail(err)
			return
		} else if done {
			s.finish(FinishStop)
			return
		}
	}
	t := s.sampler.next(logits)
	if x := float64(logits[t]); math.IsNaN(x) || math.IsInf(x, 1) {
		s.fail(errNotFinite)
		return
	}
	s.Tokens = append(s.Tokens, t)
	if r.LogProbs {
		s.LogProbs = append(s.LogProbs, logProb(raw, t, r.TopLogProbs))
	}
	if ends(t) {
		s.finish(FinishStop)
		return
	}
	if s.matcher != nil && !s.matcher.Accept(t) {
		s.fail(errForbidden)
		return
	}
	s.feed = []uint32{t}
	if s.spell(t) || s.matcher != nil && s.matcher.Complete() {
		s.finish(FinishStop)
	} else if len(s.Tokens) >= r.MaxTokens {
		s.finish(FinishLength)
	}
}

// errNotFinite is a likeliest token whose logit is no number.
var errNotFinite = errors.New("the model gives log-probabilities that are not finite: its weights are damaged, or the numbers inside it grow too large")

// fail ends a stream that cannot go on.
func (s *Stream) fail(err error) {
	s.Err = err
	s.finish(FinishCancelled)
}

// finish ends a stream.
func (s *Stream) finish(why string) {
	s.Stopped = s.end()
	s.Finish, s.feed = why, nil
}
