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
	{"falcon3", bpe.CL100K, true}, {"pixtral", bpe.CL100K, true}, {"midm-2.0", bpe.CL100K, true}, {"kormo", bpe.Qwen2, false},
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
	tokenUnknown = 2
	tokenControl = 3
	tokenUser    = 4
	tokenUnused  = 5
	tokenByte    = 6
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
	tokens, kinds := ggufKinds(&l, c.Vocab)
	kind, pre, last := "gpt2", pretokenizer(l.Pattern, l.Whole), gguf.KV{Key: "tokenizer.ggml.merges", Value: append([]string{}, l.Merges...)}
	if l.Scores != nil {
		kind, pre, last = "llama", "default", gguf.KV{Key: "tokenizer.ggml.scores", Value: append(l.Scores, make([]float32, c.Vocab-len(l.Scores))...)}
	}
	meta := []gguf.KV{{Key: "tokenizer.ggml.model", Value: kind}, {Key: "tokenizer.ggml.pre", Value: pre}, {Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.token_type", Value: kinds}, last}
	if l.Scores != nil {
		meta = append(meta, gguf.KV{Key: "tokenizer.ggml.add_space_prefix", Value: l.Space})
	}
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

// ggufKinds returns size tokens with their kinds.
func ggufKinds(l *bpe.Lists, size int) (tokens []string, kinds []int32) {
	tokens, kinds = make([]string, size), make([]int32, size)
	for id := range tokens {
		switch {
		case id >= len(l.Tokens) || l.Tokens[id] == "":
			tokens[id], kinds[id] = fmt.Sprintf("[PAD%d]", id), tokenUnused
		case id < len(l.Shown) && l.Shown[id]:
			tokens[id], kinds[id] = l.Tokens[id], tokenUser
		case l.Scores != nil && l.Tokens[id] == l.Unknown:
			tokens[id], kinds[id] = l.Tokens[id], tokenUnknown
		case l.Special[id]:
			tokens[id], kinds[id] = l.Tokens[id], tokenControl
		case l.Scores != nil && bpe.Byte(l.Tokens[id]):
			tokens[id], kinds[id] = l.Tokens[id], tokenByte
		default:
			tokens[id], kinds[id] = l.Tokens[id], tokenNormal
		}
	}
	return tokens, kinds
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
