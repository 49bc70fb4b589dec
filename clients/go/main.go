// Command clients runs the scenarios of OpenAI's Go client against feilun serve, at FEILUN_URL, and
// prints a line of JSON for each. It is a module of its own, so that the program needs none
// of this.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

const model = "scripted"

func main() {
	base := os.Getenv("FEILUN_URL") // ending in /
	c := &clients{openai.NewClient(option.WithBaseURL(base+"v1/"), option.WithAPIKey("none"), option.WithMaxRetries(0)), base}
	failed := false
	out := json.NewEncoder(os.Stdout)
	for _, s := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"models", c.models}, {"chat", c.chat}, {"stream", c.stream}, {"leaving ends the generation", c.leave},
		{"stop sequence", c.stop}, {"length", c.length}, {"usage is the same streamed", c.usage}, {"seed, n", c.seed},
		{"tools", c.tools}, {"tools streamed", c.toolStream}, {"response format", c.format}, {"logprobs", c.logprobs},
		{"embeddings", c.embeddings}, {"error 400", c.status("x", 400, "")}, {"error 401", c.status("[401]", 401, "invalid_api_key")},
		{"error 404", c.missing}, {"error 429", c.status("[429]", 429, "rate_limit_exceeded")},
		{"context overflow is an error", c.status(strings.Repeat("x", 9000), 400, "context_length_exceeded")},
		{"error in the middle of a stream", c.broken}, {"Chinese", c.chinese}, {"two streams at once", c.two},
		{"completions", c.completions}, {"responses", c.responses},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		line := map[string]string{"scenario": s.name}
		if err := s.run(ctx); err != nil {
			line["error"] = err.Error()
			failed = true
		}
		cancel()
		out.Encode(line)
	}
	if failed {
		os.Exit(1)
	}
}

type clients struct {
	openai.Client
	base string
}

func params(content string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(content)}}
}

func (c *clients) ask(ctx context.Context, p openai.ChatCompletionNewParams) (*openai.ChatCompletion, error) {
	return c.Chat.Completions.New(ctx, p)
}

func equal(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

// read gathers a stream.
func (c *clients) read(ctx context.Context, p openai.ChatCompletionNewParams) (openai.ChatCompletion, error) {
	s := c.Chat.Completions.NewStreaming(ctx, p)
	var all openai.ChatCompletionAccumulator
	for s.Next() {
		if !all.AddChunk(s.Current()) {
			return all.ChatCompletion, errors.New("a chunk does not belong to the stream")
		}
	}
	return all.ChatCompletion, s.Err()
}

func (c *clients) models(ctx context.Context) error {
	page, err := c.Models.List(ctx)
	if err != nil {
		return err
	}
	m, err := c.Models.Get(ctx, page.Data[0].ID)
	if err != nil {
		return err
	}
	return equal([]any{len(page.Data), m.ID}, []any{1, model})
}

func (c *clients) chat(ctx context.Context) error {
	r, err := c.ask(ctx, params("hello"))
	if err != nil {
		return err
	}
	return equal([]string{r.Choices[0].Message.Content, r.Choices[0].FinishReason}, []string{"hello", "stop"})
}

func (c *clients) stream(ctx context.Context) error {
	r, err := c.read(ctx, params("hello world"))
	if err != nil {
		return err
	}
	return equal([]string{r.Choices[0].Message.Content, r.Choices[0].FinishReason}, []string{"hello world", "stop"})
}

// metric reads a number of the server's.
func (c *clients) metric(name string) (float64, error) {
	r, err := http.Get(c.base + "metrics")
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^feilun_serve_` + name + ` (.+)$`).FindSubmatch(b)
	if m == nil {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

func (c *clients) leave(ctx context.Context) error {
	before, err := c.metric("generations_cancelled_total")
	if err != nil {
		return err
	}
	leave, cancel := context.WithCancel(ctx)
	defer cancel()
	s := c.Chat.Completions.NewStreaming(leave, params("[slow]"))
	if !s.Next() || !s.Next() {
		return errors.New("the stream does not begin")
	}
	cancel()
	for ctx.Err() == nil {
		if now, err := c.metric("generations_cancelled_total"); err != nil || now > before {
			return err
		}
		time.Sleep(25 * time.Millisecond)
	}
	return errors.New("the server goes on generating")
}

func (c *clients) stop(ctx context.Context) error {
	p := params("one two three")
	p.Stop = openai.ChatCompletionNewParamsStopUnion{OfStringArray: []string{"three"}}
	r, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	return equal(r.Choices[0].Message.Content, "one two ")
}

func (c *clients) length(ctx context.Context) error {
	p := params("one two three")
	p.MaxCompletionTokens = openai.Int(3)
	r, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	return equal([]string{r.Choices[0].Message.Content, r.Choices[0].FinishReason}, []string{"one", "length"})
}

func (c *clients) usage(ctx context.Context) error {
	p := params("[long]")
	whole, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	p.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	streamed, err := c.read(ctx, p)
	if err != nil {
		return err
	}
	return equal([]int64{streamed.Usage.PromptTokens, streamed.Usage.CompletionTokens}, []int64{whole.Usage.PromptTokens, whole.Usage.CompletionTokens})
}

func (c *clients) seed(ctx context.Context) error {
	p := params("[seed]")
	p.Seed, p.N = openai.Int(41), openai.Int(2)
	r, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	return equal([]string{r.Choices[0].Message.Content, r.Choices[1].Message.Content}, []string{"seed 41", "seed 42"})
}

func toolParams() openai.ChatCompletionNewParams {
	p := params("[tool]")
	p.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "weather"})}
	return p
}

func cities(r openai.ChatCompletion) (out []string) {
	for _, t := range r.Choices[0].Message.ToolCalls {
		out = append(out, t.ID+t.Function.Arguments)
	}
	return out
}

var wantCities = []string{`call_0{"city":"北京"}`, `call_1{"city":"上海"}`}

func (c *clients) tools(ctx context.Context) error {
	r, err := c.ask(ctx, toolParams())
	if err != nil {
		return err
	}
	return equal(cities(*r), wantCities)
}

func (c *clients) toolStream(ctx context.Context) error {
	r, err := c.read(ctx, toolParams())
	if err != nil {
		return err
	}
	return equal(cities(r), wantCities)
}

func (c *clients) format(ctx context.Context) error {
	p := params("[json]")
	p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "x", Schema: map[string]any{"type": "object"}}}
	r, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	var v struct {
		Name string
		N    int
	}
	if err := json.Unmarshal([]byte(r.Choices[0].Message.Content), &v); err != nil {
		return err
	}
	return equal([]any{v.Name, v.N}, []any{"飞轮", 7})
}

func (c *clients) logprobs(ctx context.Context) error {
	p := params("你")
	p.Logprobs, p.TopLogprobs = openai.Bool(true), openai.Int(2)
	r, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	t := r.Choices[0].Logprobs.Content[0]
	return equal([]any{t.Token, t.Bytes, len(t.TopLogprobs)}, []any{"你", []int64{228, 189, 160}, 2})
}

func (c *clients) embeddings(ctx context.Context) error {
	r, err := c.Embeddings.New(ctx, openai.EmbeddingNewParams{Model: model, Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"abc", "你好"}}})
	if err != nil {
		return err
	}
	sum := 0.0
	for _, x := range r.Data[1].Embedding {
		sum += x * x
	}
	return equal([]any{len(r.Data), len(r.Data[0].Embedding), math.Abs(sum-1) < 1e-6}, []any{2, 32, true})
}

func hasStatus(err error, status int, code string) error {
	var e *openai.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("error %v", err)
	}
	return equal([]any{e.StatusCode, e.Code}, []any{status, code})
}

func (c *clients) status(content string, status int, code string) func(context.Context) error {
	return func(ctx context.Context) error {
		p := params(content)
		if code == "" {
			p.Temperature = openai.Float(9)
		}
		_, err := c.ask(ctx, p)
		return hasStatus(err, status, code)
	}
}

func (c *clients) missing(ctx context.Context) error {
	p := params("x")
	p.Model = "gpt-4"
	_, err := c.ask(ctx, p)
	return hasStatus(err, 404, "model_not_found")
}

func (c *clients) broken(ctx context.Context) error {
	_, err := c.read(ctx, params("[break]"))
	if err == nil || !strings.Contains(err.Error(), "model server") {
		return fmt.Errorf("error %v", err)
	}
	return nil
}

const zh = "飞轮是一个从爬取到聊天的完整程序。🚀👩‍🚀"

func (c *clients) chinese(ctx context.Context) error {
	whole, err := c.ask(ctx, params("[zh]"))
	if err != nil {
		return err
	}
	streamed, err := c.read(ctx, params("[zh]"))
	if err != nil {
		return err
	}
	return equal([]string{whole.Choices[0].Message.Content, streamed.Choices[0].Message.Content}, []string{zh, zh})
}

func (c *clients) two(ctx context.Context) error {
	var all [2]string
	var errs [2]error
	var group sync.WaitGroup
	for i, content := range []string{"[long]", "first second"} {
		group.Go(func() {
			r, err := c.read(ctx, params(content))
			if errs[i] = err; err == nil {
				all[i] = r.Choices[0].Message.Content
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if !strings.HasPrefix(all[0], "第0句。第1句。") || !strings.HasSuffix(all[0], "第99句。") {
		return fmt.Errorf("the first is %s", all[0])
	}
	return equal(all[1], "first second")
}

func (c *clients) completions(ctx context.Context) error {
	p := openai.CompletionNewParams{Model: model, Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("你好")}, Echo: openai.Bool(true), Logprobs: openai.Int(1), MaxTokens: openai.Int(0)}
	r, err := c.Completions.New(ctx, p)
	if err != nil {
		return err
	}
	return equal([]any{r.Choices[0].Text, r.Choices[0].Logprobs.Tokens}, []any{"你好", []string{"你", "好"}})
}

func (c *clients) responses(ctx context.Context) error {
	p := responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("hello")}}
	r, err := c.Responses.New(ctx, p)
	if err != nil {
		return err
	}
	text, last := "", ""
	s := c.Responses.NewStreaming(ctx, p)
	for s.Next() {
		e := s.Current()
		last = e.Type
		if e.Type == "response.output_text.delta" {
			text += e.Delta
		}
	}
	if s.Err() != nil {
		return s.Err()
	}
	return equal([]string{r.OutputText(), text, last}, []string{"hello", "hello", "response.completed"})
}
