package train

import (
	"slices"
	"strconv"
	"strings"

	"feilun/internal/bpe"
	"feilun/model"
)

// The tokens of ChatML (OpenAI, 2023; also of Qwen).
const (
	turnStart = "<|im_start|>"
	turnEnd   = "<|im_end|>"
)

// Template is ChatML as transformers' chat_template, which tokenizer_config.json
// holds. It trims what is said, as [chatML.encode] does.
const Template = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>' + '\n' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// A chatML turns conversations into tokens.
type chatML struct {
	enc        *bpe.Encoder
	before     []uint32 // tokens before every conversation
	text       string   // of before
	start, end uint32
}

// newChatML returns nil for a vocabulary without the tokens that mark turns.
func newChatML(t *bpe.Tokenizer, prefix []uint32) *chatML {
	start, ok1 := t.ID(turnStart)
	end, ok2 := t.ID(turnEnd)
	if !ok1 || !ok2 {
		return nil
	}
	return &chatML{t.Encoder(), prefix, tokensText(t, prefix), start, end}
}

func tokensText(t *bpe.Tokenizer, ids []uint32) (text string) {
	for _, id := range ids {
		text += string(t.Token(id))
	}
	return text
}

func (c *chatML) template() string { return c.text + Template }

func (c *chatML) ends() []uint32 { return []uint32{c.end} }

func (c *chatML) examples(turns []Turn, last bool) ([]example, error) {
	ids, learn := c.encode(turns, last)
	return []example{{ids, learn}}, nil
}

func (c *chatML) ask(question string) ([]uint32, error) {
	ids, _ := c.encode([]Turn{{User, question}}, false)
	return c.words(append(ids, c.start), Assistant+"\n"), nil
}

// words appends the tokens of what stands behind a mark.
func (c *chatML) words(ids []uint32, s string) []uint32 {
	return c.enc.EncodePart(ids, []byte(s), false, false)
}

// encode returns the tokens of a conversation, as the template renders it, and for
// each whether it belongs to an answer: its text and the end of its turn. Answers
// without text teach nothing. With last, only the last answer counts, whatever it
// holds. Marks in the text are text.
func (c *chatML) encode(turns []Turn, last bool) (ids []uint32, answer []bool) {
	ids = slices.Clone(c.before)
	answer = make([]bool, len(ids))
	for i, t := range turns {
		role := t.Role + "\n"
		ids = append(ids, c.start)
		head := len(ids) + len(c.words(nil, role))
		ids = c.words(ids, role+strings.TrimSpace(t.Text))
		ids = append(ids, c.end)
		mine := t.Role == Assistant && (last && i == len(turns)-1 || !last && strings.TrimSpace(t.Text) != "")
		for k := len(answer); k < len(ids); k++ {
			answer = append(answer, mine && k >= head)
		}
		ids = c.words(ids, "\n")
		for len(answer) < len(ids) {
			answer = append(answer, false)
		}
	}
	return ids, answer
}

// tokenizerConfig returns the bytes of tokenizer_config.json.
func (j *job) tokenizerConfig() []byte {
	added := map[string]any{}
	for _, s := range j.tok.Special {
		b := j.tok.Borders[s.ID]
		added[strconv.Itoa(int(s.ID))] = map[string]any{"content": s.Text, "special": !j.tok.Shown[s.ID], "lstrip": b.Left, "rstrip": b.Right, "normalized": j.tok.Normalized[s.ID], "single_word": b.Word}
	}
	return model.TokenizerConfig(j.m.Config.Context, map[string]any{
		"added_tokens_decoder": added, "bos_token": j.names.bos, "eos_token": j.names.eos, "pad_token": string(j.tok.Token(j.eot)), "chat_template": j.template,
	})
}
