package model

import (
	"slices"

	"feilun/internal/gguf"
)

// endTexts are tokens that end texts by what they are called: many files name the end of
// a text alone and leave out that of a turn. The list is llama.cpp's (llama-vocab.cpp).
var endTexts = [...]string{
	"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>",
	"<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
	"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
}

// ends takes the tokens that begin and end texts: those that the file names, then those that
// are called so and are special and not shown.
func (c *Config) ends(f *gguf.File) {
	if id, ok := gguf.Get[int](f, "tokenizer.ggml.bos_token_id"); ok && id >= 0 && id < c.Vocab {
		c.BOS = []int{id}
	}
	end := func(id int) {
		if id >= 0 && id < c.Vocab && !slices.Contains(c.EOS, id) {
			c.EOS = append(c.EOS, id)
		}
	}
	for _, key := range ggufEnds {
		if id, ok := gguf.Get[int](f, key); ok {
			end(id)
		}
	}
	tokens, _ := gguf.Get[[]string](f, "tokenizer.ggml.tokens")
	kinds, _ := gguf.Get[[]int32](f, "tokenizer.ggml.token_type")
	found := map[string]int{}
	for id := range min(len(tokens), len(kinds)) {
		if kinds[id] == tokenControl && slices.Contains(endTexts[:], tokens[id]) {
			found[tokens[id]] = id
		}
	}
	for _, text := range endTexts {
		if id, ok := found[text]; ok && !goesOn(found, text) {
			end(id)
		}
	}
}

// goesOn reports whether a token ends a text in other vocabularies, but not in one with these.
func goesOn(found map[string]int, text string) bool {
	has := func(text string) bool { _, ok := found[text]; return ok }
	switch text {
	case "<|end|>": // the end of a message, with others behind it, in OpenAI's and Solar's form
		return (has("<|call|>") || has("<|calls|>")) && (has("<|flush|>") || has("<|return|>"))
	case "</s>": // Gemma 4's is a tag
		return has("<|tool_response>")
	}
	return false
}
