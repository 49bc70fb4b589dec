package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"feilun/internal/bpe"
	"feilun/internal/jinja"
	"feilun/model"
)

// A chatForm turns conversations into tokens, by the model's own template. Marks of the template
// are special tokens; the same letters in what somebody wrote are text.
type chatForm struct {
	words    *model.Words
	template *jinja.Template // nil for a model that has none
	wrong    error           // why the template cannot be used
	tools    bool            // the template knows of tools
	thinks   bool            // the model may think aloud before it answers
	bos, eos string
	guard    *model.Guard // makes letters that are special tokens text
	stop     []string     // texts that end an answer
	ends     []uint32     // tokens that end an answer
	hash     string       // of the template
}

// newChatForm makes the form of a model's chats.
func newChatForm(w *model.Words, c *model.Config) *chatForm {
	f := &chatForm{words: w, bos: tokenName(w, c.BOS), eos: tokenName(w, c.EOS)}
	sum := sha256.Sum256([]byte(w.Template))
	f.hash = hex.EncodeToString(sum[:8])
	f.guard = model.NewGuard(w.Tokenizer)
	if w.Template == "" {
		f.stop = []string{"\nUser:", "\nSystem:"}
		return f
	}
	f.template, f.wrong = jinja.Parse(w.Template)
	if f.wrong != nil {
		return f
	}
	f.tools, f.thinks = strings.Contains(w.Template, "tools"), strings.Contains(w.Template, thinkClose)
	if id, ok := w.Tokenizer.ID(thinkClose); ok && hidden(w, id) {
		f.thinks = false // where a thought ends would not be seen
	}
	f.findEnds()
	return f
}

func tokenName(w *model.Words, ids []int) string {
	if len(ids) == 0 {
		return ""
	}
	return string(w.Tokenizer.Token(uint32(ids[0])))
}

// findEnds looks at what the template puts behind an answer: a special token there ends one.
func (f *chatForm) findEnds() {
	const answer = "\ue000"
	text, err := f.render(&Request{Turns: []Turn{{Role: "user", Content: "x"}, {Role: "assistant", Content: answer}}}, false)
	if err != nil {
		f.wrong = err
		return
	}
	_, behind, _ := strings.Cut(text, answer)
	behind = strings.TrimSpace(behind)
	for _, s := range f.words.Tokenizer.Special {
		if s.Text != "" && strings.HasPrefix(behind, s.Text) {
			f.ends = append(f.ends, s.ID)
		}
	}
}

// hidden reports whether a token is left out when text is made of tokens.
func hidden(w *model.Words, id uint32) bool {
	return !w.Tokenizer.Shown[id] && slices.ContainsFunc(w.Tokenizer.Special, func(s bpe.Special) bool { return s.ID == id })
}

// encode returns the tokens of a conversation with the beginning of the answer, and whether
// that is the beginning of a thought.
func (f *chatForm) encode(r *Request) (ids []uint32, thought bool, err error) {
	if f.wrong != nil {
		return nil, false, Unsupported("messages", "the chat template of this model cannot be used (%v); /v1/completions takes whole prompts", f.wrong)
	}
	if f.template == nil {
		return f.words.Tokenizer.Encoder().Encode(slices.Clone(f.words.Prefix), []byte(plainChat(toolTurns(r)))), false, nil
	}
	q := *r
	if !f.tools {
		q.Turns, q.Tools = toolTurns(r), nil
	}
	if r.ToolChoice == "none" {
		q.Tools = nil
	}
	text, err := f.render(&q, true)
	if err != nil {
		return nil, false, badRequest("messages", "the model's chat template refuses this conversation: %v", err)
	}
	return f.guard.Encode(f.words.Tokenizer.Encoder(), nil, text, true), strings.HasSuffix(strings.TrimSpace(text), thinkOpen), nil
}

// plainChat is the form of a model without template: a line with the speaker's name for each
// turn.
func plainChat(turns []Turn) string {
	names := map[string]string{"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool"}
	var b strings.Builder
	for _, t := range turns {
		fmt.Fprintf(&b, "%s: %s\n", names[t.Role], strings.TrimSpace(t.Content))
	}
	return b.String() + "Assistant:" // the space behind it is a part of the next word's token
}

// render lets the template write a conversation. Models that can think aloud are asked to
// where the request wants effort.
func (f *chatForm) render(r *Request, answer bool) (string, error) {
	var messages []any
	for _, t := range r.Turns {
		m := jinja.NewMap("role", t.Role, "content", f.guard.Text(t.Content))
		var calls []any
		for _, c := range t.Calls {
			args, err := jinja.FromJSON([]byte(f.guard.Text(c.Arguments)))
			if err != nil {
				args = f.guard.Text(c.Arguments)
			}
			call := jinja.NewMap("name", f.guard.Text(c.Name), "arguments", args)
			calls = append(calls, jinja.NewMap("id", f.guard.Text(c.ID), "type", "function", "function", call))
		}
		if calls != nil {
			m.Set("tool_calls", calls)
		}
		if t.CallID != "" {
			m.Set("tool_call_id", f.guard.Text(t.CallID))
		}
		messages = append(messages, m)
	}
	var tools any
	if len(r.Tools) > 0 {
		list := []any{}
		for _, t := range r.Tools {
			schema, err := jinja.FromJSON([]byte(f.guard.Text(string(orEmpty(t.Parameters)))))
			if err != nil {
				return "", err
			}
			list = append(list, jinja.NewMap("type", "function", "function",
				jinja.NewMap("name", t.Name, "description", f.guard.Text(t.Description), "parameters", schema)))
		}
		tools = list
	}
	return f.template.Render(map[string]any{"messages": messages, "tools": tools, "add_generation_prompt": answer, "bos_token": f.bos, "eos_token": f.eos,
		"enable_thinking": f.thinks && r.Effort != "" && r.Effort != "none" && r.Effort != "minimal"}, time.Now())
}
