package serve

import (
	"net/http"
	"time"

	"feilun/internal/openai"
)

// chatRefused are fields of chat completions that ask for what this server has not. Others
// that it does not know are ignored, as are metadata, service_tier and the like.
var chatRefused = [...]string{"functions", "function_call", "audio", "prediction", "web_search_options", "store"}

// chatRequest turns a body into a request, as often as n says.
func (s *Server) chatRequest(r *http.Request, a Actor, q *openai.ChatRequest) ([]*Request, Model, error) {
	turns, err := s.turns(q.Messages)
	if err != nil {
		return nil, Model{}, err
	}
	sample, err := sampling(&q.Sampling, q.LogitBias)
	if err != nil {
		return nil, Model{}, err
	}
	n, err := s.choices(q.N)
	if err != nil {
		return nil, Model{}, err
	}
	param, most := "max_completion_tokens", q.MaxCompletionTokens
	if most == nil {
		param, most = "max_tokens", q.MaxTokens
	}
	tokens, err := s.maxTokens(param, most, 1)
	if err != nil {
		return nil, Model{}, err
	}
	out := &Request{Turns: turns, Sampling: sample, MaxTokens: tokens, Stop: q.Stop, Logprobs: -1, Effort: q.ReasoningEffort, User: a.ID}
	out.OneCall = q.ParallelToolCalls != nil && !*q.ParallelToolCalls
	if q.Logprobs {
		out.Logprobs = 0
	} else if q.TopLogprobs != nil && *q.TopLogprobs > 0 {
		return nil, Model{}, badRequest("top_logprobs", "top_logprobs needs logprobs: true")
	}
	if q.TopLogprobs != nil && q.Logprobs {
		out.Logprobs = *q.TopLogprobs
	}
	if err := firstError(within("top_logprobs", q.TopLogprobs, 0, 20), tools(out, q.Tools, q.ToolChoice), format(out, q.ResponseFormat)); err != nil {
		return nil, Model{}, err
	}
	m, err := s.model(r.Context(), q.Model)
	out.Model = m.ID
	return copies(out, n), m, err
}

func (s *Server) chatCompletions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var q openai.ChatRequest
	if err := s.readAPI(w, r, &q, chatRefused[:]...); err != nil {
		return err
	}
	all, m, err := s.chatRequest(r, a, &q)
	if err != nil {
		return err
	}
	done, err := s.admit(r, a)
	if err != nil {
		return err
	}
	var sum Result
	defer func() { done(sum) }()
	if q.Stream {
		sum, err = s.streamChat(w, r, &q, all, m)
	} else {
		sum, err = s.wholeChat(w, r, all, m)
	}
	return err
}

// wholeChat answers at once.
func (s *Server) wholeChat(w http.ResponseWriter, r *http.Request, all []*Request, m Model) (Result, error) {
	got := make([]gathered, len(all))
	results, err := s.generateAll(r.Context(), all, func(i int, p Piece) error { got[i].add(p); return nil })
	sum := total(results)
	if err != nil {
		return sum, err
	}
	res := openai.ChatResponse{ID: newID("chatcmpl-"), Object: "chat.completion", Created: time.Now().Unix(), Model: m.ID, Usage: wireUsage(sum)}
	for i := range got {
		c := openai.ChatChoice{Index: i, Message: got[i].message(), FinishReason: finishOf(results[i])}
		if all[i].Logprobs >= 0 {
			c.Logprobs = wireLogprobs(got[i].logprobs)
		}
		res.Choices = append(res.Choices, c)
	}
	writeJSON(w, http.StatusOK, res)
	return sum, nil
}

func wireUsage(r Result) openai.Usage {
	return openai.Usage{Prompt: r.PromptTokens, Completion: r.CompletionTokens, Total: r.PromptTokens + r.CompletionTokens}
}

// gathered is an answer put together from its pieces.
type gathered struct {
	text, reasoning []byte
	calls           []Call
	logprobs        []TokenLogprob
}

func (g *gathered) add(p Piece) {
	g.text = append(g.text, p.Text...)
	g.reasoning = append(g.reasoning, p.Reasoning...)
	g.logprobs = append(g.logprobs, p.Logprobs...)
	for _, c := range p.Calls {
		for len(g.calls) <= c.Index {
			g.calls = append(g.calls, Call{})
		}
		call := &g.calls[c.Index]
		call.ID, call.Name = call.ID+c.ID, call.Name+c.Name
		call.Arguments += c.Arguments
	}
}

func (g *gathered) message() openai.ResponseMessage {
	m := openai.ResponseMessage{Role: "assistant", ReasoningContent: string(g.reasoning)}
	for _, c := range g.calls {
		m.ToolCalls = append(m.ToolCalls, openai.ToolCall{ID: c.ID, Type: "function", Function: openai.FunctionCall{Name: c.Name, Arguments: openai.Arguments(c.Arguments)}})
	}
	if text := string(g.text); text != "" || len(g.calls) == 0 {
		m.Content = &text
	}
	return m
}

// wireLogprobs writes likelihoods as the chat API has them.
func wireLogprobs(all []TokenLogprob) *openai.Logprobs {
	out := &openai.Logprobs{Content: []openai.TokenLogprob{}}
	for _, t := range all {
		l := openai.TokenLogprob{Token: tokenText(t.Bytes), Logprob: t.Logprob, Bytes: t.Bytes, Top: []openai.Logprob{}}
		for _, o := range t.Top {
			l.Top = append(l.Top, openai.Logprob{Token: tokenText(o.Bytes), Logprob: o.Logprob, Bytes: o.Bytes})
		}
		out.Content = append(out.Content, l)
	}
	return out
}

// streamChat answers piece by piece: for each answer first its role, then additions, then an
// empty one with the reason of its end; behind all, where asked for, the usage.
func (s *Server) streamChat(w http.ResponseWriter, r *http.Request, q *openai.ChatRequest, all []*Request, m Model) (Result, error) {
	base := openai.ChatChunk{ID: newID("chatcmpl-"), Object: "chat.completion.chunk", Created: time.Now().Unix(), Model: m.ID}
	chunk := func(i int, d openai.Delta, l *openai.Logprobs, finish *string) openai.ChatChunk {
		c := base
		c.Choices = []openai.ChunkChoice{{Index: i, Delta: d, Logprobs: l, FinishReason: finish}}
		return c
	}
	st := s.stream(w, func(out *openai.Stream) error {
		for i := range all {
			if err := out.Data(chunk(i, openai.Delta{Role: "assistant", Content: new(string)}, nil, nil)); err != nil {
				return err
			}
		}
		return nil
	})
	results, err := s.generateAll(r.Context(), all, func(i int, p Piece) error {
		d := openai.Delta{ReasoningContent: p.Reasoning, ToolCalls: wireCalls(p.Calls)}
		var l *openai.Logprobs
		if all[i].Logprobs >= 0 && len(p.Logprobs) > 0 {
			l = wireLogprobs(p.Logprobs)
		}
		if p.Text != "" || l != nil {
			d.Content = &p.Text
		} else if p.Reasoning == "" && len(p.Calls) == 0 {
			return nil
		}
		return st.data(chunk(i, d, l, nil))
	})
	sum := total(results)
	if err != nil {
		return sum, st.fail(r, err)
	}
	for i := range all {
		finish := finishOf(results[i])
		st.data(chunk(i, openai.Delta{}, nil, &finish))
	}
	if o := q.StreamOptions; o != nil && o.IncludeUsage {
		u := wireUsage(sum)
		base.Choices, base.Usage = []openai.ChunkChoice{}, &u
		st.data(base)
	}
	st.close().Done() // a client that left has nothing to be told
	return sum, nil
}

// wireCalls writes fragments of tool calls: id and name stand in the first of each.
func wireCalls(pieces []CallPiece) []openai.ToolCall {
	var out []openai.ToolCall
	for _, p := range pieces {
		c := openai.ToolCall{Index: &p.Index, ID: p.ID, Function: openai.FunctionCall{Name: p.Name, Arguments: openai.Arguments(p.Arguments)}}
		if p.ID != "" {
			c.Type = "function"
		}
		out = append(out, c)
	}
	return out
}
