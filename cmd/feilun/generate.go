package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"feilun/internal/bpe"
	"feilun/internal/constrain"
	"feilun/internal/hint"
	"feilun/internal/tensor"
	"feilun/model"
)

type generateCmd struct {
	Model       string   `arg:"" help:"Folder with config.json, model.safetensors and tokenizer.json, or a GGUF file."`
	Prompt      []string `sep:"none" placeholder:"TEXT" help:"Text to go on from; several are continued side by side. Default: standard input."`
	MaxTokens   int      `default:"128" placeholder:"N" help:"New tokens at most; 0 for as many as the context holds."`
	Temperature float64  `default:"0.8" placeholder:"T" help:"0 always takes the likeliest token."`
	TopK        int      `default:"0" placeholder:"K" help:"Draw from the K likeliest tokens alone; 0 for all."`
	TopP        float64  `default:"1" placeholder:"P" help:"Draw from the smallest set of tokens that has this probability."`
	MinP        float64  `default:"0" placeholder:"P" help:"Draw from tokens with at least this share of the likeliest one's probability."`
	Penalty     float64  `name:"repetition-penalty" default:"1" placeholder:"X" help:"Make tokens that occurred less likely: 1 does not."`
	Frequency   float64  `name:"frequency-penalty" default:"0" placeholder:"X" help:"Taken from a token's logit for each time it was generated."`
	Presence    float64  `name:"presence-penalty" default:"0" placeholder:"X" help:"Taken from the logit of tokens that were generated."`
	Seed        uint64   `default:"0" help:"Equal seeds draw equal tokens."`
	Stop        []string `sep:"none" placeholder:"TEXT" help:"End at this text; may be repeated."`
	Special     bool     `help:"Take special tokens in the prompt for what they stand for."`
	JSONObject  bool     `name:"json-object" xor:"grammar" help:"Write a JSON object."`
	JSONSchema  string   `name:"json-schema" xor:"grammar" type:"path" placeholder:"FILE" help:"Write JSON that satisfies this schema."`
	Grammar     string   `xor:"grammar" type:"path" placeholder:"FILE" help:"Write what this grammar allows, in the form of llama.cpp (GBNF)."`
	heldWeights
	JSON bool `help:"Print a line of JSON for each prompt: text, tokens, finish_reason."`
}

// A heldWeights says how to calculate.
type heldWeights struct {
	Weights string `default:"stored" enum:"stored,f32,bf16,f16,int8,int4,q4_k" help:"How to hold the weights: f32, bf16, f16, int8 (Q8_0), int4 (Q4_0) or q4_k (Q4_K). stored: as the file has them, other blocks of GGUF, alone or among other types in a matrix, as int8."`
	Workers int    `placeholder:"N" help:"How many calculate side by side; all processors by default."`
}

// open opens a model for generation.
func (w *heldWeights) open(path string) (*model.Engine, error) {
	held, err := model.ParseWeights(w.Weights)
	if err != nil {
		return nil, hint.Usage(err)
	}
	e, err := model.OpenEngine(path, tensor.New(w.Workers), model.EngineOptions{Weights: held})
	if err != nil {
		return nil, modelError(err)
	}
	return e, nil
}

// A generated is a line of the result.
type generated struct {
	Text         string   `json:"text"`
	Tokens       []uint32 `json:"tokens"`
	FinishReason string   `json:"finish_reason"`
	Prompt       []uint32 `json:"prompt_tokens"`
}

func (c *generateCmd) check() error {
	switch {
	case c.Temperature < 0, c.TopK < 0, c.MinP < 0 || c.MinP > 1, c.TopP <= 0 || c.TopP > 1, c.Penalty <= 0, c.MaxTokens < 0:
		return hint.Usage(hint.With(errors.New("a number is out of its range"),
			"temperature, top-k and max-tokens are 0 or more, min-p is 0 to 1, top-p above 0 to 1, repetition-penalty above 0"))
	}
	return nil
}

func (c *generateCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	if len(c.Prompt) == 0 {
		b, err := io.ReadAll(a.stdin)
		if err != nil {
			return err
		}
		c.Prompt = []string{string(b)}
	}
	grammar, err := c.grammar()
	if err != nil {
		return err
	}
	words, err := openWords(c.Model)
	if err != nil {
		return err
	}
	e, err := c.open(c.Model)
	if err != nil {
		return err
	}
	var requests []model.Request
	for i, p := range c.Prompt {
		ids := words.Encode(e.Config(), p, c.Special)
		requests = append(requests, model.Request{Prompt: ids, MaxTokens: c.MaxTokens, Stop: c.Stop, Grammar: grammar, Sampling: model.Sampling{
			Temperature: c.Temperature, TopK: c.TopK, TopP: c.TopP, MinP: c.MinP, Penalty: c.Penalty, Frequency: c.Frequency, Presence: c.Presence, Seed: c.Seed + uint64(i)}})
		if err := requests[i].Check(e.Config()); err != nil {
			return hint.Usage(fmt.Errorf("prompt %d: %w", i+1, err))
		}
	}
	return c.generate(a, e, words.Tokenizer, requests)
}

// grammar reads what the text must keep to, nil for nothing.
func (c *generateCmd) grammar() (*constrain.Grammar, error) {
	name, read := c.Grammar, func(b []byte) (*constrain.Grammar, error) { return constrain.Parse(string(b)) }
	switch {
	case c.JSONObject:
		return constrain.JSON(), nil
	case c.JSONSchema != "":
		name, read = c.JSONSchema, constrain.Schema
	case name == "":
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, hint.Usage(err)
	}
	g, err := read(bytes.TrimPrefix(b, []byte("\ufeff")))
	if err != nil {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s: %w", name, err), "docs/generate.md lists what is understood"))
	}
	return g, nil
}

// generate prints: text as it comes for one prompt, else each text when all are done.
func (c *generateCmd) generate(a *app, e *model.Engine, t *bpe.Tokenizer, requests []model.Request) error {
	var wrong error
	shown := 0
	each := func(s []*model.Stream) {
		if n := len(s[0].Text()); wrong == nil && n > shown {
			_, wrong = io.WriteString(a.stdout, s[0].Text()[shown:])
			shown = n
		}
	}
	live := !c.JSON && len(requests) == 1
	if !live {
		each = nil
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	streams, err := e.Generate(a.ctx, t, requests, each)
	if live && (err == nil || shown > 0) && wrong == nil {
		_, wrong = fmt.Fprintln(a.stdout)
	}
	for i, s := range streams {
		if s.Err != nil {
			err = errors.Join(err, fmt.Errorf("prompt %d: %w", i+1, s.Err))
		}
	}
	if err != nil || live {
		return errors.Join(err, wrong)
	}
	for i, s := range streams {
		if c.JSON {
			err = enc.Encode(generated{s.Text(), s.Tokens, s.Finish, requests[i].Prompt})
		} else {
			_, err = fmt.Fprintf(a.stdout, "%s\n", s.Text())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openWords reads a model's vocabulary.
func openWords(path string) (*model.Words, error) {
	w, err := model.OpenWords(path)
	if err != nil {
		err = modelError(err)
	}
	return w, err
}

// modelError marks a model that cannot be opened as a mistake in use, and says what its
// folder must hold, unless err says more.
func modelError(err error) error {
	if hint.Of(err) != "" {
		return hint.Usage(err)
	}
	return hint.With(hint.Usage(err), "a model is a folder with config.json, model.safetensors (or several with their index) and tokenizer.json, or a GGUF file")
}
