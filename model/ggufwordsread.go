package model

import (
	"fmt"

	"feilun/internal/bpe"
	"feilun/internal/gguf"
	"feilun/internal/hint"
)

// GGUFTokenizer returns the tokenizer of a file, the tokens before every text, and the
// template of chats, "" where there is none.
func GGUFTokenizer(f *gguf.File) (t *bpe.Tokenizer, prefix []uint32, template string, err error) {
	get := func(key string) string {
		s, _ := gguf.Get[string](f, "tokenizer."+key)
		return s
	}
	var l bpe.Lists
	var begins bool // texts begin with a token where the file does not say it
	bos, known := gguf.Get[int](f, "tokenizer.ggml.bos_token_id")
	switch kind := get("ggml.model"); kind {
	case "", "none":
		return nil, nil, "", hint.With(fmt.Errorf("%w: it has no vocabulary", ErrFormat), "feilun convert takes the vocabulary along where tokenizer.json lies beside the weights")
	case "gpt2":
		if err := ggufPattern(&l, get("ggml.pre")); err != nil {
			return nil, nil, "", err
		}
		l.Merges, _ = gguf.Get[[]string](f, "tokenizer.ggml.merges")
		begins = l.Pattern == bpe.CL100K && l.Whole
	case "llama":
		ggufScores(&l, f)
		if begins = true; !known {
			bos, known = 1, true
		}
	default:
		return nil, nil, "", hint.With(fmt.Errorf("%w: a vocabulary of kind %q", ErrFormat, kind), "byte-level BPE (kind gpt2) and SentencePiece's BPE (kind llama) are read")
	}
	if err := ggufTokens(&l, f); err != nil {
		return nil, nil, "", err
	}
	if t, err = bpe.FromLists(l); err != nil {
		return nil, nil, "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if add, said := gguf.Get[bool](f, "tokenizer.ggml.add_bos_token"); (add || !said && begins) && known && bos >= 0 && bos < len(l.Tokens) {
		prefix = []uint32{uint32(bos)}
	}
	return t, prefix, get("chat_template"), nil
}

// ggufPattern takes llama.cpp's name of a split pattern.
func ggufPattern(l *bpe.Lists, pre string) error {
	for _, p := range pretokenizers {
		if p.name == pre {
			l.Pattern, l.Whole = p.pattern, p.whole
			l.NFC = l.Pattern == bpe.Qwen2 // so has Qwen's own tokenizer.json; GGUF does not tell
			return nil
		}
	}
	if pre == "" || pre == "default" {
		return hint.With(fmt.Errorf("%w: it does not say how text is split (tokenizer.ggml.pre)", ErrFormat), "files older than May 2024 do not: get the model as a later version of llama.cpp converts it")
	}
	return fmt.Errorf("%w: the split pattern %q is not known", ErrFormat, pre)
}

// ggufScores takes what a vocabulary of SentencePiece's form has beside its tokens.
func ggufScores(l *bpe.Lists, f *gguf.File) {
	if l.Scores, _ = gguf.Get[[]float32](f, "tokenizer.ggml.scores"); l.Scores == nil {
		l.Scores = []float32{}
	}
	space, said := gguf.Get[bool](f, "tokenizer.ggml.add_space_prefix")
	l.Space = space || !said
}

// ggufTokens takes tokens with their kinds.
func ggufTokens(l *bpe.Lists, f *gguf.File) error {
	l.Tokens, _ = gguf.Get[[]string](f, "tokenizer.ggml.tokens")
	kinds, _ := gguf.Get[[]int32](f, "tokenizer.ggml.token_type")
	if len(kinds) != len(l.Tokens) && kinds != nil {
		return fmt.Errorf("%w: %d tokens, kinds of %d", ErrFormat, len(l.Tokens), len(kinds))
	}
	l.Tokens = append([]string{}, l.Tokens...)
	l.Special, l.Shown = make([]bool, len(l.Tokens)), make([]bool, len(l.Tokens))
	for id, kind := range kinds {
		unknown := kind == tokenUnknown && l.Scores != nil
		l.Shown[id] = kind == tokenUser
		l.Special[id] = kind == tokenControl || kind == tokenUser || unknown
		if kind == tokenUnused {
			l.Tokens[id] = ""
		}
		if unknown {
			l.Unknown = l.Tokens[id]
		}
	}
	return nil
}
