package serve

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"feilun/internal/openai"
	"feilun/internal/tensor"
	"feilun/internal/testkit"
	"feilun/model"
)

// tinyEngine is a model with random weights: what it writes means nothing, but is always the
// same.
func tinyEngine(t testing.TB, o EngineOptions) *Engine {
	t.Helper()
	dir := filepath.Join(testkit.Root(t), "cmd", "feilun", "testdata", "model")
	e, err := model.OpenEngine(dir, tensor.New(2), model.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.OpenWords(dir)
	if err != nil {
		t.Fatal(err)
	}
	o.ID = "tiny"
	g, err := NewEngine(e, w, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// collect generates and returns the text.
func collect(ctx context.Context, g Generator, r *Request) (gathered, Result, error) {
	var all gathered
	res, err := g.Generate(ctx, r, func(p Piece) error {
		if !utf8.ValidString(p.Text) {
			return errors.New("a piece splits a character")
		}
		all.add(p)
		return nil
	})
	return all, res, err
}

func TestEngineSeeds(t *testing.T) {
	g := tinyEngine(t, EngineOptions{Running: 4})
	ask := func(seed int64) string {
		all, _, err := collect(t.Context(), g, &Request{Prompt: "ab", MaxTokens: 20, Logprobs: -1, Sampling: Sampling{Seed: &seed}})
		if err != nil {
			t.Error(err)
		}
		return string(all.text)
	}
	alone, other := ask(7), ask(8)
	if alone == other {
		t.Errorf("two seeds wrote the same: %q", alone)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if got := ask(7); got != alone {
				t.Errorf("among others %q, alone %q", got, alone)
			}
		})
	}
	group.Wait()
}

// What a prompt's tokens were worth is the same whether they are echoed or were generated.
func TestEngineEcho(t *testing.T) {
	g := tinyEngine(t, EngineOptions{})
	zero := 0.0
	all, res, err := collect(t.Context(), g, &Request{Prompt: "hello", MaxTokens: 8, Logprobs: 2, Sampling: Sampling{Temperature: &zero}})
	if err != nil {
		t.Fatal(err)
	}
	if res.CompletionTokens != len(all.logprobs) || res.CompletionTokens == 0 {
		t.Fatalf("%d tokens, %d log-probabilities", res.CompletionTokens, len(all.logprobs))
	}
	_, echo, err := collect(t.Context(), g, &Request{Prompt: "hello" + string(all.text), MaxTokens: EchoOnly, Echo: true, Logprobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if echo.PromptTokens != len(echo.Prompt) {
		t.Fatalf("%d tokens of the prompt, %d echoed", echo.PromptTokens, len(echo.Prompt))
	}
	first := all.logprobs[0]
	got := echo.Prompt[res.PromptTokens]
	if got.ID == first.ID && (got.Logprob-first.Logprob > 1e-3 || first.Logprob-got.Logprob > 1e-3 || len(got.Top) != 2) {
		t.Errorf("echoed %+v, generated %+v", got, first)
	}
}

func TestEngineErrors(t *testing.T) {
	web := open(t, Options{Generator: tinyEngine(t, EngineOptions{})})
	for _, tt := range []struct{ path, body, code, param string }{
		{"chat/completions", `{"messages":[{"role":"user","content":"` + strings.Repeat("long ", 100) + `"}]}`, "context_length_exceeded", "messages"},
		{"chat/completions", `{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]}`, "unsupported_parameter", "tools"},
		{"chat/completions", `{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}`, "unsupported_parameter", "response_format"},
		{"embeddings", `{"input":"x"}`, "unsupported_parameter", "model"},
		{"completions", `{"prompt":"x","logit_bias":{"5000":1}}`, "", "logit_bias"},
	} {
		res, body := ask(t, "POST", web.URL+"/v1/"+tt.path, tt.body)
		var e struct{ Error openai.Error }
		if err := json.Unmarshal([]byte(body), &e); err != nil || res.StatusCode != 400 || e.Error.Code != tt.code || e.Error.Param != tt.param {
			t.Errorf("%s %.60s = %d %s; want 400, %q, %q", tt.path, tt.body, res.StatusCode, body, tt.code, tt.param)
		}
	}
	if res, body := ask(t, "POST", web.URL+"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"max_tokens":5,"tools":[],"tool_choice":"none"}`); res.StatusCode != 200 {
		t.Errorf("a plain chat: %d %s", res.StatusCode, body)
	}
	_, body := ask(t, "POST", web.URL+"/tokenize", `{"content":"hello 你"}`)
	var tokens struct{ Tokens []int }
	json.Unmarshal([]byte(body), &tokens)
	b, _ := json.Marshal(map[string]any{"tokens": tokens.Tokens})
	if _, back := ask(t, "POST", web.URL+"/detokenize", string(b)); !strings.Contains(back, `"content":"hello 你"`) {
		t.Errorf("tokens %s back: %s", b, back)
	}
}

// Somebody who leaves ends what the engine does for him.
func TestEngineCancel(t *testing.T) {
	g := tinyEngine(t, EngineOptions{Running: 1})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := g.Generate(ctx, &Request{Prompt: "a", Logprobs: -1, Sampling: Sampling{LogitBias: map[int]float64{0: -100}}}, func(Piece) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Generate = %v, want Canceled", err)
	}
	if _, _, err := collect(t.Context(), g, &Request{Prompt: "a", MaxTokens: 3, Logprobs: -1}); err != nil {
		t.Errorf("after one that left: %v", err)
	}
}

// The marks of a template are tokens where it has them, and text where somebody wrote them.
func TestChatForms(t *testing.T) {
	w := tinyEngine(t, EngineOptions{}).words
	f, ok := newChatForm(w)
	if !ok {
		t.Fatal("a model without template has no plain form")
	}
	got, err := w.Tokenizer.Decode(nil, f.encode([]Turn{{Role: "system", Content: "Be brief."}, {Role: "user", Content: " Hi \n"}}))
	if want := "System: Be brief.\nUser: Hi\nAssistant:"; err != nil || string(got) != want {
		t.Errorf("plain form %q, want %q (%v)", got, want, err)
	}
	if _, ok := newChatForm(&model.Words{Tokenizer: w.Tokenizer, Template: "{{ messages }}"}); ok {
		t.Error("a template of no known form was taken")
	}
}
