package model

import (
	"fmt"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
	"feilun/internal/hint"
)

// pretokenizers are llama.cpp's names of split patterns; the first of a pattern is
// written. Whole is true where llama.cpp takes a piece that is a token as it is.
var pretokenizers = []struct {
	name    string
	pattern bpe.Pattern
	whole   bool
}{
	{"gpt-2", bpe.GPT2, false}, {"llama-bpe", bpe.CL100K, true}, {"dbrx", bpe.CL100K, false}, {"gpt-4o", bpe.O200K, false},
	{"qwen2", bpe.Qwen2, false}, {"smollm", bpe.SmolLM, false},
	{"llama3", bpe.CL100K, true}, {"llama-v3", bpe.CL100K, true}, {"smaug-bpe", bpe.CL100K, false}, {"deepseek-r1-qwen", bpe.Qwen2, false},
}

// pretokenizer returns llama.cpp's name of a split pattern, if need be one that takes
// whole pieces where ours does not.
func pretokenizer(pattern bpe.Pattern, whole bool) string {
	name := ""
	for _, p := range pretokenizers {
		if p.pattern == pattern && p.whole == whole {
			return p.name
		}
		if p.pattern == pattern && name == "" {
			name = p.name
		}
	}
	return name
}

// Kinds of tokens (enum llama_token_type).
const (
	tokenNormal  = 1
	tokenControl = 3
	tokenUser    = 4
	tokenUnused  = 5
)

// ggufEnds are the keys of tokens that end texts: the end of a text, of a turn, of a message.
var ggufEnds = [...]string{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}

// ggufWords returns the metadata of the vocabulary.
func (c *Config) ggufWords(o *GGUFOptions) ([]gguf.KV, error) {
	if o.Tokenizer == nil {
		return []gguf.KV{{Key: "tokenizer.ggml.model", Value: "none"}}, nil
	}
	l := o.Tokenizer.Lists()
	if len(l.Tokens) > c.Vocab {
		return nil, hint.With(fmt.Errorf("%w: %d tokens, the embedding has %d rows", ErrFormat, len(l.Tokens), c.Vocab), "tokenizer.json belongs to another model")
	}
	tokens, kinds := make([]string, c.Vocab), make([]int32, c.Vocab)
	for id := range tokens {
		switch {
		case id >= len(l.Tokens) || l.Tokens[id] == "":
			tokens[id], kinds[id] = fmt.Sprintf("[PAD%d]", id), tokenUnused
		case id < len(l.Shown) && l.Shown[id]:
			tokens[id], kinds[id] = l.Tokens[id], tokenUser
		case l.Special[id]:
			tokens[id], kinds[id] = l.Tokens[id], tokenControl
		default:
			tokens[id], kinds[id] = l.Tokens[id], tokenNormal
		}
	}
	meta := []gguf.KV{{Key: "tokenizer.ggml.model", Value: "gpt2"}, {Key: "tokenizer.ggml.pre", Value: pretokenizer(l.Pattern, l.Whole)}, {Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.token_type", Value: kinds}, {Key: "tokenizer.ggml.merges", Value: append([]string{}, l.Merges...)}}
	if id, ok := o.bos(c); ok {
		meta = append(meta, gguf.KV{Key: "tokenizer.ggml.bos_token_id", Value: id})
	}
	for i, key := range ggufEnds[:min(len(ggufEnds), len(c.EOS))] {
		meta = append(meta, gguf.KV{Key: key, Value: uint32(c.EOS[i])})
	}
	meta = append(meta, gguf.KV{Key: "tokenizer.ggml.add_bos_token", Value: len(o.Prefix) > 0})
	if o.Template != "" {
		meta = append(meta, gguf.KV{Key: "tokenizer.chat_template", Value: o.Template})
	}
	return meta, nil
}

// bos returns the token that begins texts.
func (o *GGUFOptions) bos(c *Config) (uint32, bool) {
	switch {
	case len(o.Prefix) > 0:
		return o.Prefix[0], true
	case len(c.BOS) > 0:
		return uint32(c.BOS[0]), true
	}
	return 0, false
}

// GGUFTokenizer returns the tokenizer of a file, the tokens before every text, and the
// template of chats, "" where there is none.
func GGUFTokenizer(f *gguf.File) (t *bpe.Tokenizer, prefix []uint32, template string, err error) {
	get := func(key string) string {
		s, _ := gguf.Get[string](f, "tokenizer."+key)
		return s
	}
	if kind := get("ggml.model"); kind == "" || kind == "none" {
		return nil, nil, "", hint.With(fmt.Errorf("%w: it has no vocabulary", ErrFormat), "feilun convert takes the vocabulary along where tokenizer.json lies beside the weights")
	} else if kind != "gpt2" {
		return nil, nil, "", hint.With(fmt.Errorf("%w: a vocabulary of kind %q", ErrFormat, kind), "byte-level BPE (kind gpt2) is read; SentencePiece is not")
	}
	l, pre, known := bpe.Lists{}, get("ggml.pre"), false
	for _, p := range pretokenizers {
		if p.name == pre {
			l.Pattern, l.Whole, known = p.pattern, p.whole, true
		}
	}
	if !known {
		return nil, nil, "", fmt.Errorf("%w: the split pattern %q is not known", ErrFormat, pre)
	}
	l.NFC = l.Pattern == bpe.Qwen2 // so has Qwen's own tokenizer.json; GGUF does not tell
	l.Tokens, _ = gguf.Get[[]string](f, "tokenizer.ggml.tokens")
	l.Merges, _ = gguf.Get[[]string](f, "tokenizer.ggml.merges")
	kinds, _ := gguf.Get[[]int32](f, "tokenizer.ggml.token_type")
	if len(kinds) != len(l.Tokens) && kinds != nil {
		return nil, nil, "", fmt.Errorf("%w: %d tokens, kinds of %d", ErrFormat, len(l.Tokens), len(kinds))
	}
	l.Tokens = append([]string{}, l.Tokens...)
	l.Special, l.Shown = make([]bool, len(l.Tokens)), make([]bool, len(l.Tokens))
	for id, kind := range kinds {
		l.Shown[id] = kind == tokenUser
		l.Special[id] = kind == tokenControl || kind == tokenUser
		if kind == tokenUnused {
			l.Tokens[id] = ""
		}
	}
	if t, err = bpe.FromLists(l); err != nil {
		return nil, nil, "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if add, said := gguf.Get[bool](f, "tokenizer.ggml.add_bos_token"); add || !said && l.Pattern == bpe.CL100K && l.Whole {
		if bos, ok := gguf.Get[int](f, "tokenizer.ggml.bos_token_id"); ok && bos >= 0 && bos < len(l.Tokens) {
			prefix = []uint32{uint32(bos)}
		}
	}
	return t, prefix, get("chat_template"), nil
}
