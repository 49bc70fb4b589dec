package train

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"feilun/internal/charset"
	"feilun/internal/hint"

	"github.com/klauspost/compress/zstd"
)

// The roles of a conversation.
const (
	System    = "system"
	User      = "user"
	Assistant = "assistant"
	Tool      = "tool"
)

// A Turn is what one side says.
type Turn struct {
	Role string `json:"role"`
	Text string `json:"content"`
}

// A Chat is a conversation, or with Rejected a pair of endings of which the one in
// Turns is preferred.
type Chat struct {
	Turns    []Turn
	Rejected []Turn // ends in place of the last turn; nil without preference
}

// ChatCounts tells what became of the rows of a file.
type ChatCounts struct {
	Rows    int            `json:"rows"`
	Used    int            `json:"used"`
	Tools   int            `json:"tools,omitempty"`   // rows used whose tools are not
	Skipped map[string]int `json:"skipped,omitempty"` // by reason
}

func (c *ChatCounts) skip(why string) {
	if c.Skipped == nil {
		c.Skipped = map[string]int{}
	}
	c.Skipped[why]++
}

// maxRow is the longest row of a chat file in bytes.
const maxRow = 64 << 20

// ReadChats reads conversations: lines of JSON or a JSON list, also compressed
// with zstd. A row is in the form of ShareGPT (conversations with from and value),
// Alpaca (instruction, input, output), messages (role and content), self-instruct
// (instruction with instances), or a question (prompt, query, question) with its answer
// (completion, response, answer); of preferences chosen and rejected, each an answer, a
// turn, a list of turns, or a transcript with "Human:" and "Assistant:".
func ReadChats(name string, each func(Chat) error) (ChatCounts, error) {
	f, err := os.Open(name)
	if err != nil {
		return ChatCounts{}, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".zst") {
		z, err := zstd.NewReader(f)
		if err != nil {
			return ChatCounts{}, err
		}
		defer z.Close()
		r = z
	}
	n, err := readChats(r, each)
	if err != nil {
		return n, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

func readChats(r io.Reader, each func(Chat) error) (n ChatCounts, err error) {
	in := charset.Unmarked(r)
	list := false
	for { // the first byte that is no white space
		c, err := in.ReadByte()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if c > ' ' {
			list = c == '['
			if !list {
				in.UnreadByte()
			}
			break
		}
	}
	row := func(b []byte) error {
		n.Rows++
		chats, tools, why, err := parseChat(b)
		if err != nil {
			return hint.Usage(hint.With(fmt.Errorf("row %d: %w", n.Rows, err), "a file of conversations holds one object of JSON on each line, or one list of them"))
		}
		if why != "" {
			n.skip(why)
			return nil
		}
		n.Used++
		if tools {
			n.Tools++
		}
		for _, c := range chats {
			if err := each(c); err != nil {
				return err
			}
		}
		return nil
	}
	if list {
		return n, listRows(in, row)
	}
	return n, lineRows(in, row)
}

func listRows(in *bufio.Reader, row func([]byte) error) error {
	d := json.NewDecoder(io.MultiReader(strings.NewReader("["), in))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		var b json.RawMessage
		if err := d.Decode(&b); err != nil {
			return hint.Usage(err)
		}
		if err := row(b); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return hint.Usage(errors.New("the list has no end: the file is cut short"))
	}
	if _, err := d.Token(); err != io.EOF {
		return hint.Usage(errors.New("there is more behind the end of the list"))
	}
	return nil
}

func lineRows(in *bufio.Reader, row func([]byte) error) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, maxRow)
	for s.Scan() {
		if b := bytes.TrimSpace(s.Bytes()); len(b) > 0 {
			if err := row(b); err != nil {
				return err
			}
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return hint.Usage(fmt.Errorf("a row is longer than %d MiB", maxRow>>20))
	}
	return s.Err()
}

// chatRow is what is read of a row, in all its forms.
type chatRow struct {
	Conversations []chatTurn      `json:"conversations"`
	Messages      []chatTurn      `json:"messages"`
	System        string          `json:"system"`
	Instruction   *string         `json:"instruction"`
	Input         string          `json:"input"`
	Output        json.RawMessage `json:"output"`
	History       [][2]string     `json:"history"`
	Instances     []struct{ Input, Output string }
	Prompt        json.RawMessage `json:"prompt"`
	Question      string          `json:"question"`
	Query         json.RawMessage `json:"query"`
	Completion    json.RawMessage `json:"completion"`
	Response      json.RawMessage `json:"response"`
	Answer        json.RawMessage `json:"answer"`
	Context       json.RawMessage `json:"context"`       // of instruction and response, in place of input
	SystemPrompt  json.RawMessage `json:"system_prompt"` // in place of system
	Choices       json.RawMessage `json:"choices"`       // of a test: its answer is none without them
	Options       json.RawMessage `json:"options"`
	Tools         json.RawMessage `json:"tools"` // that the conversation may call; no form tells of them
	Functions     json.RawMessage `json:"functions"`
	Chosen        json.RawMessage `json:"chosen"`
	Rejected      json.RawMessage `json:"rejected"`
	Label         json.RawMessage `json:"label"` // of KTO: whether the answer is a good one; of other sets anything
}

type chatTurn struct {
	From    string          `json:"from"`
	Value   string          `json:"value"`
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
	Calls   json.RawMessage `json:"tool_calls"` // of messages; the template has no form for them
}

// turn brings a turn into one form; names of roles are those of ShareGPT and
// OpenAI.
func (t chatTurn) turn() (Turn, error) {
	text := t.Value
	if len(t.Content) > 0 && string(t.Content) != "null" {
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if json.Unmarshal(t.Content, &text) != nil && json.Unmarshal(t.Content, &parts) == nil {
			for _, p := range parts {
				if p.Type != "text" {
					return Turn{}, fmt.Errorf("a part of type %q", p.Type)
				}
				text += p.Text
			}
		}
	}
	if calls := string(t.Calls); calls != "" && calls != "null" && calls != "[]" {
		return Turn{}, errors.New("calls of tools")
	}
	switch role := strings.ToLower(t.From + t.Role); role {
	case "human", "user":
		return Turn{User, text}, nil
	case "gpt", "assistant", "chatgpt", "bard", "bing", "function_call", "model":
		return Turn{Assistant, text}, nil
	case "system", "developer":
		return Turn{System, text}, nil
	case "observation", "tool", "function", "function_response":
		return Turn{Tool, text}, nil
	default:
		return Turn{}, fmt.Errorf("role %q", role)
	}
}

// parseChat reads a row, and says whether it names tools. A row without what training needs is
// skipped, with the reason.
func parseChat(b []byte) (chats []Chat, tools bool, why string, err error) {
	var r chatRow
	if err := json.Unmarshal(b, &r); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, false, "of another form", nil
		}
		return nil, false, "", err
	}
	chats, why = r.chats()
	return chats, filled(r.Tools) || filled(r.Functions), why, nil
}

// filled reports whether a field holds something; lists of tools are often text.
func filled(raw json.RawMessage) bool {
	text := string(raw)
	json.Unmarshal(raw, &text) // else it is no text
	switch strings.TrimSpace(text) {
	case "", "null", "[]", "{}":
		return false
	}
	return true
}

func (r *chatRow) chats() (chats []Chat, why string) {
	base, why := r.base()
	switch {
	case why != "":
		return nil, why
	case len(r.Chosen) > 0:
		return r.pair(base)
	case string(r.Label) == "false":
		return nil, "an answer marked as bad"
	case len(r.Instances) > 0 && r.Instruction == nil:
		return nil, "no instruction"
	case len(r.Instances) > 0:
		for _, x := range r.Instances {
			c := append(base[:len(base):len(base)], Turn{User, join(*r.Instruction, x.Input)}, Turn{Assistant, x.Output})
			if why := usable(c); why != "" {
				return nil, why
			}
			chats = append(chats, Chat{Turns: c})
		}
		return chats, ""
	case len(r.Conversations)+len(r.Messages) == 0:
		if base, why = r.answered(base); why != "" {
			return nil, why
		}
	}
	if why := usable(base); why != "" {
		return nil, why
	}
	return []Chat{{Turns: base}}, ""
}

// base returns the turns that a row lists, in whatever form, but for those of an
// instruction.
func (r *chatRow) base() (turns []Turn, why string) {
	if system := cmp.Or(r.System, text(r.SystemPrompt)); system != "" {
		turns = append(turns, Turn{System, system})
	}
	for _, h := range r.History {
		turns = append(turns, Turn{User, h[0]}, Turn{Assistant, h[1]})
	}
	return addTurns(turns, append(r.Conversations, r.Messages...))
}

func join(instruction, input string) string {
	if strings.TrimSpace(input) == "" {
		return instruction
	}
	return instruction + "\n" + input
}

// usable says why a conversation teaches nothing.
func usable(turns []Turn) string {
	answers := 0
	for i, t := range turns {
		if t.Role == Assistant && strings.TrimSpace(t.Text) != "" {
			answers++
			if i == 0 {
				return "no question"
			}
		}
	}
	if answers == 0 || turns[len(turns)-1].Role != Assistant {
		return "no answer at the end"
	}
	return ""
}
