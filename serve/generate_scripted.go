package serve

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Scripted generator answers by rules instead of a model: for tests of clients and of load.
// The same request always gets the same answer. A character is a token.
type Scripted struct {
	rules []scriptRule
	model Model
}

// A scriptRule answers requests whose last message, or prompt, contains Match. In Text, {{last}}
// stands for that message, {{seed}} for the seed, {{n}} for the number of the repetition.
type scriptRule struct {
	Match     string `json:"match"`
	Text      string `json:"text"`
	Reasoning string `json:"reasoning"`
	Repeat    int    `json:"repeat"`   // of Text; 1
	Piece     int    `json:"piece"`    // characters of a piece; 3
	WaitMS    int    `json:"wait_ms"`  // before the first piece
	DelayMS   int    `json:"delay_ms"` // before each other one
	Finish    string `json:"finish"`
	Calls     []struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"calls"` // where the request has tools
	Error *struct {
		Status     int    `json:"status"`
		Code       string `json:"code"`
		Message    string `json:"message"`
		RetryAfter int    `json:"retry_after"` // seconds
	} `json:"error"`
	After int `json:"after"` // pieces that come before Error
}

// scriptContext is the context of the scripted model, in characters.
const scriptContext = 8192

// NewScripted reads rules, a line of JSON each; the first that matches answers. Without one,
// the answer is the question.
func NewScripted(r io.Reader) (*Scripted, error) {
	s := &Scripted{model: Model{ID: "scripted", Name: "scripted", Kind: "engine", Context: scriptContext, Created: 1}}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		rule := scriptRule{}
		if err := json.Unmarshal(in.Bytes(), &rule); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		s.rules = append(s.rules, rule)
	}
	return s, in.Err()
}

// Models implements [Generator].
func (s *Scripted) Models(context.Context) ([]Model, error) { return []Model{s.model}, nil }

func (r *Request) last() string {
	if len(r.Turns) == 0 {
		return r.Prompt
	}
	return r.Turns[len(r.Turns)-1].Content
}

func (s *Scripted) rule(last string) scriptRule {
	for _, r := range s.rules {
		if strings.Contains(last, r.Match) {
			return r
		}
	}
	return scriptRule{Text: "{{last}}"}
}

// Generate implements [Generator].
func (s *Scripted) Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
	rule, seed, res := s.rule(r.last()), int64(0), Result{}
	if r.Seed != nil {
		seed = *r.Seed
	}
	prompt := r.Prompt
	for _, t := range r.Turns {
		prompt += t.Content
	}
	res.PromptTokens, res.Seed = utf8.RuneCountInString(prompt), seed
	if res.PromptTokens >= scriptContext {
		return res, fmt.Errorf("%w: %d tokens of at most %d", ErrContextFull, res.PromptTokens, scriptContext-1)
	}
	if r.Echo {
		res.Prompt = scriptLogprobs(prompt, max(0, r.Logprobs))
	}
	if r.MaxTokens == EchoOnly {
		res.Finish = "length"
		return res, nil
	}
	w := &scriptWriter{ctx: ctx, rule: rule, emit: emit, logprobs: r.Logprobs}
	if len(rule.Calls) > 0 && len(r.Tools) > 0 && r.ToolChoice != "none" {
		res.Finish = "tool_calls"
		res.CompletionTokens = w.calls(r.OneCall)
		return res, w.err
	}
	var text string
	text, res.Finish = rule.answer(r, seed)
	w.reasoning(rule.Reasoning)
	w.text(text)
	w.fail(math.MaxInt)
	res.CompletionTokens = w.tokens
	return res, w.err
}

// answer returns the text and how it ends.
func (rule *scriptRule) answer(r *Request, seed int64) (text, finish string) {
	finish = cmp.Or(rule.Finish, "stop")
	for n := range max(1, rule.Repeat) {
		text += strings.NewReplacer("{{last}}", r.last(), "{{seed}}", fmt.Sprint(seed), "{{n}}", fmt.Sprint(n)).Replace(rule.Text)
	}
	for _, stop := range r.Stop {
		if i := strings.Index(text, stop); i >= 0 {
			text, finish = text[:i], "stop"
		}
	}
	if r.MaxTokens > 0 && utf8.RuneCountInString(text) > r.MaxTokens {
		text, finish = string([]rune(text)[:r.MaxTokens]), "length"
	}
	return text, finish
}

// A scriptWriter emits an answer at the pace of its rule, until something goes wrong.
type scriptWriter struct {
	ctx      context.Context
	rule     scriptRule
	emit     func(Piece) error
	logprobs int
	pieces   int
	tokens   int
	err      error
}

// piece emits a piece when its time has come.
func (w *scriptWriter) piece(p Piece) {
	if w.fail(w.pieces); w.err != nil {
		return
	}
	wait := w.rule.DelayMS
	if w.pieces == 0 {
		wait = w.rule.WaitMS
	}
	w.pieces++
	if wait > 0 {
		select {
		case <-w.ctx.Done():
		case <-time.After(time.Duration(wait) * time.Millisecond):
		}
	}
	if w.err = w.ctx.Err(); w.err == nil {
		w.err = w.emit(p)
	}
}

// fail fails, where the rule says so, once that many pieces are out.
func (w *scriptWriter) fail(pieces int) {
	if e := w.rule.Error; w.err == nil && e != nil && pieces >= w.rule.After {
		w.err = &Error{Status: cmp.Or(e.Status, 500), Code: cmp.Or(e.Code, "upstream"), Message: e.Message, RetryAfter: time.Duration(e.RetryAfter) * time.Second}
	}
}

func (w *scriptWriter) chunks(text string) (out []string) {
	runes := []rune(text)
	for c := range slices.Chunk(runes, cmp.Or(max(0, w.rule.Piece), 3)) {
		out = append(out, string(c))
	}
	return out
}

func (w *scriptWriter) reasoning(text string) {
	for _, c := range w.chunks(text) {
		w.piece(Piece{Reasoning: c})
		w.tokens += utf8.RuneCountInString(c)
	}
}

func (w *scriptWriter) text(text string) {
	for _, c := range w.chunks(text) {
		p := Piece{Text: c}
		if w.logprobs >= 0 {
			p.Logprobs = scriptLogprobs(c, w.logprobs)
		}
		if w.piece(p); w.err != nil {
			return
		}
		w.tokens += utf8.RuneCountInString(c)
	}
}

func (w *scriptWriter) calls(one bool) (tokens int) {
	for i, c := range w.rule.Calls {
		if one && i > 0 {
			break
		}
		w.piece(Piece{Calls: []CallPiece{{Index: i, ID: fmt.Sprintf("call_%d", i), Name: c.Name}}})
		for _, a := range w.chunks(c.Arguments) {
			w.piece(Piece{Calls: []CallPiece{{Index: i, Arguments: a}}})
		}
		tokens += utf8.RuneCountInString(c.Name + c.Arguments)
	}
	return tokens
}

// scriptLogprobs makes a likelihood for each character from its number.
func scriptLogprobs(text string, top int) []TokenLogprob {
	var out []TokenLogprob
	for _, r := range text {
		t := TokenLogprob{Token: Token{int(r), []byte(string(r))}, Logprob: -float64(r%16+1) / 16}
		for k := range top {
			t.Top = append(t.Top, TokenLogprob{Token: Token{int(r) + k, []byte(string(r + rune(k)))}, Logprob: t.Logprob - float64(k)})
		}
		out = append(out, t)
	}
	return out
}

// scriptDims is the length of the scripted model's vectors.
const scriptDims = 32

// Embed implements [Generator]: counts of characters, as a vector of length 1.
func (s *Scripted) Embed(_ context.Context, _ string, texts []string) ([][]float32, int, error) {
	var out [][]float32
	n := 0
	for _, t := range texts {
		v, sum := make([]float32, scriptDims), 0.0
		for _, r := range t {
			v[r%scriptDims]++
			n++
		}
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(max(sum, 1)))
		}
		out = append(out, v)
	}
	return out, n, nil
}

// Tokens implements [Generator].
func (s *Scripted) Tokens(_ context.Context, _, text string) (out []Token, err error) {
	for _, r := range text {
		out = append(out, Token{int(r), []byte(string(r))})
	}
	return out, nil
}

// Detokenize implements [Detokenizer].
func (s *Scripted) Detokenize(_ context.Context, _ string, ids []int) (out []byte, err error) {
	for _, id := range ids {
		if id < 0 || id > utf8.MaxRune {
			return nil, badRequest("tokens", "there is no token %d", id)
		}
		out = utf8.AppendRune(out, rune(id))
	}
	return out, nil
}
