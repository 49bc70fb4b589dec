package serve

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

// scripted opens the generator of the tests.
func scripted(t testing.TB) *Scripted {
	t.Helper()
	f, err := os.Open("testdata/script.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := NewScripted(f)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var unsteady = regexp.MustCompile(`"(id|item_id)":"(chatcmpl-|cmpl-|resp_|msg_|fc_|rs_|rerank-)[a-z0-9]+"|"(created|created_at)":[0-9]+`)

// steady takes out what differs from call to call.
func steady(s string) string {
	return unsteady.ReplaceAllStringFunc(s, func(m string) string {
		key, _, _ := strings.Cut(m, ":")
		return key + `:"*"`
	})
}

// What the API answers, byte by byte.
func TestAPIGolden(t *testing.T) {
	web := open(t, Options{Generator: scripted(t), Version: "test"})
	for _, tt := range []struct{ name, method, path, body string }{
		{"chat", "POST", "/v1/chat/completions", `{"model":"scripted","messages":[{"role":"system","content":"s"},{"role":"user","content":"你好 <b>"}]}`},
		{"chat_stream", "POST", "/v1/chat/completions", `{"model":"scripted","messages":[{"role":"user","content":"你好 <b>"}],"stream":true,"stream_options":{"include_usage":true}}`},
		{"chat_stop", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"text","text":"one two three"}]}],"stop":"three"}`},
		{"chat_length", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"one two three"}],"max_completion_tokens":5}`},
		{"chat_two", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"[seed]"}],"seed":7,"n":2}`},
		{"chat_logprobs", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"你"}],"logprobs":true,"top_logprobs":2}`},
		{"chat_tools", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"[tool]"}],"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]}`},
		{"chat_tools_stream", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"[tool]"}],"stream":true,"parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"weather"}}]}`},
		{"chat_reasoning_stream", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"[reason]"}],"stream":true}`},
		{"chat_break_stream", "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"[break]"}],"stream":true}`},
		{"completion", "POST", "/v1/completions", `{"model":"scripted","prompt":["ab","cd"],"max_tokens":9}`},
		{"completion_stream", "POST", "/v1/completions", `{"prompt":"abcdef","stream":true,"logprobs":1,"stream_options":{"include_usage":true}}`},
		{"completion_echo", "POST", "/v1/completions", `{"prompt":"你好","echo":true,"logprobs":1,"max_tokens":0}`},
		{"completion_tokens", "POST", "/v1/completions", `{"prompt":[20320,22909]}`},
		{"responses", "POST", "/v1/responses", `{"model":"scripted","instructions":"be brief","input":"hello","max_output_tokens":100}`},
		{"responses_stream", "POST", "/v1/responses", `{"input":[{"role":"user","content":[{"type":"input_text","text":"[reason]"}]}],"stream":true}`},
		{"responses_tools_stream", "POST", "/v1/responses", `{"input":"[tool]","stream":true,"tools":[{"type":"function","name":"weather","parameters":{}}]}`},
		{"responses_length", "POST", "/v1/responses", `{"input":"hello","max_output_tokens":2}`},
		{"models", "GET", "/v1/models", ``},
		{"model", "GET", "/v1/models/scripted", ``},
		{"tokenize", "POST", "/tokenize", `{"content":"你a","with_pieces":true}`},
		{"tokenize_vllm", "POST", "/tokenize", `{"model":"scripted","prompt":"你a","return_token_strs":true}`},
		{"detokenize", "POST", "/detokenize", `{"tokens":[20320,97]}`},
		{"rerank", "POST", "/v1/rerank", `{"query":"abc","documents":["xyz",{"text":"abc"},"abz"],"top_n":2,"return_documents":true}`},
		{"health", "GET", "/health", ``},
		{"version", "GET", "/version", ``},
	} {
		res, body := ask(t, tt.method, web.URL+tt.path, tt.body)
		got := steady(body)
		if res.StatusCode != 200 {
			t.Errorf("%s: status %d: %s", tt.name, res.StatusCode, body)
			continue
		}
		golden := filepath.Join("testdata", "api", tt.name+".txt")
		if *update {
			os.MkdirAll(filepath.Dir(golden), 0o777)
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs; if it should, run: go test ./serve -run APIGolden -update\n%s", golden, diff)
		}
	}
}

// Errors have a status, a code and the field that is at fault.
func TestAPIErrors(t *testing.T) {
	web := open(t, Options{Generator: scripted(t), Limits: Limits{APIBody: 1 << 16, MaxTokens: 1000}})
	user := `"messages":[{"role":"user","content":"hi"}]`
	for _, tt := range []struct {
		path, body  string
		status      int
		code, param string
	}{
		{"chat/completions", `{`, 400, "", ""},
		{"chat/completions", `[]`, 400, "", ""},
		{"chat/completions", `{}`, 400, "", "messages"},
		{"chat/completions", `{"model":"gpt-4",` + user + `}`, 404, "model_not_found", "model"},
		{"chat/completions", `{` + user + `,"temperature":3}`, 400, "", "temperature"},
		{"chat/completions", `{` + user + `,"temperature":"hot"}`, 400, "", "temperature"},
		{"chat/completions", `{` + user + `,"n":99}`, 400, "", "n"},
		{"chat/completions", `{` + user + `,"max_tokens":0}`, 400, "", "max_tokens"},
		{"chat/completions", `{` + user + `,"max_tokens":1001}`, 400, "", "max_tokens"},
		{"chat/completions", `{` + user + `,"top_logprobs":5}`, 400, "", "top_logprobs"},
		{"chat/completions", `{` + user + `,"logprobs":true,"top_logprobs":21}`, 400, "", "top_logprobs"},
		{"chat/completions", `{` + user + `,"stop":[""]}`, 400, "", "stop"},
		{"chat/completions", `{` + user + `,"logit_bias":{"a":1}}`, 400, "", "logit_bias"},
		{"chat/completions", `{` + user + `,"functions":[{"name":"f"}]}`, 400, "unsupported_parameter", "functions"},
		{"chat/completions", `{` + user + `,"audio":{"voice":"x"}}`, 400, "unsupported_parameter", "audio"},
		{"chat/completions", `{` + user + `,"tool_choice":"required"}`, 400, "", "tool_choice"},
		{"chat/completions", `{` + user + `,"tools":[{"type":"function","function":{"name":"a b"}}]}`, 400, "", "tools[0].function.name"},
		{"chat/completions", `{` + user + `,"response_format":{"type":"xml"}}`, 400, "", "response_format"},
		{"chat/completions", `{` + user + `,"response_format":{"type":"json_schema"}}`, 400, "", "response_format"},
		{"chat/completions", `{"messages":[{"role":"wizard","content":"x"}]}`, 400, "", "messages[0].role"},
		{"chat/completions", `{"messages":[{"role":"tool","content":"x"}]}`, 400, "", "messages[0].tool_call_id"},
		{"chat/completions", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "", "messages[0].content"},
		{"chat/completions", `{"messages":[{"role":"user","content":"` + strings.Repeat("x", 9000) + `"}]}`, 400, "context_length_exceeded", "messages"},
		{"chat/completions", `{"messages":[{"role":"user","content":"` + strings.Repeat("x", 70000) + `"}]}`, 413, "request_too_large", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"[429]"}]}`, 429, "rate_limit_exceeded", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"[429]"}],"stream":true}`, 429, "rate_limit_exceeded", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"[401]"}]}`, 401, "invalid_api_key", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"[break]"}]}`, 502, "upstream_error", ""},
		{"completions", `{}`, 400, "", "prompt"},
		{"completions", `{"prompt":{"a":1}}`, 400, "", "prompt"},
		{"completions", `{"prompt":"a","suffix":"b"}`, 400, "unsupported_parameter", "suffix"},
		{"completions", `{"prompt":"a","echo":true,"stream":true}`, 400, "unsupported_parameter", "echo"},
		{"embeddings", `{"input":[""]}`, 400, "", "input"},
		{"embeddings", `{"input":"a","dimensions":3}`, 400, "unsupported_parameter", "dimensions"},
		{"embeddings", `{"input":"a","encoding_format":"hex"}`, 400, "", "encoding_format"},
		{"responses", `{"input":"a","previous_response_id":"resp_1"}`, 400, "unsupported_parameter", "previous_response_id"},
		{"responses", `{"input":[{"type":"computer_call"}]}`, 400, "unsupported_parameter", "input[0].type"},
		{"responses", `{"input":"a","truncation":"auto"}`, 400, "unsupported_parameter", "truncation"},
		{"none", `{}`, 404, "not_found", ""},
	} {
		res, body := ask(t, "POST", web.URL+"/v1/"+tt.path, tt.body)
		var e struct {
			Error struct {
				Message, Type string
				Code, Param   *string
			}
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Errorf("%s %.80s: %v: %s", tt.path, tt.body, err, body)
			continue
		}
		code, param := "", ""
		if e.Error.Code != nil {
			code = *e.Error.Code
		}
		if e.Error.Param != nil {
			param = *e.Error.Param
		}
		if res.StatusCode != tt.status || code != tt.code || param != tt.param || e.Error.Message == "" || e.Error.Type == "" {
			t.Errorf("%s %.80s = %d, code %q, param %q (%s); want %d, %q, %q", tt.path, tt.body, res.StatusCode, code, param, body, tt.status, tt.code, tt.param)
		}
		if res.StatusCode == 429 && res.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After = %q, want 1", res.Header.Get("Retry-After"))
		}
	}
	if res, _ := ask(t, "POST", web.URL+"/v1/chat/completions", `{`+user+`,"metadata":{"a":"b"},"service_tier":"auto","no_such_field":[1],"functions":null,"store":false}`); res.StatusCode != 200 {
		t.Errorf("unknown fields: %d, want 200", res.StatusCode)
	}
}

func TestEmbeddingForms(t *testing.T) {
	web := open(t, Options{Generator: scripted(t)})
	var answer struct {
		Data []struct {
			Index     int
			Embedding json.RawMessage
		}
		Usage struct {
			PromptTokens int `json:"prompt_tokens"`
		}
	}
	_, body := ask(t, "POST", web.URL+"/v1/embeddings", `{"model":"scripted","input":["abc","你好"],"encoding_format":"base64"}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Data) != 2 || answer.Usage.PromptTokens != 5 {
		t.Fatalf("%v: %s", err, body)
	}
	var text string
	json.Unmarshal(answer.Data[1].Embedding, &text)
	if b, err := base64.StdEncoding.DecodeString(text); err != nil || len(b) != 4*scriptDims {
		t.Errorf("base64 of %d bytes, %v; want %d", len(b), err, 4*scriptDims)
	}
	_, body = ask(t, "POST", web.URL+"/v1/embeddings", `{"input":[[97,98],[99]]}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Data) != 2 || answer.Data[0].Embedding[0] != '[' {
		t.Errorf("%v: %s", err, body)
	}
}
