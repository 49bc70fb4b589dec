package serve

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzAPI: whatever is sent, the answer is JSON or a stream of events, and never an error of
// the server's own.
func FuzzAPI(f *testing.F) {
	paths := []string{"chat/completions", "completions", "responses", "embeddings", "rerank"}
	for i, body := range []string{
		`{"model":"scripted","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}],"n":2,"stream":true,"stream_options":{"include_usage":true},"stop":["x"],"logprobs":true,"top_logprobs":2,"seed":1,"logit_bias":{"5":1},"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}}`,
		`{"prompt":["a",""],"max_tokens":0,"echo":true,"logprobs":1}`,
		`{"prompt":[[20320,55296],[1]],"max_tokens":3,"top_k":-1,"min_p":0.5}`,
		`{"input":[{"type":"message","role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{"},{"type":"function_call_output","call_id":"c","output":"o"}],"stream":true,"text":{"format":{"type":"text"}},"tool_choice":"none"}`,
		`{"input":["a","b"],"encoding_format":"base64"}`,
		`{"query":"a","documents":["b",{"text":"c"}],"top_n":-1}`,
	} {
		f.Add(i%len(paths), []byte(body))
	}
	g, err := NewScripted(strings.NewReader(""))
	if err != nil {
		f.Fatal(err)
	}
	s, err := New(Options{Generator: g, Addr: "127.0.0.1:0", Limits: Limits{Choices: 4, Inputs: 16}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		r := httptest.NewRequest("POST", "/v1/"+paths[uint(which)%uint(len(paths))], bytes.NewReader(body))
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		out := w.Body.Bytes()
		if w.Code >= 500 {
			t.Fatalf("%s %q = %d %s", r.URL.Path, body, w.Code, out)
		}
		if w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
			for event := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte("\n\n")), []byte("\n\n")) {
				_, data, ok := bytes.Cut(event, []byte("data: "))
				if !ok || !json.Valid(data) && string(data) != "[DONE]" {
					t.Fatalf("%s %q: event %q", r.URL.Path, body, event)
				}
			}
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%s %q = %d %s", r.URL.Path, body, w.Code, out)
		}
	})
}

// FuzzScript reads rules, or refuses them.
func FuzzScript(f *testing.F) {
	f.Add([]byte(`{"match":"a","text":"b {{n}}","repeat":2,"calls":[{"name":"f"}],"error":{"status":1},"after":-1,"piece":-3}` + "\n\nx"))
	f.Fuzz(func(t *testing.T, in []byte) {
		NewScripted(bytes.NewReader(in))
	})
}
