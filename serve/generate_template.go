package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"feilun/model"
)

// A chatForm turns conversations into tokens. Marks of the form are special tokens; the same
// letters in what somebody wrote are text.
type chatForm struct {
	words *model.Words
	turn  func(role string) (before, after []segment)
	begin []segment // of the conversation
	stop  []string  // texts that end an answer
	ends  []uint32  // tokens that end an answer
	trim  bool      // texts lose white space around them
	hash  string    // of the template
}

// A segment is a piece of a prompt: a text, or a special token by name.
type segment struct {
	text    string
	special bool
}

func mark(name string) segment { return segment{name, true} }
func text(s string) segment    { return segment{s, false} }

// newChatForm finds out the form of a model's chats by its template: ChatML (Qwen, Feilun's
// own) or Llama 3's. A model without template gets plain text, a line with the speaker's name before each turn,
// which base models go on from. For other templates ok is false.
func newChatForm(w *model.Words) (f *chatForm, ok bool) {
	f = &chatForm{words: w}
	sum := sha256.Sum256([]byte(w.Template))
	f.hash = hex.EncodeToString(sum[:8])
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := w.Tokenizer.ID(n); !ok || !strings.Contains(w.Template, n) {
				return false
			}
		}
		return true
	}
	switch {
	case w.Template == "":
		f.turn = plainTurn
		f.stop, f.trim = []string{"\nUser:", "\nSystem:"}, true
	case has("<|im_start|>", "<|im_end|>"):
		f.turn = func(role string) (before, after []segment) {
			return []segment{mark("<|im_start|>"), text(role + "\n")}, []segment{mark("<|im_end|>"), text("\n")}
		}
		f.end("<|im_end|>")
	case has("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"):
		f.turn = func(role string) (before, after []segment) {
			return []segment{mark("<|start_header_id|>"), text(role), mark("<|end_header_id|>"), text("\n\n")}, []segment{mark("<|eot_id|>")}
		}
		f.trim = true
		f.end("<|eot_id|>")
	default:
		return nil, false
	}
	return f, true
}

func (f *chatForm) end(name string) {
	id, _ := f.words.Tokenizer.ID(name)
	f.ends = append(f.ends, id)
}

func plainTurn(role string) (before, after []segment) {
	name := map[string]string{"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool"}[role]
	return []segment{text(name + ": ")}, []segment{text("\n")}
}

// encode returns the tokens of a conversation with the beginning of the answer.
func (f *chatForm) encode(turns []Turn) []uint32 {
	all := append([]segment(nil), f.begin...)
	for _, t := range turns {
		before, after := f.turn(t.Role)
		content := t.Content
		if f.trim {
			content = strings.TrimSpace(content)
		}
		all = append(append(append(all, before...), text(content)), after...)
	}
	before, _ := f.turn("assistant")
	last := &before[len(before)-1]
	if len(f.ends) == 0 {
		last.text = strings.TrimSuffix(last.text, " ") // the space is a part of the next word's token
	}
	return f.tokens(append(all, before...))
}

// tokens joins texts that stand together, so that they are cut as one.
func (f *chatForm) tokens(all []segment) []uint32 {
	ids := append([]uint32(nil), f.words.Prefix...)
	enc, run := f.words.Tokenizer.Encoder(), ""
	for _, s := range all {
		if !s.special {
			run += s.text
			continue
		}
		ids = enc.Encode(ids, []byte(run))
		run = ""
		id, _ := f.words.Tokenizer.ID(s.text)
		ids = append(ids, id)
	}
	return enc.Encode(ids, []byte(run))
}
