package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/jinja"
	"feilun/model"
)

// A form turns conversations into tokens.
type form interface {
	// examples returns what a conversation teaches: its answers, or with last the last one alone,
	// in one example.
	examples(turns []Turn, last bool) ([]example, error)
	// ask returns the tokens of a question, up to where the answer begins.
	ask(question string) ([]uint32, error)
	ends() []uint32   // tokens that end an answer
	template() string // in Jinja, for the model that learns in this form
}

// newForm returns the form that a model learns conversations in: by its own chat template where
// it has one, else ChatML.
func newForm(dir string, w *model.Words, names tokenNames) (form, error) {
	c := newChatML(w.Tokenizer, w.Prefix)
	if c != nil && (w.Template == "" || w.Template == Template || w.Template == c.template()) {
		return c, nil
	}
	if w.Template == "" {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s has no chat template, and its vocabulary has no tokens %s and %s to mark turns with", dir, turnStart, turnEnd),
			"put a chat template, in marks that its vocabulary has, into chat_template.jinja beside tokenizer.json; or begin with a model whose vocabulary has these tokens: feilun tokenize train makes them"))
	}
	f := &ownForm{source: w.Template, guard: model.NewGuard(w.Tokenizer), enc: w.Tokenizer.Encoder(), names: names, special: w.Tokenizer.Special}
	var err error
	if f.parsed, err = jinja.Parse(w.Template); err == nil {
		err = f.findEnds()
	}
	if err != nil {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s: its chat template cannot be learned by: %w", dir, err),
			"put another template into chat_template.jinja beside tokenizer.json; it goes before the one in tokenizer_config.json"))
	}
	return f, nil
}

// An ownForm is that of a model's own chat template.
type ownForm struct {
	source  string
	parsed  *jinja.Template
	guard   *model.Guard
	enc     *bpe.Encoder
	names   tokenNames
	special []bpe.Special
	end     []uint32
}

// renderDay is what templates take for today, since training depends on no clock: the date of
// Llama 3's template where none is told.
var renderDay = time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)

// errRefused is of a conversation that a template has no form for.
var errRefused = errors.New("refused")

func (f *ownForm) render(turns []Turn, answer bool) (string, error) {
	var messages []any
	for _, t := range turns {
		messages = append(messages, jinja.NewMap("role", t.Role, "content", f.guard.Text(t.Text)))
	}
	text, err := f.parsed.Render(map[string]any{"messages": messages, "tools": nil, "add_generation_prompt": answer, "bos_token": f.names.bos, "eos_token": f.names.eos}, renderDay)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errRefused, err)
	}
	return text, nil
}

// turn returns the tokens of the last answer and of what stands before it.
func (f *ownForm) turn(turns []Turn) (before, answer []uint32, err error) {
	head, err := f.render(turns[:len(turns)-1], true)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.render(turns, false)
	if err != nil {
		return nil, nil, err
	}
	behind, ok := strings.CutPrefix(all, head)
	if !ok {
		return nil, nil, errors.New("what the chat template writes before an answer is not how it begins the same conversation with the answer, so that the answer cannot be told from what it answers")
	}
	return f.guard.Encode(f.enc, nil, head, true), f.guard.Encode(f.enc, nil, behind, false), nil
}

// examples implements [form]. Answers are put into one example as long as a template writes what
// comes later behind what came before; some, such as Qwen 3's, write earlier answers otherwise.
func (f *ownForm) examples(turns []Turn, last bool) (all []example, err error) {
	var e example
	for i, t := range turns {
		if t.Role != Assistant || last && i < len(turns)-1 || !last && strings.TrimSpace(t.Text) == "" {
			continue
		}
		before, answer, err := f.turn(turns[:i+1])
		if err != nil {
			return nil, err
		}
		if n := len(e.ids); n > 0 && (n > len(before) || !slices.Equal(before[:n], e.ids)) {
			all, e = append(all, e), example{}
		}
		e.ids = append(before, answer...)
		e.learn = append(e.learn, make([]bool, len(before)-len(e.learn))...)
		learned := f.learned(answer)
		for k := range answer {
			e.learn = append(e.learn, k < learned)
		}
	}
	return append(all, e), nil
}

// learned returns how many tokens of an answer are learned: what stands behind its end, such as a
// line break, is not asked of the model.
func (f *ownForm) learned(answer []uint32) int {
	for n := len(answer); n > 0; n-- {
		if slices.Contains(f.end, answer[n-1]) {
			return n
		}
	}
	return len(answer)
}

func (f *ownForm) ask(question string) ([]uint32, error) {
	text, err := f.render([]Turn{{User, question}}, true)
	return f.guard.Encode(f.enc, nil, text, true), err
}

func (f *ownForm) ends() []uint32 { return f.end }

func (f *ownForm) template() string { return f.source }

// findEnds looks at what the template puts behind an answer: a special token there ends one.
func (f *ownForm) findEnds() error {
	const answer = "\ue000"
	turns := []Turn{{User, "x"}, {Assistant, answer}}
	if _, _, err := f.turn(turns); err != nil {
		return err
	}
	text, err := f.render(turns, false)
	_, behind, _ := strings.Cut(text, answer)
	behind = strings.TrimSpace(behind)
	for _, s := range f.special {
		if s.Text != "" && strings.HasPrefix(behind, s.Text) {
			f.end = append(f.end, s.ID)
		}
	}
	return err
}

// tokenNames are the tokens that a template knows by name.
type tokenNames struct{ bos, eos string }

// readNames reads them from tokenizer_config.json of a model, or else takes those of its
// configuration.
func readNames(dir string, t *bpe.Tokenizer, c *model.Config) (tokenNames, error) {
	var n tokenNames
	if len(c.BOS) > 0 {
		n.bos = string(t.Token(uint32(c.BOS[0])))
	}
	if len(c.EOS) > 0 {
		n.eos = string(t.Token(uint32(c.EOS[0])))
	}
	if model.IsGGUF(dir) {
		return n, nil
	}
	name := filepath.Join(dir, "tokenizer_config.json")
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	var f struct {
		BOS json.RawMessage `json:"bos_token"`
		EOS json.RawMessage `json:"eos_token"`
	}
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		return n, hint.Usage(fmt.Errorf("%s: %w", name, err))
	}
	for raw, to := range map[*json.RawMessage]*string{&f.BOS: &n.bos, &f.EOS: &n.eos} {
		var whole struct{ Content string }
		if json.Unmarshal(*raw, to) != nil && json.Unmarshal(*raw, &whole) == nil {
			*to = whole.Content
		}
	}
	return n, nil
}

// takeForm sets the form of conversations, and the tokens that end texts and answers.
func (j *job) takeForm(dir string, w *model.Words) (err error) {
	c := &j.m.Config
	if j.names, err = readNames(dir, w.Tokenizer, c); err != nil {
		return err
	}
	if j.form, err = newForm(dir, w, j.names); err != nil {
		return err
	}
	j.template = j.form.template()
	if len(w.Prefix) > 0 {
		j.made["prefix"] = w.Prefix
	}
	ends := slices.Clone(j.form.ends())
	eot, ok := w.Tokenizer.ID("<|endoftext|>")
	if own, is := j.form.(*ownForm); is {
		j.made["template_sha256"] = digest.Of([]byte(own.source))
		if len(ends) == 0 {
			j.say("the chat template puts no special token behind an answer: the model does not learn where to end one")
		}
		if id, known := w.Tokenizer.ID(j.names.eos); known {
			ends = slices.Insert(ends, 0, id)
		}
		for _, id := range c.EOS {
			ends = append(ends, uint32(id))
		}
	} else {
		j.names = tokenNames{bos: tokensText(w.Tokenizer, w.Prefix), eos: turnEnd}
	}
	if ok {
		ends = append(ends, eot)
	} else if len(ends) > 0 {
		eot = ends[0]
	}
	if j.names.bos == "" && ok {
		j.names.bos = "<|endoftext|>"
	}
	c.EOS = nil
	for _, id := range ends {
		if !slices.Contains(c.EOS, int(id)) {
			c.EOS = append(c.EOS, int(id))
		}
	}
	j.eot = eot
	return nil
}

// takeText sets what a model of texts knows beside them: the tokens that begin and end one, and
// the chat template of the model to begin with.
func (j *job) takeText(c *Corpus, init string) (err error) {
	j.names = tokenNames{bos: string(c.Tok.Token(c.EOT)), eos: string(c.Tok.Token(c.EOT))}
	if len(c.Prefix) > 0 {
		j.names.bos = tokensText(c.Tok, c.Prefix[:1])
		j.m.Config.BOS = []int{int(c.Prefix[0])}
	}
	if init == "" {
		return nil
	}
	words, err := model.OpenWords(init)
	if err != nil {
		return hint.Usage(err)
	}
	if !slices.Equal(words.Prefix, c.Prefix) {
		return hint.Usage(hint.With(fmt.Errorf("%s puts %q before every text, the tokens %q", init, tokensText(c.Tok, words.Prefix), tokensText(c.Tok, c.Prefix)), "pack the text again with --tokenizer "+init))
	}
	j.template = words.Template
	if j.template != "" {
		j.names, err = readNames(init, c.Tok, &j.m.Config)
	}
	return err
}
