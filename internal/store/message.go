package store

import (
	"encoding/json"
	"time"
)

// States of a message.
const (
	Running     = "running"
	Done        = "done"
	Stopped     = "stopped"
	Failed      = "error"
	Interrupted = "interrupted"
)

// A Message is a node of a chat's tree, with the fields of docs/formats/chat-api.md.
type Message struct {
	ID        string     `json:"id"`
	Chat      string     `json:"chat"`
	Parent    string     `json:"parent,omitempty"`
	Role      string     `json:"role"` // user or assistant
	Text      string     `json:"text"`
	Created   time.Time  `json:"created"`
	State     string     `json:"state"`
	Finish    string     `json:"finish,omitempty"`
	Error     *Failure   `json:"error,omitempty"`
	Mode      string     `json:"mode,omitempty"` // plain, corpus or web
	Model     string     `json:"model,omitempty"`
	Params    *Params    `json:"params,omitempty"`
	Seed      *int64     `json:"seed,omitempty"`
	Tokens    *Tokens    `json:"tokens,omitempty"`
	MS        int64      `json:"ms,omitempty"` // from the question to the end of the answer
	Edited    string     `json:"edited,omitempty"`
	Side      string     `json:"side,omitempty"` // a or b of a blind pair
	Chosen    bool       `json:"chosen,omitempty"`
	Kind      string     `json:"kind,omitempty"` // generated, extractive or unanswered
	Sources   []Source   `json:"sources,omitempty"`
	Citations []Citation `json:"citations,omitempty"`
	Marks     []Mark     `json:"marks,omitempty"`
	Rating    *Rating    `json:"rating,omitempty"`
	Origin    Origin     `json:"-"`
}

// Origin is what is kept of how an answer came to be, beside what the page shows.
type Origin struct {
	Kind     string `json:"kind,omitempty"`     // of the model: engine, upstream or extractive
	SHA      string `json:"sha,omitempty"`      // of its weights, where known
	Template string `json:"template,omitempty"` // hash of its chat template, where known
	Choice   string `json:"choice,omitempty"`   // of a blind pair, once made: a, b, tie or bad
	Query    string `json:"query,omitempty"`    // that was searched
	Read     []Span `json:"read,omitempty"`     // the passages that were read, best first
}

// A Span is a range of bytes of a stored version of a document.
type Span struct {
	Version string  `json:"version"`
	Start   int     `json:"start"`
	End     int     `json:"end"`
	Score   float64 `json:"score"`
}

// Failure says why there is no answer, or no whole one.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Params are the settings of an answer. Nil is the model's default.
type Params struct {
	Temperature       *float64 `json:"temperature,omitempty"`
	TopP              *float64 `json:"top_p,omitempty"`
	TopK              *int     `json:"top_k,omitempty"`
	MinP              *float64 `json:"min_p,omitempty"`
	RepetitionPenalty *float64 `json:"repetition_penalty,omitempty"`
	MaxTokens         *int     `json:"max_tokens,omitempty"`
	Seed              *int64   `json:"seed,omitempty"`
	Stop              []string `json:"stop,omitempty"`
	System            string   `json:"system,omitempty"`
}

// Tokens are counts of what was read and written.
type Tokens struct {
	Prompt     int `json:"prompt"`
	Completion int `json:"completion"`
}

// A Source is a page that was read for an answer; N counts from 1.
type Source struct {
	N       int    `json:"n"`
	Doc     string `json:"doc"`
	Version string `json:"version"`
	URL     string `json:"url"`
	Title   string `json:"title"`
	Host    string `json:"host"`
	Date    string `json:"date,omitempty"`
	Fetched string `json:"fetched,omitempty"` // RFC 3339
}

// A Citation ties a sentence to bytes Start to End of the stored text of a source.
type Citation struct {
	N        int     `json:"n"`
	Source   int     `json:"source"` // its N
	Start    int     `json:"start"`
	End      int     `json:"end"`
	Quote    string  `json:"quote"`
	Sentence [2]int  `json:"sentence"` // UTF-16 units of the answer
	Support  float64 `json:"support"`  // 0 to 1
}

// A Mark is a sentence that no source supports, or that was told by a page what to say.
type Mark struct {
	From int    `json:"from"` // UTF-16 units of the answer
	To   int    `json:"to"`
	Why  string `json:"why"` // unsupported or injection
}

// A Rating is what the user thinks of an answer.
type Rating struct {
	Value   int      `json:"value"` // -1 or 1
	Reasons []string `json:"reasons,omitempty"`
	Text    string   `json:"text,omitempty"`
	Better  string   `json:"better,omitempty"`
}

// Blind reports whether the message is one of a pair whose choice is open: its model is not to be told.
func (m *Message) Blind() bool { return m.Side != "" && m.Origin.Choice == "" }

// Shown is the message as its owner may see it now.
func (m *Message) Shown() *Message {
	if !m.Blind() {
		return m
	}
	c := *m
	c.Model, c.Params, c.Seed, c.Tokens, c.MS = "", nil, nil, nil, 0
	return &c
}

// data is the JSON of all that has no column of its own.
type data struct {
	Message
	Origin Origin `json:"origin"`
}

func encodeData(m *Message) (string, error) {
	d := data{*m, m.Origin}
	d.ID, d.Chat, d.Parent, d.Role, d.State, d.Text, d.Created = "", "", "", "", "", "", time.Time{}
	b, err := json.Marshal(d)
	return string(b), err
}

type scanner interface{ Scan(...any) error }

const messageColumns = "m.id, m.chat, m.parent, m.role, m.state, m.created, m.text, m.data"

func scanMessage(row scanner) (*Message, error) {
	var d data
	var raw []byte
	var id, chat, parent, role, state, text string
	var created int64
	if err := row.Scan(&id, &chat, &parent, &role, &state, &created, &text, &raw); err != nil {
		return nil, notFound(err)
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	m := &d.Message
	m.ID, m.Chat, m.Parent, m.Role, m.State, m.Text, m.Created = id, chat, parent, role, state, text, fromMillis(created)
	m.Origin = d.Origin
	return m, nil
}
