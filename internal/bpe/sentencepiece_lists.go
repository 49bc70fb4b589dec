package bpe

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// scored returns a vocabulary of SentencePiece's form as lists. The score of a token is minus the
// rank of the first merge that makes it, as converters to GGUF have it; characters have the lowest.
func (t *Tokenizer) scored() Lists {
	n := t.Size()
	l := Lists{Tokens: make([]string, n), Special: make([]bool, n), Scores: make([]float32, n), Space: t.sp.prefix != prefixNever, Unknown: t.sp.unknown}
	copy(l.Tokens, t.sp.words)
	merges := t.byRank()
	for id, b := range t.tokens {
		if b != nil && !t.isByte(uint32(id)) {
			l.Scores[id] = float32(-len(merges))
		}
	}
	l.special(t)
	slices.Reverse(merges)
	for _, m := range merges {
		l.Scores[m.id] = float32(-m.rank)
	}
	return l
}

// fromScores takes the words of SentencePiece's form and makes merges of their scores: of any two
// that are a third one together, as llama.cpp joins them.
func (t *Tokenizer) fromScores(l *Lists, vocab map[string]uint32) error {
	t.sp = &sentencePiece{words: make([]string, len(l.Tokens)), strip: l.Space, unknown: l.Unknown}
	if l.Space {
		t.sp.prefix = prefixEach
	}
	if len(l.Scores) != len(l.Tokens) {
		return fmt.Errorf("%d tokens, scores of %d", len(l.Tokens), len(l.Scores))
	}
	work := 0
	for word, id := range vocab {
		if err := t.put(word, id, wordBytes(word)); err != nil {
			return err
		}
		if math.IsNaN(float64(l.Scores[id])) {
			return fmt.Errorf("the score of token %q is no number", word)
		}
		if len(word) > maxToken {
			return fmt.Errorf("token %d has %d bytes, at most %d can be read", id, len(word), maxToken)
		}
		if work += len(word) * len(word); work > maxSplits {
			return errors.New("its tokens are too long, all together")
		}
		t.sp.words[id] = word
	}
	t.sp.words = t.sp.words[:len(t.tokens)]
	parts := maps.Clone(vocab)
	for _, s := range t.Special { // one that is a character stays it
		if int(s.ID) < len(t.tokens) && utf8.RuneCountInString(s.Text) == 1 {
			t.sp.words[s.ID], parts[s.Text] = s.Text, s.ID
		}
	}
	ranks := ranksOf(l.Scores)
	for word, id := range vocab {
		if t.isByte(id) {
			continue
		}
		for k := range word {
			left, ok1 := parts[word[:k]]
			right, ok2 := parts[word[k:]]
			if k > 0 && ok1 && ok2 && !t.isByte(left) && !t.isByte(right) {
				t.merges = append(t.merges, merge{left, right, id, ranks[l.Scores[id]]})
			}
		}
	}
	return t.finishSentencePiece()
}

func (t *Tokenizer) isByte(id uint32) bool {
	_, ok := wordByte(t.sp.words[id])
	return ok
}

// ranksOf returns the places of scores, the highest first; equal ones have the same.
func ranksOf(scores []float32) map[float32]int32 {
	all := slices.Clone(scores)
	slices.SortFunc(all, func(a, b float32) int { return cmp.Compare(b, a) })
	ranks := make(map[float32]int32)
	for _, s := range slices.Compact(all) {
		ranks[s] = int32(len(ranks))
	}
	return ranks
}
