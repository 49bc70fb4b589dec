package serve

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"feilun/internal/openai"
)

// A completionBody is the body of POST /v1/completions.
type completionBody struct {
	Model         string                `json:"model"`
	Prompt        json.RawMessage       `json:"prompt"` // a text, texts, tokens, or lists of tokens
	MaxTokens     *int                  `json:"max_tokens"`
	N             *int                  `json:"n"`
	Logprobs      *int                  `json:"logprobs"`
	Echo          bool                  `json:"echo"`
	LogitBias     map[string]float64    `json:"logit_bias"`
	Stream        bool                  `json:"stream"`
	StreamOptions *openai.StreamOptions `json:"stream_options"`
	openai.Sampling
}

// defaultCompletion is max_tokens of completions that do not say it, as OpenAI has it.
const defaultCompletion = 16

// completionRequests turns a body into requests: n for each prompt.
func (s *Server) completionRequests(r *http.Request, a Actor, q *completionBody) ([]*Request, Model, error) {
	m, err := s.model(r.Context(), q.Model)
	if err != nil {
		return nil, m, err
	}
	prompts, err := s.texts(r, m, "prompt", q.Prompt)
	if err != nil {
		return nil, m, err
	}
	out, err := s.completionRequest(q)
	if err != nil {
		return nil, m, err
	}
	n, err := s.choices(q.N)
	if err != nil {
		return nil, m, err
	}
	out.Model, out.User = m.ID, a.ID
	var all []*Request
	for _, p := range prompts {
		c := *out
		c.Prompt = p
		all = append(all, copies(&c, n)...)
	}
	if len(all) > s.o.Limits.Inputs {
		return nil, m, badRequest("prompt", "%d texts are asked for; at most %d are written at once", len(all), s.o.Limits.Inputs)
	}
	return all, m, nil
}

// completionRequest is what all prompts of a body have in common.
func (s *Server) completionRequest(q *completionBody) (*Request, error) {
	sample, err := sampling(&q.Sampling, q.LogitBias)
	if err != nil {
		return nil, err
	}
	if q.MaxTokens == nil {
		q.MaxTokens = new(defaultCompletion)
	}
	least := 1
	if q.Echo {
		least = 0
	}
	tokens, err := s.maxTokens("max_tokens", q.MaxTokens, least)
	if err != nil {
		return nil, err
	}
	out := &Request{Sampling: sample, MaxTokens: tokens, Stop: q.Stop, Logprobs: -1, Echo: q.Echo}
	if *q.MaxTokens == 0 {
		out.MaxTokens = EchoOnly
	}
	if q.Logprobs != nil {
		out.Logprobs = *q.Logprobs
	}
	return out, within("logprobs", q.Logprobs, 0, 20)
}

func (s *Server) completions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var q completionBody
	if err := s.readAPI(w, r, &q, "suffix", "best_of"); err != nil {
		return err
	}
	all, m, err := s.completionRequests(r, a, &q)
	if err != nil {
		return err
	}
	done, err := s.admit(r, a)
	if err != nil {
		return err
	}
	var sum Result
	defer func() { done(sum) }()
	base := openai.CompletionResponse{ID: newID("cmpl-"), Object: "text_completion", Created: time.Now().Unix(), Model: m.ID}
	if q.Stream {
		sum, err = s.streamCompletions(w, r, &q, all, base)
		return err
	}
	got := make([]gathered, len(all))
	results, err := s.generateAll(r.Context(), all, func(i int, p Piece) error { got[i].add(p); return nil })
	sum = s.sumPrompts(results, q.N)
	if err != nil {
		return err
	}
	for i, res := range results {
		finish := finishOf(res)
		text, tokens := string(got[i].text), got[i].logprobs
		if q.Echo {
			text, tokens = all[i].Prompt+text, append(res.Prompt, tokens...)
		}
		base.Choices = append(base.Choices, openai.CompletionChoice{Index: i, Text: text, Logprobs: olderLogprobs(all[i], tokens, 0), FinishReason: &finish})
	}
	u := wireUsage(sum)
	base.Usage = &u
	writeJSON(w, http.StatusOK, base)
	return nil
}

// sumPrompts sums what answers to several prompts took, n for each of them.
func (s *Server) sumPrompts(results []Result, n *int) Result {
	each, sum := 1, Result{}
	if n != nil {
		each = *n
	}
	for i := 0; i < len(results); i += each {
		t := total(results[i:min(i+each, len(results))])
		sum.PromptTokens += t.PromptTokens
		sum.CompletionTokens += t.CompletionTokens
	}
	return sum
}

func (s *Server) streamCompletions(w http.ResponseWriter, r *http.Request, q *completionBody, all []*Request, base openai.CompletionResponse) (Result, error) {
	if q.Echo {
		return Result{}, Unsupported("echo", "echo is not supported together with stream")
	}
	st := s.stream(w, func(*openai.Stream) error { return nil })
	at := make([]int, len(all)) // characters of each text so far
	send := func(c openai.CompletionChoice) error {
		e := base
		e.Choices = []openai.CompletionChoice{c}
		return st.data(e)
	}
	results, err := s.generateAll(r.Context(), all, func(i int, p Piece) error {
		c := openai.CompletionChoice{Index: i, Text: p.Text, Logprobs: olderLogprobs(all[i], p.Logprobs, at[i])}
		for _, t := range p.Logprobs {
			at[i] += utf8.RuneCountInString(tokenText(t.Bytes))
		}
		return send(c)
	})
	sum := s.sumPrompts(results, q.N)
	if err != nil {
		return sum, st.fail(r, err)
	}
	for i, res := range results {
		finish := finishOf(res)
		send(openai.CompletionChoice{Index: i, FinishReason: &finish})
	}
	if o := q.StreamOptions; o != nil && o.IncludeUsage {
		u := wireUsage(sum)
		base.Choices, base.Usage = []openai.CompletionChoice{}, &u
		st.data(base)
	}
	st.close().Done()
	return sum, nil
}

// olderLogprobs writes likelihoods as lists side by side. The first token of a text has none
// when it stands in the prompt.
func olderLogprobs(r *Request, all []TokenLogprob, at int) *openai.CompletionLogprobs {
	if r.Logprobs < 0 {
		return nil
	}
	out := &openai.CompletionLogprobs{Tokens: []string{}, TokenLogprobs: []*float64{}, TopLogprobs: []map[string]float64{}, TextOffset: []int{}}
	for i, t := range all {
		text := tokenText(t.Bytes)
		out.Tokens = append(out.Tokens, text)
		out.TextOffset = append(out.TextOffset, at)
		at += utf8.RuneCountInString(text)
		if i == 0 && r.Echo {
			out.TokenLogprobs, out.TopLogprobs = append(out.TokenLogprobs, nil), append(out.TopLogprobs, nil)
			continue
		}
		top := map[string]float64{}
		for _, o := range t.Top {
			top[tokenText(o.Bytes)] = o.Logprob
		}
		out.TokenLogprobs, out.TopLogprobs = append(out.TokenLogprobs, &t.Logprob), append(out.TopLogprobs, top)
	}
	return out
}

// tokenText shows a token: one that is no whole text as OpenAI's completions do, byte by byte.
func tokenText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := []byte("bytes:")
	for _, c := range b {
		out = append(out, '\\', 'x', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return string(out)
}
