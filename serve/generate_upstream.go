package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"feilun/internal/openai"
)

// An Upstream generator passes requests to a server of OpenAI's form.
type Upstream struct {
	client *openai.Client
	only   string // the one model that is offered, "" for all

	mu      sync.Mutex
	models  []Model
	err     error
	asked   time.Time
	loading chan struct{} // closed when a question for models that is under way is answered
}

// NewUpstream returns a generator of the server at url, which may leave out /v1. With model,
// that model alone is offered. A server that is silent for idle in the middle of an answer is given up; 0 is five
// minutes.
func NewUpstream(url, key, model string, idle time.Duration) *Upstream {
	return &Upstream{client: openai.NewClient(url, key, cmp.Or(idle, 5*time.Minute)), only: model}
}

// How long the list of models is good, and how long a failure to get it.
const (
	modelsGood = 30 * time.Second
	modelsBad  = time.Second
	modelsWait = 10 * time.Second
)

// Models implements [Generator]. An old list is given while a new one is fetched.
func (u *Upstream) Models(ctx context.Context) ([]Model, error) {
	u.mu.Lock()
	good := modelsGood
	if u.err != nil || u.models == nil {
		good = modelsBad
	}
	if u.loading == nil && time.Since(u.asked) > good {
		u.loading = make(chan struct{})
		go u.load(u.loading)
	}
	models, err, loading := u.models, u.err, u.loading
	u.mu.Unlock()
	if models != nil || loading == nil {
		return models, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-loading:
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.models, u.err
}

// load asks for the models. A list that was there stays when the server is away.
func (u *Upstream) load(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), modelsWait)
	defer cancel()
	var list struct {
		Data []struct {
			openai.Model
			Meta struct {
				Context int `json:"n_ctx"`
				Trained int `json:"n_ctx_train"`
			} `json:"meta"` // of llama.cpp
		} `json:"data"`
	}
	err := upstreamError(u.client.Do(ctx, http.MethodGet, "/models", nil, &list))
	var models []Model
	for _, m := range list.Data {
		if u.only == "" || m.ID == u.only {
			models = append(models, Model{ID: m.ID, Name: m.ID, Kind: "upstream", Created: m.Created, Context: cmp.Or(m.MaxModelLen, m.Meta.Context, m.Meta.Trained)})
		}
	}
	if err == nil && len(models) == 0 && u.only != "" { // servers that list no models still have them
		models = []Model{{ID: u.only, Name: u.only, Kind: "upstream"}}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked, u.err, u.loading = time.Now(), err, nil
	if err == nil {
		u.models = append([]Model{}, models...)
	}
	close(done)
}

// upstreamError turns a server's complaint into ours.
func upstreamError(err error) error {
	e, ok := errors.AsType[*openai.Error](err)
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case !ok:
		return fmt.Errorf("%w: %w", ErrUpstream, err)
	case e.Code == "context_length_exceeded" || e.Type == "exceed_context_size_error":
		return fmt.Errorf("%w: %s", ErrContextFull, e.Message)
	}
	retry := time.Duration(e.RetryAfter) * time.Second
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return &Error{Status: http.StatusBadRequest, Code: "bad_request", Message: "the model server: " + e.Message, Param: e.Param}
	case http.StatusNotFound:
		return fmt.Errorf("%w: the model server: %s", ErrNoModel, e.Message)
	case http.StatusTooManyRequests:
		return &Error{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "the model server: " + e.Message, RetryAfter: cmp.Or(retry, 5*time.Second)}
	case http.StatusServiceUnavailable:
		return &Error{Status: http.StatusServiceUnavailable, Code: "busy", Message: "the model server: " + e.Message, RetryAfter: cmp.Or(retry, 5*time.Second)}
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: it does not take our key", ErrUpstream)
	}
	return fmt.Errorf("%w: %s", ErrUpstream, e.Message)
}

// maxWritten is how long an answer may get, in bytes: a server that never ends fills no memory.
const maxWritten = 32 << 20

// Generate implements [Generator].
func (u *Upstream) Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
	res, n := Result{}, 0
	if r.Seed != nil {
		res.Seed = *r.Seed
	}
	var gone error
	skip := len(r.Prompt) // bytes of an echoed prompt
	size := 0
	each := func(p openai.Part) error {
		n++
		if size += len(p.Text) + len(p.Reasoning); size > maxWritten {
			return fmt.Errorf("%w: it wrote more than %d bytes", ErrUpstream, maxWritten)
		}
		q := Piece{Text: p.Text, Reasoning: p.Reasoning, Logprobs: tokenLogprobs(p)}
		for _, c := range p.Calls {
			q.Calls = append(q.Calls, CallPiece{Index: *c.Index, ID: c.ID, Name: c.Function.Name, Arguments: string(c.Function.Arguments)})
		}
		if r.Echo {
			q, res.Prompt, skip = splitEcho(q, res.Prompt, skip)
		}
		gone = emit(q)
		return gone
	}
	end, err := u.ask(ctx, r, each)
	res.Finish, res.CompletionTokens = end.Finish, n // a piece is about a token, where the server does not count
	if end.Usage != nil {
		res.PromptTokens, res.CompletionTokens = end.Usage.Prompt, end.Usage.Completion
	}
	if gone != nil {
		return res, gone
	}
	return res, upstreamError(err)
}

func (u *Upstream) ask(ctx context.Context, r *Request, each func(openai.Part) error) (openai.End, error) {
	sample := openai.Sampling{Temperature: r.Temperature, TopP: r.TopP, Seed: r.Seed, Stop: r.Stop, FrequencyPenalty: r.FrequencyPenalty,
		PresencePenalty: r.PresencePenalty, TopK: r.TopK, MinP: r.MinP, RepetitionPenalty: r.RepetitionPenalty, RepeatPenalty: r.RepetitionPenalty}
	var most *int
	if r.MaxTokens != 0 {
		most = new(max(0, r.MaxTokens))
	}
	bias := map[string]float64{}
	for id, v := range r.LogitBias {
		bias[fmt.Sprint(id)] = v
	}
	if r.Turns == nil {
		q := &openai.CompletionRequest{Model: r.Model, Prompt: r.Prompt, MaxTokens: most, Echo: r.Echo, LogitBias: bias, Sampling: sample}
		if r.Logprobs >= 0 {
			q.Logprobs = &r.Logprobs
		}
		return u.client.Complete(ctx, q, each)
	}
	q := &openai.ChatRequest{Model: r.Model, Messages: wireTurns(r.Turns), MaxTokens: most, LogitBias: bias, ReasoningEffort: r.Effort, Sampling: sample}
	if r.Logprobs >= 0 {
		q.Logprobs = true
		q.TopLogprobs = &r.Logprobs
	}
	for _, t := range r.Tools {
		q.Tools = append(q.Tools, openai.Tool{Type: "function", Function: openai.Function{Name: t.Name, Description: t.Description, Parameters: t.Parameters}})
	}
	if len(r.Tools) > 0 {
		q.ToolChoice = wireChoice(r.ToolChoice)
		if r.OneCall {
			q.ParallelToolCalls = new(false)
		}
	}
	if r.Format != "" {
		q.ResponseFormat = &openai.ResponseFormat{Type: r.Format}
		if r.Format == "json_schema" {
			q.ResponseFormat.JSONSchema = &openai.JSONSchema{Name: "answer", Schema: r.Schema, Strict: new(true)}
		}
	}
	return u.client.Chat(ctx, q, each)
}

func wireChoice(choice string) *openai.ToolChoice {
	switch choice {
	case "", "auto", "none", "required":
		return &openai.ToolChoice{Mode: cmp.Or(choice, "auto")}
	}
	return &openai.ToolChoice{Name: choice}
}

func wireTurns(turns []Turn) []openai.Message {
	var out []openai.Message
	for _, t := range turns {
		m := openai.Message{Role: t.Role, Content: openai.Content{Text: t.Content, Null: t.Content == "" && len(t.Calls) > 0}, ToolCallID: t.CallID}
		for _, c := range t.Calls {
			m.ToolCalls = append(m.ToolCalls, openai.ToolCall{ID: c.ID, Type: "function", Function: openai.FunctionCall{Name: c.Name, Arguments: openai.Arguments(c.Arguments)}})
		}
		out = append(out, m)
	}
	return out
}

// tokenLogprobs reads either form. Numbers of tokens are not told: they are -1.
func tokenLogprobs(p openai.Part) []TokenLogprob {
	var out []TokenLogprob
	for _, t := range p.Logprobs {
		l := TokenLogprob{Token: wireToken(t.Token, t.Bytes), Logprob: t.Logprob}
		for _, o := range t.Top {
			l.Top = append(l.Top, TokenLogprob{Token: wireToken(o.Token, o.Bytes), Logprob: o.Logprob})
		}
		out = append(out, l)
	}
	if o := p.Older; o != nil {
		for i, text := range o.Tokens {
			l := TokenLogprob{Token: wireToken(text, nil)}
			if v := o.TokenLogprobs[i]; v != nil {
				l.Logprob = *v
			}
			if i < len(o.TopLogprobs) {
				for text, v := range o.TopLogprobs[i] {
					l.Top = append(l.Top, TokenLogprob{Token: wireToken(text, nil), Logprob: v})
				}
				slices.SortFunc(l.Top, func(a, b TokenLogprob) int { return cmp.Compare(b.Logprob, a.Logprob) })
			}
			out = append(out, l)
		}
	}
	return out
}

func wireToken(text string, b []byte) Token {
	if b == nil {
		b = []byte(text)
	}
	return Token{-1, b}
}

// splitEcho takes the prompt out of an echoed answer: skip bytes of it are still to come.
func splitEcho(p Piece, prompt []TokenLogprob, skip int) (Piece, []TokenLogprob, int) {
	n := min(skip, len(p.Text))
	at := 0
	for len(p.Logprobs) > 0 && at < n {
		at += len(p.Logprobs[0].Bytes)
		prompt, p.Logprobs = append(prompt, p.Logprobs[0]), p.Logprobs[1:]
	}
	p.Text = p.Text[n:]
	return p, prompt, skip - n
}

// Embed implements [Generator].
func (u *Upstream) Embed(ctx context.Context, model string, texts []string) ([][]float32, int, error) {
	var res openai.EmbeddingResponse
	err := u.client.Do(ctx, http.MethodPost, "/embeddings", map[string]any{"model": model, "input": texts, "encoding_format": "float"}, &res)
	if err != nil {
		return nil, 0, upstreamError(err)
	}
	out := make([][]float32, len(texts))
	for _, e := range res.Data {
		if e.Index >= 0 && e.Index < len(out) {
			out[e.Index] = e.Vector
		}
	}
	for _, v := range out {
		if len(v) == 0 || len(v) != len(out[0]) {
			return nil, 0, fmt.Errorf("%w: it did not send %d vectors of one length", ErrUpstream, len(texts))
		}
	}
	return out, res.Usage.Prompt, nil
}

// Tokens implements [Generator], with servers that can: vLLM and llama.cpp, whose requests are put
// into one.
func (u *Upstream) Tokens(ctx context.Context, model, text string) ([]Token, error) {
	var res struct {
		Tokens []json.RawMessage `json:"tokens"`
		Strs   []string          `json:"token_strs"`
	}
	err := u.client.Do(ctx, http.MethodPost, "/../tokenize", map[string]any{"model": model, "prompt": text, "content": text,
		"add_special_tokens": false, "add_special": false, "with_pieces": true, "return_token_strs": true}, &res)
	if e, ok := errors.AsType[*openai.Error](err); ok && (e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed) {
		return nil, Unsupported("model", "the model server does not tell its tokens")
	} else if err != nil {
		return nil, upstreamError(err)
	}
	var out []Token
	for i, raw := range res.Tokens {
		t := Token{}
		var p struct {
			ID    int             `json:"id"`
			Piece json.RawMessage `json:"piece"`
		}
		if json.Unmarshal(raw, &t.ID) != nil {
			if err := json.Unmarshal(raw, &p); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUpstream, err)
			}
			t.ID = p.ID
			var text string
			if json.Unmarshal(p.Piece, &text) == nil {
				t.Bytes = []byte(text)
			} else {
				json.Unmarshal(p.Piece, (*openai.Bytes)(&t.Bytes)) // what is neither has no bytes
			}
		} else if i < len(res.Strs) {
			t.Bytes = []byte(res.Strs[i])
		}
		out = append(out, t)
	}
	return out, nil
}
