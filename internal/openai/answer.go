package openai

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
)

// A ChatResponse answers a chat that is not streamed.
type ChatResponse struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"` // chat.completion
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []ChatChoice `json:"choices"`
	Usage   Usage        `json:"usage"`
}

// A ChatChoice is one of n answers.
type ChatChoice struct {
	Index        int             `json:"index"`
	Message      ResponseMessage `json:"message"`
	Logprobs     *Logprobs       `json:"logprobs"`
	FinishReason string          `json:"finish_reason"`
}

// A ResponseMessage is what a model wrote. Content is null where it only called tools.
type ResponseMessage struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"`
	Refusal          *string    `json:"refusal"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`
}

// A ChatChunk is an event of a streamed chat.
type ChatChunk struct {
	ID      string        `json:"id"`
	Object  string        `json:"object"` // chat.completion.chunk
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Choices []ChunkChoice `json:"choices"`
	Usage   *Usage        `json:"usage,omitempty"`
}

// A ChunkChoice is what was added to one of n answers.
type ChunkChoice struct {
	Index        int       `json:"index"`
	Delta        Delta     `json:"delta"`
	Logprobs     *Logprobs `json:"logprobs,omitempty"`
	FinishReason *string   `json:"finish_reason"`
}

// A Delta is an addition.
type Delta struct {
	Role             string     `json:"role,omitempty"`
	Content          *string    `json:"content,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`
}

// Logprobs tells of each token of an answer how likely it was.
type Logprobs struct {
	Content []TokenLogprob `json:"content"`
}

// A TokenLogprob is a token, whose text may be a part of a character, with the likeliest in
// its place.
type TokenLogprob struct {
	Token   string    `json:"token"`
	Logprob float64   `json:"logprob"`
	Bytes   Bytes     `json:"bytes"`
	Top     []Logprob `json:"top_logprobs"`
}

// A Logprob is a token that could have been.
type Logprob struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logprob"`
	Bytes   Bytes   `json:"bytes"`
}

// Bytes are written as a list of numbers.
type Bytes []byte

// MarshalJSON implements [json.Marshaler].
func (b Bytes) MarshalJSON() ([]byte, error) {
	list := make([]int, len(b))
	for i, c := range b {
		list[i] = int(c)
	}
	return json.Marshal(list)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bytes) UnmarshalJSON(in []byte) error {
	var list []int
	if err := json.Unmarshal(in, &list); err != nil {
		return err
	}
	*b = nil
	for _, c := range list {
		*b = append(*b, byte(c))
	}
	return nil
}

// A CompletionResponse answers POST /v1/completions; it is also an event of its stream.
type CompletionResponse struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"` // text_completion
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []CompletionChoice `json:"choices"`
	Usage   *Usage             `json:"usage,omitempty"`
}

// A CompletionChoice is one of the continuations.
type CompletionChoice struct {
	Index        int                 `json:"index"`
	Text         string              `json:"text"`
	Logprobs     *CompletionLogprobs `json:"logprobs"`
	FinishReason *string             `json:"finish_reason"`
}

// CompletionLogprobs is the older form of logprobs: lists side by side. The first token of
// a prompt has none.
type CompletionLogprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
}

// EmbeddingResponse answers POST /v1/embeddings.
type EmbeddingResponse struct {
	Object string      `json:"object"` // list
	Data   []Embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  Usage       `json:"usage"`
}

// An Embedding is a vector: a list of numbers, or with Base64 the bytes of float32 numbers,
// least significant first.
type Embedding struct {
	Index  int
	Vector []float32
	Base64 bool
}

// MarshalJSON implements [json.Marshaler].
func (e Embedding) MarshalJSON() ([]byte, error) {
	var v any = e.Vector
	if e.Base64 {
		b := make([]byte, 0, 4*len(e.Vector))
		for _, x := range e.Vector {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		v = base64.StdEncoding.EncodeToString(b)
	}
	return json.Marshal(struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}{"embedding", e.Index, v})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (e *Embedding) UnmarshalJSON(in []byte) error {
	var v struct {
		Index     int             `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	}
	if err := json.Unmarshal(in, &v); err != nil {
		return err
	}
	*e = Embedding{Index: v.Index}
	if len(v.Embedding) == 0 || v.Embedding[0] != '"' {
		return json.Unmarshal(orNull(v.Embedding), &e.Vector)
	}
	var b []byte
	if err := json.Unmarshal(v.Embedding, &b); err != nil {
		return err
	}
	e.Base64 = true
	for ; len(b) >= 4; b = b[4:] {
		e.Vector = append(e.Vector, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return nil
}

func orNull(b json.RawMessage) json.RawMessage {
	if len(b) == 0 {
		return json.RawMessage("null")
	}
	return b
}

// A Model is an entry of GET /v1/models.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // model
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`

	MaxModelLen int `json:"max_model_len,omitempty"` // the context in tokens, as vLLM tells it
}

// A ModelList answers GET /v1/models.
type ModelList struct {
	Object string  `json:"object"` // list
	Data   []Model `json:"data"`
}
