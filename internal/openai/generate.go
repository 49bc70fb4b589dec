package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A Part is what came since the last one of the first answer of a request.
type Part struct {
	Text      string
	Reasoning string
	Calls     []ToolCall // each with its Index
	Logprobs  []TokenLogprob
	Older     *CompletionLogprobs // of a completion
}

// An End is how an answer ended.
type End struct {
	Finish string // stop, length, tool_calls or content_filter
	Usage  *Usage // nil where the server does not tell
}

// Chat asks for one answer as a stream and gives its parts to each as they come.
func (c *Client) Chat(ctx context.Context, r *ChatRequest, each func(Part) error) (End, error) {
	q := *r
	q.Stream, q.StreamOptions = true, &StreamOptions{IncludeUsage: true}
	return c.generate(ctx, "/chat/completions", q, each)
}

// A CompletionRequest is the body of POST /v1/completions for one prompt.
type CompletionRequest struct {
	Model         string             `json:"model"`
	Prompt        string             `json:"prompt"`
	MaxTokens     *int               `json:"max_tokens,omitempty"`
	Logprobs      *int               `json:"logprobs,omitempty"`
	Echo          bool               `json:"echo,omitempty"`
	LogitBias     map[string]float64 `json:"logit_bias,omitempty"`
	Stream        bool               `json:"stream"`
	StreamOptions *StreamOptions     `json:"stream_options,omitempty"`
	Sampling
}

// Complete asks for one continuation as a stream and gives its parts to each as they come.
// With Echo it is asked for at once, for servers do not stream prompts.
func (c *Client) Complete(ctx context.Context, r *CompletionRequest, each func(Part) error) (End, error) {
	q := *r
	if !q.Echo {
		q.Stream, q.StreamOptions = true, &StreamOptions{IncludeUsage: true}
	}
	return c.generate(ctx, "/completions", q, each)
}

func (c *Client) generate(ctx context.Context, path string, in any, each func(Part) error) (End, error) {
	ctx, alive, stop := c.watch(ctx)
	defer stop()
	res, err := c.send(ctx, http.MethodPost, path, in, "text/event-stream, application/json")
	if err != nil {
		return End{}, reason(ctx, err)
	}
	defer res.Body.Close()
	body := &living{res.Body, alive}
	var end End
	if jsonAnswer(res) {
		end, err = ReadAnswer(body, each)
	} else {
		end, err = ReadStream(body, each)
	}
	if err != nil {
		return end, reason(ctx, err)
	}
	return end, nil
}

// ReadAnswer reads an answer that is no stream.
func ReadAnswer(r io.Reader, each func(Part) error) (End, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer))
	if err != nil {
		return End{}, err
	}
	g := &gatherer{each: each}
	if err := g.event(b); err != nil {
		return g.end, err
	}
	return g.finish(true)
}

// ReadStream reads a streamed answer. It takes what servers do differently: usage with
// the last piece or behind it, reasoning under two names, roles that are missing, tool calls without
// number or with arguments that are no string, no [DONE]. An error among the events is returned as an [*Error]; an
// event that is no JSON, or an end before the answer's, is an error, too.
func ReadStream(r io.Reader, each func(Part) error) (End, error) {
	in, g := NewReader(r), &gatherer{each: each}
	for {
		e, err := in.Next()
		if err == io.EOF {
			return g.finish(false)
		}
		if err != nil {
			return g.end, err
		}
		data := bytes.TrimSpace(e.Data)
		if string(data) == "[DONE]" {
			return g.finish(true)
		}
		if len(data) == 0 {
			continue
		}
		if e.Name == "error" {
			return g.end, ParseError(data)
		}
		if err := g.event(data); err != nil {
			return g.end, err
		}
	}
}

// A wireEvent is a chunk of a chat or completion, or a whole answer, as servers write them.
type wireEvent struct {
	Error   json.RawMessage `json:"error"`
	Object  string          `json:"object"` // error, of old vLLM
	Choices []struct {
		Index        int             `json:"index"`
		Text         string          `json:"text"`
		Delta        *wireDelta      `json:"delta"`
		Message      *wireDelta      `json:"message"`
		Logprobs     json.RawMessage `json:"logprobs"`
		FinishReason *string         `json:"finish_reason"`
	} `json:"choices"`
	Usage *Usage `json:"usage"`
}

type wireDelta struct {
	Content          Content    `json:"content"`
	Reasoning        string     `json:"reasoning"`
	ReasoningContent string     `json:"reasoning_content"`
	ToolCalls        []ToolCall `json:"tool_calls"`
}

// A gatherer turns events into parts.
type gatherer struct {
	each  func(Part) error
	end   End
	calls []string // ids by number
}

func (g *gatherer) event(data []byte) error {
	var w wireEvent
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if w.Object == "error" || len(w.Error) > 0 && string(w.Error) != "null" {
		return ParseError(data)
	}
	if w.Usage != nil {
		g.end.Usage = w.Usage
	}
	for i := range w.Choices {
		c := &w.Choices[i]
		if c.Index != 0 {
			continue // one answer is asked for
		}
		p := Part{Text: c.Text}
		d := c.Delta
		if d == nil {
			d = c.Message
		}
		if d != nil {
			p.Text += d.Content.Text
			p.Reasoning = d.ReasoningContent
			if p.Reasoning == "" {
				p.Reasoning = d.Reasoning
			}
			p.Calls = g.number(d.ToolCalls)
		}
		p.logprobs(c.Logprobs)
		if c.FinishReason != nil && *c.FinishReason != "" {
			g.end.Finish = finish(*c.FinishReason)
		}
		if p.Text == "" && p.Reasoning == "" && len(p.Calls) == 0 && len(p.Logprobs) == 0 && p.Older == nil {
			continue
		}
		if err := g.each(p); err != nil {
			return err
		}
	}
	return nil
}

// number gives each fragment of a call its number: the one it has, else that of its id, else
// a new one where it has a name, else the last.
func (g *gatherer) number(calls []ToolCall) []ToolCall {
	for i := range calls {
		c := &calls[i]
		at := len(g.calls) - 1
		switch {
		case c.Index != nil && *c.Index >= 0 && *c.Index <= len(g.calls):
			at = *c.Index
		case c.ID != "":
			at = len(g.calls)
			for k, id := range g.calls {
				if id == c.ID {
					at = k
				}
			}
		case c.Function.Name != "" || at < 0:
			at = len(g.calls)
		}
		if at == len(g.calls) {
			g.calls = append(g.calls, c.ID)
		}
		c.Index = &at
	}
	return calls
}

// logprobs reads either form; what is neither is left out.
func (p *Part) logprobs(raw json.RawMessage) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	var l struct {
		Logprobs
		CompletionLogprobs
	}
	if json.Unmarshal(raw, &l) != nil {
		return
	}
	p.Logprobs = l.Content
	if len(l.Tokens) > 0 && len(l.TokenLogprobs) == len(l.Tokens) {
		p.Older = &l.CompletionLogprobs
	}
}

// finish returns the end. A stream that said that it was done needs no reason for it; one that
// just ended does.
func (g *gatherer) finish(said bool) (End, error) {
	if g.end.Finish == "" {
		if !said {
			return g.end, ErrCut
		}
		g.end.Finish = "stop"
		if len(g.calls) > 0 {
			g.end.Finish = "tool_calls"
		}
	}
	return g.end, nil
}

// finish maps reasons that servers invent to the legal ones.
func finish(reason string) string {
	switch r := strings.ToLower(reason); r {
	case "stop", "length", "tool_calls", "content_filter":
		return r
	case "max_tokens", "model_length", "max_length", "max_output_tokens":
		return "length"
	case "function_call", "tool_use":
		return "tool_calls"
	}
	return "stop"
}
