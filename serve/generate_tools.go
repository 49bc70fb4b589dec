package serve

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"

	"feilun/internal/constrain"
	"feilun/internal/openai"
)

// How our own models are told of tools, and how they call them: in the words that Qwen's and Hermes'
// templates have, which models that know tools have learned from.
const (
	toolsHead = "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>"
	toolsTail = "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n" +
		"<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>"
	callOpen, callClose = "<tool_call>", "</tool_call>"
)

// toolTurns writes tools, calls and their results into the turns.
func toolTurns(r *Request) []Turn {
	var out []Turn
	for i, t := range r.Turns {
		switch {
		case t.Role == "tool":
			t = Turn{Role: "user", Content: "<tool_response>\n" + t.Content + "\n</tool_response>"}
			if n := len(out); i > 0 && r.Turns[i-1].Role == "tool" {
				out[n-1].Content += "\n" + t.Content
				continue
			}
		case len(t.Calls) > 0:
			for _, c := range t.Calls {
				args := json.RawMessage(c.Arguments)
				if !json.Valid(args) {
					args = json.RawMessage("{}")
				}
				t.Content = strings.TrimPrefix(t.Content+"\n"+callOpen+"\n"+plainJSON(textCall{c.Name, args})+"\n"+callClose, "\n")
			}
		}
		out = append(out, t)
	}
	if len(r.Tools) == 0 || r.ToolChoice == "none" {
		return out
	}
	var b strings.Builder
	b.WriteString(toolsHead)
	for _, t := range r.Tools {
		f := openai.Function{Name: t.Name, Description: t.Description, Parameters: orEmpty(t.Parameters)}
		b.WriteString("\n" + plainJSON(openai.Tool{Type: "function", Function: f}))
	}
	b.WriteString(toolsTail)
	if len(out) > 0 && out[0].Role == "system" {
		out[0].Content += "\n\n" + b.String()
		return out
	}
	return append([]Turn{{Role: "system", Content: b.String()}}, out...)
}

// plainJSON writes values that are known to be JSON, on one line.
func plainJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // what came from outside was checked
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func orEmpty(schema []byte) []byte {
	if len(schema) == 0 || string(schema) == "null" {
		return []byte(`{"type":"object"}`)
	}
	return schema
}

// grammarOf returns what an answer is held to: the form that was asked for, or calls of tools where
// one must be called; nil for nothing.
func grammarOf(r *Request) (*constrain.Grammar, error) {
	tools := len(r.Tools) > 0 && r.ToolChoice != "none"
	if r.Format != "" {
		if tools {
			return nil, Unsupported("response_format", "a form of the answer is not supported together with tools")
		}
		if r.Format == "json_object" {
			return constrain.JSON(), nil
		}
		g, err := constrain.Schema(r.Schema)
		if err != nil {
			return nil, badRequest("response_format", "response_format: %v", err)
		}
		return g, nil
	}
	if !tools || r.ToolChoice == "auto" {
		return nil, nil
	}
	var calls []map[string]any
	for _, t := range r.Tools {
		if r.ToolChoice == "required" || r.ToolChoice == t.Name {
			calls = append(calls, map[string]any{"type": "object", "required": []string{"name", "arguments"}, "additionalProperties": false,
				"properties": orderedCall{t.Name, orEmpty(t.Parameters)}})
		}
	}
	most := mostCalls
	if r.OneCall || r.ToolChoice != "required" {
		most = 1
	}
	schema, err := json.Marshal(map[string]any{"type": "array", "minItems": 1, "maxItems": most, "items": map[string]any{"anyOf": calls}})
	if err != nil {
		return nil, badRequest("tools", "tools: %v", err)
	}
	g, err := constrain.Schema(schema)
	if err != nil {
		return nil, badRequest("tools", "tools: %v", err)
	}
	return g, nil
}

// mostCalls is how many tools one answer calls at most.
const mostCalls = 8

// An orderedCall writes the properties of a call, the name first.
type orderedCall struct {
	name   string
	schema json.RawMessage
}

// MarshalJSON implements [json.Marshaler].
func (c orderedCall) MarshalJSON() ([]byte, error) {
	name, err := json.Marshal(c.name)
	return []byte(`{"name":{"const":` + string(name) + `},"arguments":` + string(c.schema) + `}`), err
}

// A callReader finds calls of tools in an answer. Text that may become a call is held back.
type callReader struct {
	names map[string]bool
	one   bool
	held  bool // the whole answer is calls
	emit  func(Piece) error
	back  string
	found int
}

func newCallReader(r *Request, held bool, emit func(Piece) error) *callReader {
	c := &callReader{names: map[string]bool{}, one: r.OneCall, held: held, emit: emit}
	for _, t := range r.Tools {
		c.names[t.Name] = true
	}
	return c
}

// read takes more of the answer.
func (c *callReader) read(p Piece) error {
	c.back += p.Text
	p.Text = ""
	if !c.held {
		n := len(c.back) // of what is text for certain
		if i := strings.Index(c.back, callOpen); i >= 0 {
			n = i
		} else if bare(c.back) {
			n = 0
		} else {
			for k := min(len(callOpen)-1, len(c.back)); k > 0; k-- {
				if strings.HasSuffix(c.back, callOpen[:k]) {
					n -= k
					break
				}
			}
		}
		p.Text, c.back = c.back[:n], c.back[n:]
	}
	if p.Text == "" && len(p.Logprobs) == 0 {
		return nil
	}
	return c.emit(p)
}

// bare reports whether a text may be a call without its marks, which are no text where they
// are special tokens.
func bare(text string) bool {
	const begin = `{"name":`
	s := strings.ReplaceAll(strings.TrimLeft(text, " \n"), `" :`, `":`)
	return strings.HasPrefix(s, begin) || strings.HasPrefix(begin, s)
}

// end emits the calls that were held back, or the text that turned out to be none, and
// reports whether there are calls.
func (c *callReader) end() (calls bool, err error) {
	rest := c.back
	for rest != "" && (c.found == 0 || !c.one) {
		call, after, ok := cutCall(rest)
		if !ok || !c.names[call.Name] {
			break
		}
		rest = after
		id := "call_" + rand.Text()
		if err := c.emit(Piece{Calls: []CallPiece{{Index: c.found, ID: id, Name: call.Name}}}); err != nil {
			return true, err
		}
		if err := c.emit(Piece{Calls: []CallPiece{{Index: c.found, Arguments: string(call.Arguments)}}}); err != nil {
			return true, err
		}
		c.found++
	}
	if c.found > 0 || rest == "" {
		return c.found > 0, nil
	}
	return false, c.emit(Piece{Text: rest})
}

type textCall struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

// readCall reads a call as models write it: Llama calls arguments parameters.
func readCall(d *json.Decoder) (textCall, bool) {
	var c struct {
		textCall
		Parameters json.RawMessage `json:"parameters"`
	}
	ok := d.Decode(&c) == nil && c.Name != ""
	if c.Arguments == nil {
		c.Arguments = c.Parameters
	}
	return c.textCall, ok
}

// cutCall reads a call from the beginning of a text: an object, with or without marks, or an
// element of a list.
func cutCall(text string) (call textCall, rest string, ok bool) {
	text = strings.TrimLeft(text, " \n[,")
	text = strings.TrimLeft(strings.TrimPrefix(text, callOpen), " \n")
	d := json.NewDecoder(strings.NewReader(text))
	if call, ok = readCall(d); !ok || !strings.HasPrefix(text, "{") {
		return call, text, false
	}
	if len(call.Arguments) == 0 {
		call.Arguments = json.RawMessage("{}")
	}
	var short bytes.Buffer
	if json.Compact(&short, call.Arguments) == nil {
		call.Arguments = short.Bytes()
	}
	rest = strings.TrimLeft(text[d.InputOffset():], " \n")
	rest = strings.TrimPrefix(rest, callClose)
	return call, strings.TrimLeft(rest, " \n],"), true
}
