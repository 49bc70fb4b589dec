package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"feilun/internal/openai"
)

// A responseBody is the body of POST /v1/responses. Nothing is stored: a conversation is sent
// whole each time.
type responseBody struct {
	Model           string             `json:"model"`
	Input           json.RawMessage    `json:"input"` // a text, or items
	Instructions    string             `json:"instructions"`
	MaxOutputTokens *int               `json:"max_output_tokens"`
	Temperature     *float64           `json:"temperature"`
	TopP            *float64           `json:"top_p"`
	Tools           []responseTool     `json:"tools"`
	ToolChoice      *openai.ToolChoice `json:"tool_choice"`
	Parallel        *bool              `json:"parallel_tool_calls"`
	Stream          bool               `json:"stream"`
	Truncation      string             `json:"truncation"`
	Metadata        json.RawMessage    `json:"metadata"`
	Text            struct {
		Format *responseFormat `json:"format"`
	} `json:"text"`
	Reasoning struct {
		Effort string `json:"effort"`
	} `json:"reasoning"`
}

type responseTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

type responseFormat struct {
	Type   string          `json:"type"`
	Name   string          `json:"name,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"`
	Strict *bool           `json:"strict,omitempty"`
}

// A responseItem is a part of the input.
type responseItem struct {
	Type      string         `json:"type"`
	Role      string         `json:"role"`
	Content   openai.Content `json:"content"`
	CallID    string         `json:"call_id"`
	Name      string         `json:"name"`
	Arguments string         `json:"arguments"`
	Output    openai.Content `json:"output"`
}

// messages turns the input into a conversation.
func (q *responseBody) messages() ([]openai.Message, error) {
	var out []openai.Message
	if q.Instructions != "" {
		out = append(out, openai.Message{Role: "system", Content: openai.Content{Text: q.Instructions}})
	}
	var text string
	if json.Unmarshal(q.Input, &text) == nil && len(q.Input) > 0 && q.Input[0] == '"' {
		return append(out, openai.Message{Role: "user", Content: openai.Content{Text: text}}), nil
	}
	var items []responseItem
	if err := json.Unmarshal(q.Input, &items); err != nil || len(items) == 0 {
		return nil, badRequest("input", "input must be a text or a list of items")
	}
	for i, it := range items {
		switch cmp.Or(it.Type, "message") {
		case "message":
			out = append(out, openai.Message{Role: it.Role, Content: it.Content})
		case "function_call":
			call := openai.ToolCall{ID: it.CallID, Type: "function", Function: openai.FunctionCall{Name: it.Name, Arguments: openai.Arguments(it.Arguments)}}
			if n := len(out); n > 0 && out[n-1].Role == "assistant" {
				out[n-1].ToolCalls = append(out[n-1].ToolCalls, call)
			} else {
				out = append(out, openai.Message{Role: "assistant", Content: openai.Content{Null: true}, ToolCalls: []openai.ToolCall{call}})
			}
		case "function_call_output":
			out = append(out, openai.Message{Role: "tool", Content: it.Output, ToolCallID: it.CallID})
		case "reasoning": // of an earlier answer: models read their answers alone
		default:
			return nil, Unsupported(fmt.Sprintf("input[%d].type", i), "items of type %q are not supported", it.Type)
		}
	}
	return out, nil
}

// chat turns a body into that of a chat.
func (q *responseBody) chat() (*openai.ChatRequest, error) {
	messages, err := q.messages()
	if err != nil {
		return nil, err
	}
	if q.Truncation != "" && q.Truncation != "disabled" {
		return nil, Unsupported("truncation", "this server never leaves out parts of a conversation: truncation must be disabled")
	}
	c := &openai.ChatRequest{Model: q.Model, Messages: messages, MaxCompletionTokens: q.MaxOutputTokens, ToolChoice: q.ToolChoice,
		ParallelToolCalls: q.Parallel, ReasoningEffort: q.Reasoning.Effort}
	c.Temperature, c.TopP = q.Temperature, q.TopP
	for _, t := range q.Tools {
		c.Tools = append(c.Tools, openai.Tool{Type: t.Type, Function: openai.Function{Name: t.Name, Description: t.Description, Parameters: t.Parameters}})
	}
	if f := q.Text.Format; f != nil {
		c.ResponseFormat = &openai.ResponseFormat{Type: f.Type, JSONSchema: &openai.JSONSchema{Name: f.Name, Schema: f.Schema}}
	}
	return c, nil
}

// responseRefused are fields that ask for what this server has not.
var responseRefused = [...]string{"previous_response_id", "conversation", "background", "prompt", "top_logprobs"}

func (s *Server) responses(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var q responseBody
	if err := s.readAPI(w, r, &q, responseRefused[:]...); err != nil {
		return err
	}
	c, err := q.chat()
	if err != nil {
		return err
	}
	all, m, err := s.chatRequest(r, a, c)
	if err != nil {
		return err
	}
	done, err := s.admit(r, a)
	if err != nil {
		return err
	}
	var sum Result
	defer func() { done(sum) }()
	b := newResponseBuilder(&q, m)
	if q.Stream {
		sum, err = s.streamResponse(w, r, all[0], b)
		return err
	}
	sum, err = s.generate(r.Context(), all[0], func(p Piece) error { return b.add(p) })
	if err != nil {
		return err
	}
	b.end(sum)
	writeJSON(w, http.StatusOK, b.response)
	return nil
}

// streamResponse answers with the events of this API. The stream begins at once with them.
func (s *Server) streamResponse(w http.ResponseWriter, r *http.Request, q *Request, b *responseBuilder) (Result, error) {
	st := s.stream(w, func(out *openai.Stream) error {
		b.send = func(name string, e map[string]any) error { return out.Event(0, name, e) }
		b.emit("response.created", map[string]any{"response": b.response})
		return b.emit("response.in_progress", map[string]any{"response": b.response})
	})
	res, err := s.generate(r.Context(), q, func(p Piece) error {
		if _, err := st.begin(); err != nil {
			return err
		}
		return b.add(p)
	})
	if err != nil {
		if out := st.close(); out != nil {
			b.fail(s.explain(r, err))
			return res, nil
		}
		return res, err
	}
	st.begin()
	b.end(res)
	st.close()
	return res, nil
}

// A response is the answer of this API.
type response struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"` // response
	CreatedAt         int64             `json:"created_at"`
	Status            string            `json:"status"`
	Background        bool              `json:"background"`
	Error             any               `json:"error"`
	IncompleteDetails any               `json:"incomplete_details"`
	Instructions      *string           `json:"instructions"`
	MaxOutputTokens   *int              `json:"max_output_tokens"`
	Model             string            `json:"model"`
	Output            []*responseOutput `json:"output"`
	Parallel          bool              `json:"parallel_tool_calls"`
	Previous          *string           `json:"previous_response_id"`
	Store             bool              `json:"store"`
	Temperature       *float64          `json:"temperature"`
	TopP              *float64          `json:"top_p"`
	Text              any               `json:"text"`
	ToolChoice        openai.ToolChoice `json:"tool_choice"`
	Tools             []responseTool    `json:"tools"`
	Truncation        string            `json:"truncation"`
	Usage             any               `json:"usage"`
	Metadata          json.RawMessage   `json:"metadata"`
}

func newResponseBuilder(q *responseBody, m Model) *responseBuilder {
	r := &response{ID: newID("resp_"), Object: "response", CreatedAt: time.Now().Unix(), Status: "in_progress", MaxOutputTokens: q.MaxOutputTokens, Model: m.ID,
		Output: []*responseOutput{}, Parallel: q.Parallel == nil || *q.Parallel, Temperature: q.Temperature, TopP: q.TopP,
		ToolChoice: openai.ToolChoice{Mode: "auto"}, Tools: append([]responseTool{}, q.Tools...), Truncation: "disabled", Metadata: q.Metadata}
	if q.Instructions != "" {
		r.Instructions = &q.Instructions
	}
	if q.ToolChoice != nil {
		r.ToolChoice = *q.ToolChoice
	}
	format := responseFormat{Type: "text"}
	if q.Text.Format != nil {
		format = *q.Text.Format
	}
	r.Text = map[string]any{"format": format}
	if len(r.Metadata) == 0 {
		r.Metadata = json.RawMessage("{}")
	}
	return &responseBuilder{response: r, calls: map[int]*responseOutput{}, send: func(string, map[string]any) error { return nil }}
}
