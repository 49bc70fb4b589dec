package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What servers do differently, and what is made of it.
func TestReadStream(t *testing.T) {
	for _, tt := range []struct {
		name, in  string
		text      string
		reasoning string
		calls     string // id:name:arguments of each fragment
		finish    string
		usage     int // total
		err       error
	}{
		{name: "as OpenAI", in: "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"你好\"},\"finish_reason\":null}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\ndata: [DONE]\n\n", text: "你好", finish: "stop", usage: 3},
		{name: "usage on the finish chunk, CRLF, no space, comments, names", in: "\ufeff: hello\r\nevent: chunk\r\ndata:{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n: ping\r\n\r\n" +
			"data:{\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"length\"}],\"usage\":{\"total_tokens\":9}}\r\n\r\ndata:[DONE]\r\n\r\n", text: "ab", finish: "length", usage: 9},
		{name: "no [DONE]", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", text: "a", finish: "stop"},
		{name: "no [DONE], no last line", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", text: "a", finish: "stop"},
		{name: "null finish", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n", text: "a", finish: "stop"},
		{name: "odd finish", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"eos_token\"}]}\n\n", text: "a", finish: "stop"},
		{name: "reasoning_content", in: "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", text: "a", reasoning: "hm", finish: "stop"},
		{name: "reasoning", in: "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\",\"content\":null}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", text: "a", reasoning: "hm", finish: "stop"},
		{name: "message for delta", in: "data: {\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", text: "a", finish: "stop"},
		{name: "tool calls", in: "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n", calls: "0x:f: 0::{} ", finish: "tool_calls"},
		{name: "tool calls without number, arguments an object", in: "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}},{\"id\":\"y\",\"function\":{\"name\":\"g\"}}]}}]}\n\ndata: [DONE]\n\n",
			calls: "0x:f:{\"a\":1} 1y:g: ", finish: "tool_calls"},
		{name: "error object", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n", text: "a", err: &Error{Message: "out of memory", Code: "500"}},
		{name: "error text", in: "data: {\"error\":\"boom\"}\n\n", err: &Error{Message: "boom"}},
		{name: "error line", in: "error: {\"message\":\"boom\",\"type\":\"server_error\"}\n\n", err: &Error{Message: "boom", Type: "server_error"}},
		{name: "error event", in: "event: error\ndata: {\"message\":\"boom\"}\n\n", err: &Error{Message: "boom"}},
		{name: "old vLLM", in: "data: {\"object\":\"error\",\"message\":\"boom\",\"param\":null}\n\n", err: &Error{Message: "boom"}},
		{name: "malformed", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choi\n\ndata: [DONE]\n\n", text: "a", err: ErrMalformed},
		{name: "cut", in: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", text: "a", err: ErrCut},
		{name: "nothing", in: "", err: ErrCut},
		{name: "completion", in: "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", text: "ab", finish: "stop"},
		{name: "another choice", in: "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}},{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", text: "a", finish: "stop"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text, reasoning, calls string
			end, err := ReadStream(strings.NewReader(tt.in), func(p Part) error {
				text += p.Text
				reasoning += p.Reasoning
				for _, c := range p.Calls {
					calls += string('0'+rune(*c.Index)) + c.ID + ":" + c.Function.Name + ":" + string(c.Function.Arguments) + " "
				}
				return nil
			})
			if text != tt.text || reasoning != tt.reasoning || calls != tt.calls {
				t.Errorf("text %q, reasoning %q, calls %q; want %q, %q, %q", text, reasoning, calls, tt.text, tt.reasoning, tt.calls)
			}
			if want, ok := tt.err.(*Error); ok {
				if got, ok := errors.AsType[*Error](err); !ok || *got != *want {
					t.Errorf("error %#v, want %#v", err, want)
				}
				return
			}
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if total := usageOf(end); err == nil && (end.Finish != tt.finish || total != tt.usage) {
				t.Errorf("finish %q, usage %d; want %q, %d", end.Finish, total, tt.finish, tt.usage)
			}
		})
	}
}

func usageOf(e End) int {
	if e.Usage == nil {
		return 0
	}
	return e.Usage.Total
}

func TestParseError(t *testing.T) {
	for in, want := range map[string]Error{
		`{"error":{"message":"m","type":"t","param":"p","code":"c"}}`: {Message: "m", Type: "t", Param: "p", Code: "c"},
		`{"error":"m"}`: {Message: "m"},
		`{"object":"error","message":"m","type":"t","param":null,"code":400}`: {Message: "m", Type: "t", Code: "400"},
		`{"detail":"m"}`:                {Message: "m"},
		`{"detail":[{"loc":["body"]}]}`: {Message: `[{"loc":["body"]}]`},
		`<html>502`:                     {Message: "<html>502"},
		``:                              {},
	} {
		if got := *ParseError([]byte(in)); got != want {
			t.Errorf("ParseError(%s) = %+v, want %+v", in, got, want)
		}
	}
}

// The bytes of our streams are fixed: clients are strict.
func TestStreamBytes(t *testing.T) {
	w := httptest.NewRecorder()
	s := NewStream(w, time.Second)
	text, stop := "a\n<你>\u2028", "stop"
	s.Data(ChatChunk{ID: "chatcmpl-1", Object: "chat.completion.chunk", Created: 1, Model: "m", Choices: []ChunkChoice{{Delta: Delta{Role: "assistant", Content: new(string)}}}})
	s.Data(ChatChunk{ID: "chatcmpl-1", Object: "chat.completion.chunk", Created: 1, Model: "m", Choices: []ChunkChoice{{Delta: Delta{Content: &text}}}})
	s.Ping()
	s.Data(ChatChunk{ID: "chatcmpl-1", Object: "chat.completion.chunk", Created: 1, Model: "m", Choices: []ChunkChoice{{FinishReason: &stop}}})
	s.Data(ChatChunk{ID: "chatcmpl-1", Object: "chat.completion.chunk", Created: 1, Model: "m", Choices: []ChunkChoice{}, Usage: &Usage{1, 2, 3}})
	s.Event(7, "text", map[string]string{"text": "x"})
	s.Done()
	want := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a\n<你>\u2028"},"finish_reason":null}]}

: ping

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}

id: 7
event: text
data: {"text":"x"}

data: [DONE]

`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	if got := w.Header().Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}

func TestContent(t *testing.T) {
	for in, want := range map[string]Content{
		`"a"`:  {Text: "a"},
		`null`: {Null: true},
		`[{"type":"text","text":"a"},{"type":"input_text","text":"b"}]`: {Text: "ab"},
		`[{"type":"image_url","image_url":{}}]`:                         {Other: "image_url"},
	} {
		var got Content
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s = %+v, %v; want %+v", in, got, err, want)
		}
	}
}

// A client gives up a server that says nothing, and ends at once with its context.
func TestClientEnds(t *testing.T) {
	left := make(chan struct{}, 2)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		left <- struct{}{}
	}))
	defer web.Close()
	_, err := NewClient(web.URL, "", 50*time.Millisecond).Chat(t.Context(), &ChatRequest{}, func(Part) error { return nil })
	if !errors.Is(err, ErrIdle) {
		t.Errorf("a server that stops talking: %v, want ErrIdle", err)
	}
	<-left
	ctx, cancel := context.WithCancel(t.Context())
	_, err = NewClient(web.URL, "", time.Minute).Chat(ctx, &ChatRequest{}, func(Part) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled chat: %v, want Canceled", err)
	}
	<-left
}

func TestClientErrors(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/away" {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
			return
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`)
	}))
	defer web.Close()
	c := NewClient(web.URL+"/v1/", "", time.Minute)
	err := c.Do(t.Context(), "GET", "/models", nil, nil)
	if e, ok := errors.AsType[*Error](err); !ok || e.Status != 429 || e.RetryAfter != 7 || e.Message != "slow down" {
		t.Errorf("error %#v", err)
	}
	if err := c.Do(t.Context(), "GET", "/away", nil, nil); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a redirect to another server: %v", err)
	}
}

// FuzzReadStream reads anything, and what it accepts reads the same when written anew.
func FuzzReadStream(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":3}}\n\ndata: [DONE]\n\n"))
	f.Add([]byte("data:{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]}}]}\r\rdata: [DONE]"))
	f.Add([]byte("event: error\ndata: {\"error\":[]}\n\n: c\nid: 1\ndata: a\ndata: b\n\n"))
	f.Add([]byte("\ufeffdata: {\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[null]}}]}\n\ndata:[DONE]\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		read := func(b []byte) (text string, calls int, end End, err error) {
			end, err = ReadStream(bytes.NewReader(b), func(p Part) error {
				text += p.Text
				for _, c := range p.Calls {
					if *c.Index < 0 || *c.Index > 1<<20 {
						t.Fatalf("a call has number %d", *c.Index)
					}
					calls = max(calls, *c.Index+1)
				}
				return nil
			})
			return text, calls, end, err
		}
		text, calls, end, err := read(in)
		if err != nil || calls > 0 {
			return
		}
		w := httptest.NewRecorder()
		s := NewStream(w, 0)
		s.Data(ChatChunk{Choices: []ChunkChoice{{Delta: Delta{Content: &text}, FinishReason: &end.Finish}}, Usage: end.Usage})
		again, _, end2, err := read(w.Body.Bytes())
		if err != nil || again != text || !cmp.Equal(end, end2) {
			t.Fatalf("written and read again: %q, %+v, %v; want %q, %+v", again, end2, err, text, end)
		}
	})
}
