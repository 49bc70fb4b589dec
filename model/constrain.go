package model

import (
	"errors"
	"math"
	"sync"

	"feilun/internal/bpe"
	"feilun/internal/constrain"
)

// vocabularies keep the texts of the last tokenizer's tokens for grammars.
type vocabularies struct {
	mu   sync.Mutex
	tok  *bpe.Tokenizer
	size int
	made *constrain.Vocabulary
}

// of returns the texts of a tokenizer's tokens, as far as a model has them. Tokens of bytes are
// left out where another one is the same text, which the model has learnt to write.
func (v *vocabularies) of(t *bpe.Tokenizer, size int) *constrain.Vocabulary {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tok != t || v.size != size {
		v.tok, v.size = t, size
		v.made = constrain.NewVocabulary(size, func(id uint32) []byte {
			if special(t, id) || t.Spare(id) {
				return nil
			}
			return t.Token(id)
		})
	}
	return v.made
}

// errForbidden is a grammar and a bias that leave nothing.
var errForbidden = errors.New("biases forbid all that the grammar allows")

// constrain forbids all tokens that the grammar does not allow; one that ends the text is
// allowed where the grammar ends. It reports whether the text has come to its end, as
// there is no token for it.
func (s *Stream) constrain(logits []float32, ends func(uint32) bool) (done bool, err error) {
	allowed, err := s.matcher.Allowed(s.request.MaxTokens - len(s.Tokens))
	if err != nil {
		return false, err
	}
	any, end := false, s.matcher.Ends()
	for id := range logits {
		if allowed[id/64]>>(id%64)&1 != 0 || end && ends(uint32(id)) {
			any = true
		} else {
			logits[id] = float32(math.Inf(-1))
		}
	}
	return !any, nil
}
