package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A mockUpstream is a model server that behaves as the last message says.
type mockUpstream struct {
	mu     sync.Mutex
	bodies []string // of requests
	left   chan struct{}
}

// said returns the last request's body and forgets it.
func (m *mockUpstream) said() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.bodies[len(m.bodies)-1]
	m.bodies = nil
	return last
}

const (
	mockPiece = `data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}` + "\n\n"
	mockEnd   = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}` + "\n\ndata: [DONE]\n\n"
)

func (m *mockUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/v1/models" {
		io.WriteString(w, `{"data":[{"id":"mock","created":5,"max_model_len":100},{"id":"other","meta":{"n_ctx_train":7}}]}`)
		return
	}
	m.mu.Lock()
	m.bodies = append(m.bodies, string(b))
	m.mu.Unlock()
	send := func(format string, args ...any) {
		fmt.Fprintf(w, format, args...)
		w.(http.Flusher).Flush()
	}
	status := func(code int, body string) {
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
	switch body := string(b); {
	case r.URL.Path == "/tokenize":
		io.WriteString(w, `{"count":2,"tokens":[5,6],"token_strs":["a","b"]}`)
	case r.URL.Path == "/v1/embeddings":
		io.WriteString(w, `{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":7}}`)
	case strings.Contains(body, "[hang]"):
		send(mockPiece, "a")
		<-r.Context().Done()
		m.left <- struct{}{}
	case strings.Contains(body, "[cut]"):
		send(mockPiece, "a")
		panic(http.ErrAbortHandler)
	case strings.Contains(body, "[short]"):
		send(mockPiece, "a")
	case strings.Contains(body, "[malformed]"):
		send(mockPiece+"data: {\"choi\n\n", "a")
	case strings.Contains(body, "[error]"):
		send(mockPiece+`data: {"error":{"message":"out of memory"}}`+"\n\n", "a")
	case strings.Contains(body, "[full]"):
		status(400, `{"error":{"message":"too long","code":"context_length_exceeded"}}`)
	case strings.Contains(body, "[llama full]"):
		status(400, `{"error":{"message":"too long","type":"exceed_context_size_error","code":400}}`)
	case strings.Contains(body, "[429]"):
		status(429, `{"error":"slow"}`)
	case strings.Contains(body, "[503]"):
		status(503, `{"error":{"message":"Loading model","code":503}}`)
	case strings.Contains(body, "[key]"):
		status(401, `{"error":{"message":"secret-key is wrong"}}`)
	case strings.Contains(body, "[500]"):
		status(500, `<html>`)
	case strings.Contains(body, "[whole]"):
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"choices":[{"message":{"content":"whole"},"finish_reason":"length"}]}`)
	default:
		send(mockPiece, "你")
		send(mockPiece+mockEnd, "好")
	}
}

func openUpstream(t *testing.T, idle time.Duration) (*Upstream, *mockUpstream) {
	m := &mockUpstream{left: make(chan struct{}, 10)}
	web := httptest.NewServer(m)
	t.Cleanup(web.Close)
	return NewUpstream(web.URL, "k", "", idle), m
}

func TestUpstreamErrors(t *testing.T) {
	u, _ := openUpstream(t, time.Minute)
	web := open(t, Options{Generator: u})
	for _, tt := range []struct {
		ask    string
		status int
		code   string
		inside bool // the error comes in the stream
	}{
		{"[cut]", 502, "upstream_error", true},
		{"[short]", 502, "upstream_error", true},
		{"[malformed]", 502, "upstream_error", true},
		{"[error]", 502, "upstream_error", true},
		{"[full]", 400, "context_length_exceeded", false},
		{"[llama full]", 400, "context_length_exceeded", false},
		{"[429]", 429, "rate_limit_exceeded", false},
		{"[503]", 503, "overloaded", false},
		{"[key]", 502, "upstream_error", false},
		{"[500]", 502, "upstream_error", false},
	} {
		body := `{"model":"mock","messages":[{"role":"user","content":"` + tt.ask + `"}]`
		res, got := ask(t, "POST", web.URL+"/v1/chat/completions", body+"}")
		if res.StatusCode != tt.status || !strings.Contains(got, `"code":"`+tt.code+`"`) || strings.Contains(got, "secret-key") {
			t.Errorf("%s = %d %s; want %d, %s", tt.ask, res.StatusCode, got, tt.status, tt.code)
		}
		if (tt.status == 429 || tt.status == 503) && res.Header.Get("Retry-After") != "9" {
			t.Errorf("%s: Retry-After %q", tt.ask, res.Header.Get("Retry-After"))
		}
		res, got = ask(t, "POST", web.URL+"/v1/chat/completions", body+`,"stream":true}`)
		want := tt.status
		if tt.inside {
			want = 200
		}
		if res.StatusCode != want || !strings.Contains(got, `"code":"`+tt.code+`"`) || strings.Contains(got, "[DONE]") || strings.Contains(got, `"finish_reason":"`) {
			t.Errorf("%s streamed = %d %s; want %d, %s and no end", tt.ask, res.StatusCode, got, want, tt.code)
		}
	}
}

func TestUpstreamAnswers(t *testing.T) {
	u, m := openUpstream(t, time.Minute)
	models, err := u.Models(t.Context())
	want := []Model{{ID: "mock", Name: "mock", Kind: "upstream", Created: 5, Context: 100}, {ID: "other", Name: "other", Kind: "upstream", Context: 7}}
	if diff := cmp.Diff(want, models); diff != "" || err != nil {
		t.Error(err, diff)
	}
	k, p := 5, 1.1
	all, res, err := collect(t.Context(), u, &Request{Model: "mock", Turns: []Turn{{Role: "user", Content: "x"}, {Role: "assistant", Calls: []Call{{"1", "f", "{}"}}}, {Role: "tool", CallID: "1", Content: "r"}},
		Sampling: Sampling{TopK: &k, RepetitionPenalty: &p}, MaxTokens: 9, Logprobs: -1, Tools: []Tool{{Name: "f"}}, ToolChoice: "f"})
	if string(all.text) != "你好" || res.Finish != "stop" || res.PromptTokens != 3 || res.CompletionTokens != 2 || err != nil {
		t.Errorf("%q, %+v, %v", all.text, res, err)
	}
	const body = `{"model":"mock","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
		`{"role":"tool","content":"r","tool_call_id":"1"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":9,"tools":[{"type":"function","function":{"name":"f"}}],` +
		`"tool_choice":{"function":{"name":"f"},"type":"function"},"top_k":5,"repetition_penalty":1.1,"repeat_penalty":1.1}`
	if diff := cmp.Diff(body, m.said()); diff != "" {
		t.Error(diff)
	}
	all, res, err = collect(t.Context(), u, &Request{Model: "mock", Turns: []Turn{{Role: "user", Content: "[whole]"}}, Logprobs: -1})
	if string(all.text) != "whole" || res.Finish != "length" || err != nil {
		t.Errorf("a server that does not stream: %q, %+v, %v", all.text, res, err)
	}
	vectors, n, err := u.Embed(t.Context(), "mock", []string{"a", "b"})
	if diff := cmp.Diff([][]float32{{1, 0}, {0, 1}}, vectors); diff != "" || n != 7 || err != nil {
		t.Error(n, err, diff)
	}
	tokens, err := u.Tokens(t.Context(), "mock", "ab")
	if diff := cmp.Diff([]Token{{5, []byte("a")}, {6, []byte("b")}}, tokens); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// A server that falls silent is given up, and left when nobody waits for it any more.
func TestUpstreamSilence(t *testing.T) {
	u, m := openUpstream(t, 100*time.Millisecond)
	hang := &Request{Model: "mock", Turns: []Turn{{Role: "user", Content: "[hang]"}}, Logprobs: -1}
	if _, _, err := collect(t.Context(), u, hang); !errors.Is(err, ErrUpstream) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("silence: %v", err)
	}
	<-m.left
	u, m = openUpstream(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := u.Generate(ctx, hang, func(Piece) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that leaves: %v", err)
	}
	<-m.left
}

// Two generators are one list of models; what is away is left out.
func TestJoin(t *testing.T) {
	u, _ := openUpstream(t, time.Minute)
	j := Join(scripted(t), u, NewUpstream("http://127.0.0.1:1", "", "", time.Second))
	web := open(t, Options{Generator: j})
	_, body := ask(t, "GET", web.URL+"/v1/models", "")
	var list struct{ Data []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Data) != 3 {
		t.Errorf("models: %s (%v)", body, err)
	}
	for model, want := range map[string]string{"scripted": "x", "mock": "你好"} {
		if _, body := ask(t, "POST", web.URL+"/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"x"}]}`); !strings.Contains(body, `"content":"`+want+`"`) {
			t.Errorf("%s: %s", model, body)
		}
	}
	web = open(t, Options{Generator: NewUpstream("http://127.0.0.1:1", "", "", time.Second)})
	if res, _ := ask(t, "GET", web.URL+"/health", ""); res.StatusCode != 503 {
		t.Errorf("health without the model server: %d, want 503", res.StatusCode)
	}
}
