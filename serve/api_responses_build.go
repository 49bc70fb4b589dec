package serve

import "errors"

// A responseOutput is an item of a response: a message, reasoning, or a call.
type responseOutput struct {
	Type    string             `json:"type"`
	ID      string             `json:"id"`
	Status  string             `json:"status"`
	Role    string             `json:"role,omitempty"`
	Content *[]responseContent `json:"content,omitempty"`
	Summary *[]any             `json:"summary,omitempty"` // of reasoning, which must have one

	CallID    string  `json:"call_id,omitempty"`
	Name      string  `json:"name,omitempty"`
	Arguments *string `json:"arguments,omitempty"`

	at   int
	text []byte
}

type responseContent struct {
	Type        string `json:"type"`
	Text        string `json:"text"`
	Annotations *[]any `json:"annotations,omitempty"`
	Logprobs    *[]any `json:"logprobs,omitempty"`
}

// A responseBuilder puts a response together from pieces and tells of each step in the events
// of the API.
type responseBuilder struct {
	response *response
	send     func(name string, e map[string]any) error
	sequence int
	open     *responseOutput         // message or reasoning that goes on
	calls    map[int]*responseOutput // that go on
}

func (b *responseBuilder) emit(name string, e map[string]any) error {
	e["type"], e["sequence_number"] = name, b.sequence
	b.sequence++
	return b.send(name, e)
}

// add takes a piece.
func (b *responseBuilder) add(p Piece) error {
	var err error
	if p.Reasoning != "" {
		err = b.text("reasoning", p.Reasoning)
	}
	if p.Text != "" && err == nil {
		err = b.text("message", p.Text)
	}
	for _, c := range p.Calls {
		if err == nil {
			err = b.call(c)
		}
	}
	return err
}

// item begins an item.
func (b *responseBuilder) item(o *responseOutput) error {
	o.Status, o.at = "in_progress", len(b.response.Output)
	b.response.Output = append(b.response.Output, o)
	return b.emit("response.output_item.added", map[string]any{"output_index": o.at, "item": o})
}

// text adds to the open item of a kind, or begins one.
func (b *responseBuilder) text(kind, text string) error {
	if b.open != nil && b.open.Type != kind {
		if err := b.closeText(); err != nil {
			return err
		}
	}
	if b.open == nil {
		o := &responseOutput{Type: kind, ID: newID("msg_"), Role: "assistant", Content: &[]responseContent{}}
		if kind == "reasoning" {
			o.ID, o.Role, o.Summary = newID("rs_"), "", &[]any{}
		}
		b.open = o
		err := errors.Join(b.item(o), b.emit("response.content_part.added", map[string]any{"item_id": o.ID, "output_index": o.at, "content_index": 0, "part": o.part()}))
		if err != nil {
			return err
		}
	}
	o := b.open
	o.text = append(o.text, text...)
	return b.emit(o.event()+".delta", o.with("delta", text))
}

// event names the events of an item's text.
func (o *responseOutput) event() string {
	if o.Type == "reasoning" {
		return "response.reasoning_text"
	}
	return "response.output_text"
}

func (o *responseOutput) with(field string, v any) map[string]any {
	e := map[string]any{"item_id": o.ID, "output_index": o.at, "content_index": 0, field: v}
	if o.Type == "message" {
		e["logprobs"] = []any{}
	}
	return e
}

func (o *responseOutput) part() responseContent {
	if o.Type == "reasoning" {
		return responseContent{Type: "reasoning_text", Text: string(o.text)}
	}
	return responseContent{Type: "output_text", Text: string(o.text), Annotations: &[]any{}, Logprobs: &[]any{}}
}

func (b *responseBuilder) closeText() error {
	o := b.open
	if o == nil {
		return nil
	}
	b.open = nil
	o.Status, o.Content = "completed", &[]responseContent{o.part()}
	return errors.Join(b.emit(o.event()+".done", o.with("text", string(o.text))),
		b.emit("response.content_part.done", map[string]any{"item_id": o.ID, "output_index": o.at, "content_index": 0, "part": o.part()}),
		b.emit("response.output_item.done", map[string]any{"output_index": o.at, "item": o}))
}

// call takes a part of a call.
func (b *responseBuilder) call(c CallPiece) error {
	if err := b.closeText(); err != nil {
		return err
	}
	o := b.calls[c.Index]
	if o == nil {
		o = &responseOutput{Type: "function_call", ID: newID("fc_"), CallID: c.ID, Name: c.Name, Arguments: new(string)}
		b.calls[c.Index] = o
		if err := b.item(o); err != nil {
			return err
		}
	}
	if c.Arguments == "" {
		return nil
	}
	o.text = append(o.text, c.Arguments...)
	return b.emit("response.function_call_arguments.delta", map[string]any{"item_id": o.ID, "output_index": o.at, "delta": c.Arguments})
}

func (b *responseBuilder) closeCalls() {
	for _, o := range b.response.Output {
		if o.Type != "function_call" {
			continue
		}
		args := string(o.text)
		o.Status, o.Arguments = "completed", &args
		b.emit("response.function_call_arguments.done", map[string]any{"item_id": o.ID, "output_index": o.at, "name": o.Name, "arguments": args})
		b.emit("response.output_item.done", map[string]any{"output_index": o.at, "item": o})
	}
}

// end closes the response: incomplete when the answer was cut at its limit.
func (b *responseBuilder) end(res Result) {
	if len(b.response.Output) == 0 {
		b.text("message", "") // clients look for one
	}
	b.closeText()
	b.closeCalls()
	r := b.response
	r.Status = "completed"
	if f := finishOf(res); f == "length" || f == "content_filter" {
		reason := f
		if f == "length" {
			reason = "max_output_tokens"
		}
		r.Status, r.IncompleteDetails = "incomplete", map[string]string{"reason": reason}
	}
	r.Usage = map[string]any{"input_tokens": res.PromptTokens, "input_tokens_details": map[string]int{"cached_tokens": 0}, "output_tokens": res.CompletionTokens,
		"output_tokens_details": map[string]int{"reasoning_tokens": 0}, "total_tokens": res.PromptTokens + res.CompletionTokens}
	b.emit("response."+r.Status, map[string]any{"response": r})
}

// fail tells of an error in a stream that was begun.
func (b *responseBuilder) fail(e *Error) {
	b.response.Status = "failed"
	b.response.Error = map[string]string{"code": "server_error", "message": e.Message}
	b.emit("response.failed", map[string]any{"response": b.response})
}
