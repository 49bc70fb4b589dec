// Package serve answers people and programs over HTTP: a chat page, its API
// (docs/formats/chat-api.md), and an API that OpenAI's clients speak. It generates with whatever
// stands behind [Generator], finds with whatever stands behind [Searcher].
package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Reasons why a request cannot be answered, which handlers turn into statuses.
var (
	ErrNoModel     = errors.New("no such model")
	ErrContextFull = errors.New("the conversation does not fit the model's context")
	ErrBusy        = errors.New("too many requests are waiting")
	ErrUpstream    = errors.New("the model server failed")
)

// A Generator writes text. Its methods are called by many goroutines at once.
type Generator interface {
	// Models lists what can be asked. It is asked often and answers from memory.
	Models(ctx context.Context) ([]Model, error)
	// Generate writes an answer and emits it in pieces as it comes. It returns soon (50 ms) after the
	// context ends, with the context's error; an error of emit ends it too. Pieces never split a character.
	Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error)
	// Embed returns a vector for each text, and how many tokens they had in all: 0 when not known.
	Embed(ctx context.Context, model string, texts []string) (vectors [][]float32, tokens int, err error)
	// Tokens cuts a text as the model does.
	Tokens(ctx context.Context, model, text string) ([]Token, error)
}

// A Model is something that can be asked.
type Model struct {
	ID       string
	Name     string
	Kind     string // engine, upstream or extractive
	Context  int    // tokens; 0 when not known
	Corpus   string // what it was trained on, where known
	Created  int64  // Unix seconds
	SHA      string // of the weights, where known: goes into every event of feedback
	Template string // hash of the chat template, where known
	Base     bool   // it has no chat template that can be used: it goes on with texts, and is not told what to do
}

// A Turn is one message of a conversation.
type Turn struct {
	Role    string // system, user, assistant, tool
	Content string
	Calls   []Call // tool calls of an assistant's turn
	CallID  string // of the call that a tool's turn answers
}

// A Call is a call of a tool, by the model.
type Call struct {
	ID        string
	Name      string
	Arguments string // JSON, as the model wrote it
}

// A Tool is a function that the model may call.
type Tool struct {
	Name        string
	Description string
	Parameters  []byte // JSON schema
}

// Sampling steers the draw of tokens. Nil means the model's default.
type Sampling struct {
	Temperature       *float64
	TopP              *float64
	TopK              *int
	MinP              *float64
	RepetitionPenalty *float64
	FrequencyPenalty  *float64
	PresencePenalty   *float64
	Seed              *int64
	LogitBias         map[int]float64
}

// A Request asks for one answer: to Turns as a chat, or to Prompt as text that goes on.
type Request struct {
	Model  string
	Turns  []Turn
	Prompt string // of a completion, when Turns is nil
	Sampling
	MaxTokens  int // 0 for what the context holds, [EchoOnly] for none
	Stop       []string
	Logprobs   int // -1 for none; else how many alternatives each token tells
	Tools      []Tool
	ToolChoice string // auto, none, required, or a tool's name
	OneCall    bool   // at most one tool call in the answer
	Effort     string // of reasoning, for models that know of it
	Echo       bool   // of a completion: Result.Prompt tells the prompt's tokens
	Format     string // "", json_object or json_schema
	Schema     []byte // of Format json_schema
	User       string // who asks, for fair queues

	// Waits, if there is one, is told by a generator with a queue the request's place in it, from 1, as often as that changes
	// (but not more than once a second), and 0 when its turn has come. A request that does not wait tells nothing.
	Waits func(place int)
}

// EchoOnly as MaxTokens asks for the prompt's tokens alone.
const EchoOnly = -1

// A Piece is what came since the last one.
type Piece struct {
	Text      string
	Reasoning string
	Calls     []CallPiece
	Logprobs  []TokenLogprob
}

// A CallPiece is a part of a tool call: the first of an index has id and name.
type CallPiece struct {
	Index     int
	ID, Name  string
	Arguments string
}

// A Token is a token with its text, which may be a part of a character.
type Token struct {
	ID    int
	Bytes []byte
}

// A TokenLogprob tells how likely a token was, and what else would have been.
type TokenLogprob struct {
	Token
	Logprob float64
	Top     []TokenLogprob
}

// A Result is how an answer ended.
type Result struct {
	Finish           string // stop, length, tool_calls or content_filter
	PromptTokens     int
	CompletionTokens int
	Seed             int64 // that was used

	Prompt []TokenLogprob // with Echo; the first one's Logprob is 0 and means nothing
}

// A Detokenizer is a [Generator] that turns numbers of tokens back to text.
type Detokenizer interface {
	Detokenize(ctx context.Context, model string, ids []int) ([]byte, error)
}

// Unsupported is the error of a generator that cannot do what a field of the request asks.
func Unsupported(param, format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Code: "unsupported_parameter", Message: fmt.Sprintf(format, args...), Param: param}
}

// A Searcher finds passages of stored documents. Only what it returns, or what was fetched for
// an answer and stored, is ever cited.
type Searcher interface {
	Search(ctx context.Context, query string, k int) ([]Passage, error)
	// Passage returns bytes start to end of a stored document, with what stands around them: at most
	// margin bytes on either side. It is an error when there is no such text.
	Passage(ctx context.Context, version string, start, end, margin int) (Passage, error)
}

// A Passage is a range of bytes of a stored version of a document.
type Passage struct {
	Doc, Version     string
	URL, Title, Date string
	Fetched          string // when, of a page of the live web (RFC 3339)
	Start, End       int
	Text             string // bytes Start to End
	Before, After    string
	Score            float64
	Best             [2]int // the part of Text that answers most of the question, in bytes
}
