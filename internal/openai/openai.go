// Package openai holds the wire forms of OpenAI's HTTP API: requests and answers as its clients send and
// read them, event streams ([Stream] writes, [Reader] reads), and a [Client] of servers that
// speak it, each in its own dialect. It neither generates nor checks what may be asked.
package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// A ChatRequest is the body of POST /v1/chat/completions. Fields that it has not are ignored.
type ChatRequest struct {
	Model               string             `json:"model"`
	Messages            []Message          `json:"messages"`
	Stream              bool               `json:"stream,omitempty"`
	StreamOptions       *StreamOptions     `json:"stream_options,omitempty"`
	MaxTokens           *int               `json:"max_tokens,omitempty"`
	MaxCompletionTokens *int               `json:"max_completion_tokens,omitempty"`
	N                   *int               `json:"n,omitempty"`
	Logprobs            bool               `json:"logprobs,omitempty"`
	TopLogprobs         *int               `json:"top_logprobs,omitempty"`
	ResponseFormat      *ResponseFormat    `json:"response_format,omitempty"`
	Tools               []Tool             `json:"tools,omitempty"`
	ToolChoice          *ToolChoice        `json:"tool_choice,omitempty"`
	ParallelToolCalls   *bool              `json:"parallel_tool_calls,omitempty"`
	ReasoningEffort     string             `json:"reasoning_effort,omitempty"`
	LogitBias           map[string]float64 `json:"logit_bias,omitempty"`
	User                string             `json:"user,omitempty"`
	Sampling
}

// Sampling are the fields that steer the draw of tokens, of chat and completions alike. The
// last four are not OpenAI's: vLLM, llama.cpp and Ollama take them, the last under two names.
type Sampling struct {
	Temperature       *float64 `json:"temperature,omitempty"`
	TopP              *float64 `json:"top_p,omitempty"`
	Seed              *int64   `json:"seed,omitempty"`
	Stop              Strings  `json:"stop,omitempty"`
	FrequencyPenalty  *float64 `json:"frequency_penalty,omitempty"`
	PresencePenalty   *float64 `json:"presence_penalty,omitempty"`
	TopK              *int     `json:"top_k,omitempty"`
	MinP              *float64 `json:"min_p,omitempty"`
	RepetitionPenalty *float64 `json:"repetition_penalty,omitempty"`
	RepeatPenalty     *float64 `json:"repeat_penalty,omitempty"`
}

// StreamOptions belong to a streamed answer.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// Strings is a list that may be written as one string.
type Strings []string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Strings) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*s = nil
		return nil
	}
	if b[0] == '"' {
		var one string
		err := json.Unmarshal(b, &one)
		*s = Strings{one}
		return err
	}
	return json.Unmarshal(b, (*[]string)(s))
}

// A Message is a turn of a conversation.
type Message struct {
	Role       string     `json:"role"`
	Content    Content    `json:"content"`
	Name       string     `json:"name,omitempty"`
	ToolCalls  []ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

// Content is a text, nothing, or a list of parts, of which texts alone are understood.
type Content struct {
	Text  string
	Null  bool
	Other string // type of the first part that is no text
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Content) UnmarshalJSON(b []byte) error {
	*c = Content{}
	switch b[0] {
	case 'n':
		c.Null = true
		return nil
	case '[':
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(b, &parts); err != nil {
			return err
		}
		for _, p := range parts {
			switch p.Type {
			case "text", "input_text", "output_text":
				c.Text += p.Text
			default:
				if c.Other == "" {
					c.Other = p.Type
				}
			}
		}
		return nil
	}
	return json.Unmarshal(b, &c.Text)
}

// MarshalJSON implements [json.Marshaler].
func (c Content) MarshalJSON() ([]byte, error) {
	if c.Null {
		return []byte("null"), nil
	}
	return json.Marshal(c.Text)
}

// A Tool is a function that a model may call.
type Tool struct {
	Type     string   `json:"type"`
	Function Function `json:"function"`
}

// A Function is described by its name and a JSON schema of its arguments.
type Function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

// A ToolChoice is auto, none, required, or the name of a function.
type ToolChoice struct {
	Mode string
	Name string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *ToolChoice) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &c.Mode)
	}
	var v struct {
		Type     string `json:"type"`
		Name     string `json:"name"` // of /v1/responses
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if c.Name = v.Function.Name; c.Name == "" {
		c.Name = v.Name
	}
	if v.Type != "function" || c.Name == "" {
		return fmt.Errorf("tool_choice of type %q is not supported", v.Type)
	}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (c ToolChoice) MarshalJSON() ([]byte, error) {
	if c.Name == "" {
		return json.Marshal(c.Mode)
	}
	return json.Marshal(map[string]any{"type": "function", "function": map[string]string{"name": c.Name}})
}

// A ResponseFormat is text, json_object, or json_schema with its schema.
type ResponseFormat struct {
	Type       string      `json:"type"`
	JSONSchema *JSONSchema `json:"json_schema,omitempty"`
}

// A JSONSchema is a named schema.
type JSONSchema struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema,omitempty"`
	Strict *bool           `json:"strict,omitempty"`
}

// A ToolCall is a function that a model called.
type ToolCall struct {
	Index    *int         `json:"index,omitempty"` // in streams
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function FunctionCall `json:"function"`
}

// A FunctionCall is a name with arguments, which are JSON in a string.
type FunctionCall struct {
	Name      string    `json:"name,omitempty"`
	Arguments Arguments `json:"arguments"`
}

// Arguments are JSON in a string. Some servers write the JSON itself, which is read too.
type Arguments string

// UnmarshalJSON implements [json.Unmarshaler].
func (a *Arguments) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(a))
	}
	if *a = Arguments(b); *a == "null" {
		*a = ""
	}
	return nil
}

// Usage counts tokens.
type Usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

// An Error is a server's complaint.
type Error struct {
	Status     int // of HTTP; 0 when it came inside a stream
	Message    string
	Type       string
	Code       string
	Param      string
	RetryAfter int // seconds; 0 when not told
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("status %d", e.Status)
	}
	return e.Message
}

// Reasons why an answer of a server cannot be used.
var (
	ErrMalformed = errors.New("it sent an event that is not of OpenAI's form")
	ErrCut       = errors.New("it ended the stream before the answer was done")
	ErrIdle      = errors.New("it sent nothing for too long")
)
