package bpe

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A TrainReport says what training did.
type TrainReport struct {
	Pieces int    `json:"pieces"` // different ones
	Bytes  uint64 `json:"bytes"`  // of all pieces
	Merges int    `json:"merges"`
	Last   uint64 `json:"last"`   // how often the last pair that was merged occurred
	Tokens uint64 `json:"tokens"` // that the pieces make in the end
}

// ErrTrain is wrapped by the errors of what [Train] is asked for.
var ErrTrain = errors.New("no vocabulary can be made")

// Train makes a vocabulary of size tokens from counted pieces: the bytes, then a
// token for the most frequent pair of neighbours, again and again; of pairs
// with equal counts the one of the lower numbers (as Hugging Face's trainer
// does), until no pair occurs twice. Special tokens get the numbers behind.
// The counter is emptied.
func Train(ctx context.Context, c *Counter, size int, special []string) (*Tokenizer, TrainReport, error) {
	if size < 256+len(special) || size > maxTokens {
		return nil, TrainReport{}, fmt.Errorf("%w of %d tokens: want %d (bytes and special tokens) to %d", ErrTrain, size, 256+len(special), maxTokens)
	}
	t := &Tokenizer{Pattern: c.pattern, NFC: c.nfc, tokens: make([][]byte, 256)}
	for b, id := range byteNumbers() {
		t.tokens[id] = []byte{byte(b)}
	}
	w := newTrainer(c)
	r := TrainReport{Pieces: len(w.words)}
	for _, x := range w.words {
		r.Bytes += uint64(x.n) * x.count
	}
	if r.Pieces == 0 {
		return nil, r, fmt.Errorf("%w: no text to train on", ErrTrain)
	}
	known := map[string]uint32{}
	for len(t.tokens) < size-len(special) {
		if len(t.tokens)%256 == 0 && ctx.Err() != nil {
			return nil, r, ctx.Err()
		}
		best, ok := w.best()
		if !ok {
			break
		}
		p := &w.pairs[best]
		joined := slices.Concat(t.tokens[p.left], t.tokens[p.right])
		id, ok := known[string(joined)] // another pair may have made it before
		if !ok {
			id = uint32(len(t.tokens))
			known[string(joined)] = id
			t.tokens = append(t.tokens, joined)
		}
		t.merges = append(t.merges, merge{p.left, p.right, id, int32(len(t.merges))})
		r.Last = uint64(p.count)
		w.merge(best, id)
	}
	r.Merges = len(t.merges)
	for _, x := range w.words {
		r.Tokens += uint64(x.n) * x.count
	}
	return t, r, t.close(special, known)
}

// close gives the special tokens the numbers behind those of text, which known
// holds but for the bytes.
func (t *Tokenizer) close(special []string, known map[string]uint32) error {
	for i, s := range special {
		if _, ok := known[s]; ok || len(s) < 2 || slices.Contains(special[:i], s) {
			return fmt.Errorf("%w: special token %q stands there twice, or is a token of the text too", ErrTrain, s)
		}
		t.Special = append(t.Special, Special{s, uint32(len(t.tokens) + i)})
	}
	if err := t.finish(); err != nil {
		return fmt.Errorf("%w: %w", ErrTrain, err)
	}
	return nil
}

// byteNumbers gives the bytes their numbers in the order of the characters that
// stand for them, as GPT-2's vocabulary does.
func byteNumbers() (numbers [256]uint32) {
	of, _ := byteRunes()
	order := make([]int, 256)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(of[a] - of[b]) })
	for n, b := range order {
		numbers[b] = uint32(n)
	}
	return numbers
}
