package train

import (
	"encoding/json"
	"errors"
	"strings"

	"feilun/internal/bpe"
	"feilun/internal/hint"
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
	start, end uint32
}

func newChatML(t *bpe.Tokenizer) (*chatML, error) {
	start, ok1 := t.ID(turnStart)
	end, ok2 := t.ID(turnEnd)
	if !ok1 || !ok2 {
		return nil, hint.Usage(hint.With(errors.New("the vocabulary has no tokens "+turnStart+" and "+turnEnd+" to mark turns with"),
			"feilun tokenize train makes them, unless --special says otherwise"))
	}
	return &chatML{t.Encoder(), start, end}, nil
}

// text appends the tokens of what stands behind a mark.
func (c *chatML) text(ids []uint32, s string) []uint32 {
	return c.enc.EncodePart(ids, []byte(s), false, false)
}

// encode returns the tokens of a conversation, as the template renders it, and for
// each whether it belongs to an answer: its text and the end of its turn. Answers
// without text teach nothing. With last, only the last answer counts, whatever it
// holds. Marks in the text are text.
func (c *chatML) encode(turns []Turn, last bool) (ids []uint32, answer []bool) {
	for i, t := range turns {
		role := t.Role + "\n"
		ids = append(ids, c.start)
		head := len(ids) + len(c.text(nil, role))
		ids = c.text(ids, role+strings.TrimSpace(t.Text))
		ids = append(ids, c.end)
		mine := t.Role == Assistant && (last && i == len(turns)-1 || !last && strings.TrimSpace(t.Text) != "")
		for k := len(answer); k < len(ids); k++ {
			answer = append(answer, mine && k >= head)
		}
		ids = c.text(ids, "\n")
		for len(answer) < len(ids) {
			answer = append(answer, false)
		}
	}
	return ids, answer
}

// tokenizerConfig returns the bytes of tokenizer_config.json.
func tokenizerConfig(t *bpe.Tokenizer, context int, chat bool) []byte {
	added := map[string]any{}
	m := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": context, "clean_up_tokenization_spaces": false, "added_tokens_decoder": added}
	for _, s := range t.Special {
		b, _ := json.Marshal(s.ID)
		added[string(b)] = map[string]any{"content": s.Text, "special": !t.Shown[s.ID], "lstrip": false, "rstrip": false, "normalized": false, "single_word": false}
	}
	if _, ok := t.ID("<|endoftext|>"); ok {
		m["bos_token"], m["eos_token"], m["pad_token"] = "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"
	}
	if chat {
		m["chat_template"], m["eos_token"] = Template, turnEnd
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return append(b, '\n')
}
