package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/bpe"
)

// Reasons why generation ended.
const (
	FinishStop   = "stop"   // a token that ends texts, or a stop string
	FinishLength = "length" // MaxTokens, or the model's context is full
)

// A Request is what to generate.
type Request struct {
	Prompt    []uint32 // one token at least
	MaxTokens int      // new tokens at most; 0 for as many as the context holds
	Sampling
	Stop []string // strings that end the text; they are not part of it

	// Adjust, where set, may change the logits before each draw: logits of minus infinity
	// are never drawn. It sees the tokens generated so far.
	Adjust func(generated []uint32, logits []float32)
}

// A Stream is a request in the making.
type Stream struct {
	Text   string   // all that is certain of the text so far
	Tokens []uint32 // generated, an ending one included
	Finish string   // why it ended; empty while it goes on

	request Request
	seq     *Sequence
	feed    []uint32 // tokens that the model has not seen
	sampler *sampler
	tok     *bpe.Tokenizer
	raw     []byte // text behind Text: half characters, and what may become a stop string
}

// Start begins a stream. The tokenizer turns tokens to text; without one there is no
// text, and stop strings have no effect.
func (e *Engine) Start(t *bpe.Tokenizer, r Request) (*Stream, error) {
	if len(r.Prompt) == 0 {
		return nil, errors.New("an empty prompt: there is no token to go on from")
	}
	if left := e.m.Config.Context - len(r.Prompt); left < 1 {
		return nil, fmt.Errorf("a prompt of %d tokens leaves no room in a context of %d", len(r.Prompt), e.m.Config.Context)
	} else if r.MaxTokens <= 0 || r.MaxTokens > left {
		r.MaxTokens = left
	}
	r.Stop = slices.DeleteFunc(slices.Clone(r.Stop), func(s string) bool { return s == "" })
	return &Stream{request: r, seq: e.NewSequence(), feed: slices.Clone(r.Prompt), sampler: newSampler(r.Sampling, r.Prompt), tok: t}, nil
}

// prefillTokens is how many tokens of prompts a step takes at most: their
// activations stay in the caches.
const prefillTokens = 512

// Advance goes a step with all streams that are not finished, together: each gets a
// token, or a part of its prompt is read. Streams may come and go between steps.
func (e *Engine) Advance(streams []*Stream) error {
	var all []Extension
	var on []*Stream
	room := prefillTokens
	for _, s := range streams {
		if s.Finish != "" || room == 0 {
			continue
		}
		n := min(len(s.feed), room)
		room -= n
		all, on = append(all, Extension{s.seq, s.feed[:n]}), append(on, s)
		s.feed = s.feed[n:]
	}
	if len(all) == 0 {
		return nil
	}
	logits, err := e.Step(all)
	if err != nil {
		return err
	}
	e.cpu.Do(len(on), func(_, i int) {
		if s := on[i]; len(s.feed) == 0 {
			s.take(e, logits[i])
		}
	})
	return nil
}

// Done reports whether all streams are finished.
func Done(streams []*Stream) bool {
	return !slices.ContainsFunc(streams, func(s *Stream) bool { return s.Finish == "" })
}

// Generate runs requests to their ends, side by side. After every step it calls each,
// where not nil, with the streams.
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
	if s.request.Adjust != nil {
		s.request.Adjust(s.Tokens, logits)
	}
	t := s.sampler.next(logits)
	s.Tokens = append(s.Tokens, t)
	if slices.Contains(e.m.Config.EOS, int(t)) {
		s.finish(FinishStop)
		return
	}
	s.feed = []uint32{t}
	if s.tok != nil && !special(s.tok, t) {
		s.raw = append(s.raw, s.tok.Token(t)...)
		s.settle()
	}
	if s.Finish == "" && len(s.Tokens) >= s.request.MaxTokens {
		s.finish(FinishLength)
	}
}

func special(t *bpe.Tokenizer, id uint32) bool {
	return slices.ContainsFunc(t.Special, func(s bpe.Special) bool { return s.ID == id })
}

// finish ends a stream; bytes that make no character are marked as such.
func (s *Stream) finish(why string) {
	s.Text += valid(s.raw)
	s.raw, s.Finish, s.seq, s.feed = nil, why, nil, nil
}

// settle moves to Text what no later token can change: whole characters that are
// not the beginning of a stop string.
func (s *Stream) settle() {
	at := -1
	for _, stop := range s.request.Stop {
		if i := strings.Index(string(s.raw), stop); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at >= 0 {
		s.raw = s.raw[:at]
		s.finish(FinishStop)
		return
	}
	n := whole(s.raw)
	for _, stop := range s.request.Stop {
		for k := min(len(stop)-1, len(s.raw)); k > 0; k-- {
			if strings.HasSuffix(string(s.raw), stop[:k]) {
				n = min(n, len(s.raw)-k)
				break
			}
		}
	}
	s.Text += valid(s.raw[:n])
	s.raw = slices.Clone(s.raw[n:])
}

// whole returns how many bytes of b are followed by no half character.
func whole(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// valid returns b as text, with U+FFFD for each piece that is no character: the longest
// beginning of one, or a byte, as Unicode recommends and transformers has it.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out.WriteRune(r)
		if r == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n]) && !utf8.FullRune(b[:n+1]) {
				n++
			}
		}
		b = b[n:]
	}
	return out.String()
}
