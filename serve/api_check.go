package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/openai"
)

// readAPI reads a body into v, and refuses fields that ask for what this server has not:
// those of refused, unless null, false, zero or empty.
func (s *Server) readAPI(w http.ResponseWriter, r *http.Request, v any, refused ...string) error {
	var raw json.RawMessage
	if err := s.readJSON(w, r, &raw); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return badRequest("", "the body must be a JSON object")
	}
	for _, name := range refused {
		if b := fields[name]; !slices.Contains([]string{"", "null", "false", "0", `""`, "[]", "{}"}, string(b)) {
			return Unsupported(name, "%s is not supported by this server", name)
		}
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return wrongType(err)
	}
	return nil
}

// within refuses a number that lies outside of from to to; nil is fine.
func within[T int | float64](param string, v *T, from, to T) error {
	if v == nil || *v >= from && *v <= to {
		return nil
	}
	return badRequest(param, "%s is %v; it must be from %v to %v", param, *v, from, to)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// sampling checks how tokens are to be drawn.
func sampling(q *openai.Sampling, bias map[string]float64) (Sampling, error) {
	if q.RepetitionPenalty == nil {
		q.RepetitionPenalty = q.RepeatPenalty
	}
	if q.TopK != nil && *q.TopK <= 0 { // 0 and -1 stand for all tokens
		q.TopK = nil
	}
	err := firstError(within("temperature", q.Temperature, 0, 2), within("top_p", q.TopP, 0, 1), within("min_p", q.MinP, 0, 1),
		within("repetition_penalty", q.RepetitionPenalty, 0.01, 10),
		within("frequency_penalty", q.FrequencyPenalty, -2, 2), within("presence_penalty", q.PresencePenalty, -2, 2))
	if err != nil {
		return Sampling{}, err
	}
	if len(q.Stop) > 16 || slices.Contains(q.Stop, "") {
		return Sampling{}, badRequest("stop", "stop takes up to 16 texts that are not empty")
	}
	out := Sampling{Temperature: q.Temperature, TopP: q.TopP, TopK: q.TopK, MinP: q.MinP, RepetitionPenalty: q.RepetitionPenalty,
		FrequencyPenalty: q.FrequencyPenalty, PresencePenalty: q.PresencePenalty, Seed: q.Seed}
	for key, v := range bias {
		id, err := strconv.Atoi(key)
		if err != nil || id < 0 || v < -100 || v > 100 {
			return Sampling{}, badRequest("logit_bias", "logit_bias maps numbers of tokens to numbers from -100 to 100; %q: %v is not such", key, v)
		}
		if out.LogitBias == nil {
			out.LogitBias = map[int]float64{}
		}
		out.LogitBias[id] = v
	}
	return out, nil
}

// maxTokens checks how long an answer may be; least is the smallest number that is allowed.
func (s *Server) maxTokens(param string, n *int, least int) (int, error) {
	limit := s.o.Limits.MaxTokens
	switch {
	case n == nil:
		return limit, nil
	case *n < least:
		return 0, badRequest(param, "%s is %d; it must be %d or more", param, *n, least)
	case limit > 0 && *n > limit:
		return 0, badRequest(param, "%s is %d; this server writes up to %d tokens", param, *n, limit)
	}
	return *n, nil
}

func (s *Server) choices(n *int) (int, error) {
	if n == nil {
		return 1, nil
	}
	return *n, within("n", n, 1, s.o.Limits.Choices)
}

// turns checks a conversation.
func (s *Server) turns(messages []openai.Message) ([]Turn, error) {
	if len(messages) == 0 || len(messages) > s.o.Limits.Messages {
		return nil, badRequest("messages", "messages has %d messages; it must have 1 to %d", len(messages), s.o.Limits.Messages)
	}
	var out []Turn
	for i, m := range messages {
		param := fmt.Sprintf("messages[%d]", i)
		if m.Content.Other != "" {
			return nil, badRequest(param+".content", "parts of type %q are not supported: this server reads text alone", m.Content.Other)
		}
		t := Turn{Role: m.Role, Content: m.Content.Text}
		switch m.Role {
		case "developer":
			t.Role = "system"
		case "system", "user":
		case "tool":
			t.CallID = m.ToolCallID
			if t.CallID == "" {
				return nil, badRequest(param+".tool_call_id", "a tool's message needs the tool_call_id that it answers")
			}
		case "assistant":
			for _, c := range m.ToolCalls {
				t.Calls = append(t.Calls, Call{ID: c.ID, Name: c.Function.Name, Arguments: string(c.Function.Arguments)})
			}
		default:
			return nil, badRequest(param+".role", "role %q is none of system, developer, user, assistant, tool", m.Role)
		}
		out = append(out, t)
	}
	return out, nil
}

// tools checks functions and which of them is to be called.
func tools(r *Request, list []openai.Tool, choice *openai.ToolChoice) error {
	names := map[string]bool{}
	for i, t := range list {
		param := fmt.Sprintf("tools[%d]", i)
		name := t.Function.Name
		if t.Type != "function" {
			return Unsupported(param+".type", "tools of type %q are not supported; functions are", t.Type)
		}
		if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || names[name] {
			return badRequest(param+".function.name", "a function's name has 1 to 64 letters, digits, _ or -, and occurs once; %q is not such", name)
		}
		if p := t.Function.Parameters; len(p) > 0 && p[0] != '{' && string(p) != "null" {
			return badRequest(param+".function.parameters", "parameters must be a JSON schema, which is an object")
		}
		names[name] = true
		r.Tools = append(r.Tools, Tool{Name: name, Description: t.Function.Description, Parameters: t.Function.Parameters})
	}
	if len(list) > 0 {
		r.ToolChoice = "auto"
	}
	switch {
	case choice == nil:
	case choice.Name != "":
		if !names[choice.Name] {
			return badRequest("tool_choice", "tool_choice names %q, which is not among the tools", choice.Name)
		}
		r.ToolChoice = choice.Name
	case choice.Mode == "none" || choice.Mode == "auto":
		r.ToolChoice = choice.Mode
	case choice.Mode == "required" && len(list) > 0:
		r.ToolChoice = choice.Mode
	default:
		return badRequest("tool_choice", "tool_choice is %q; it must be none, auto, with tools required, or one of them", choice.Mode)
	}
	if names[r.ToolChoice] && slices.Contains([]string{"auto", "none", "required"}, r.ToolChoice) && choice != nil && choice.Name != "" {
		return badRequest("tools", "a function may not be called %q where it is chosen by name", r.ToolChoice)
	}
	return nil
}

// format checks the form that an answer must have.
func format(r *Request, f *openai.ResponseFormat) error {
	if f == nil || f.Type == "text" {
		return nil
	}
	r.Format = f.Type
	switch f.Type {
	case "json_object":
		return nil
	case "json_schema":
		if f.JSONSchema == nil || len(f.JSONSchema.Schema) == 0 || f.JSONSchema.Schema[0] != '{' {
			return badRequest("response_format", "response_format json_schema needs json_schema.schema, an object")
		}
		r.Schema = f.JSONSchema.Schema
		return nil
	}
	return badRequest("response_format", "response_format %q is none of text, json_object, json_schema", f.Type)
}
