package model

import "fmt"

// A Batch is what one pass takes: rows of tokens, all of one length.
type Batch struct {
	Rows, Len int
	Tokens    []uint32 // Rows × Len
	Targets   []uint32 // what each token is followed by

	// Weights count the loss at each token; nil is 1 everywhere. Tokens of weight 0
	// cost no work at the head: so the questions in answered questions are left out.
	// Other weights, negative ones too, are taken as they are.
	Weights []float32

	// Starts has for each token the place in its row where its document begins:
	// attention sees nothing before, and positions count from there. Nil takes each row
	// as one document.
	Starts []int32
}

// check compares a batch with the model and the room for it.
func (b *Batch) check(c *Config, rows, length int) error {
	n := b.Rows * b.Len
	switch {
	case b.Rows < 1 || b.Len < 1 || b.Rows > rows || n > rows*length || b.Len > length:
		return fmt.Errorf("a batch of %d × %d tokens, the pass was made for %d × %d", b.Rows, b.Len, rows, length)
	case len(b.Tokens) != n || b.Targets != nil && len(b.Targets) != n || b.Weights != nil && len(b.Weights) != n || b.Starts != nil && len(b.Starts) != n:
		return fmt.Errorf("a batch of %d × %d with %d tokens, %d targets, %d weights, %d starts", b.Rows, b.Len, len(b.Tokens), len(b.Targets), len(b.Weights), len(b.Starts))
	case c.learnedPositions() && b.Len > c.Context:
		return fmt.Errorf("%d tokens, but this model has positions for %d", b.Len, c.Context)
	}
	for i, t := range b.Tokens {
		if b.Targets != nil && int(t) < c.Vocab {
			t = b.Targets[i]
		}
		if int(t) >= c.Vocab {
			return fmt.Errorf("token %d is not below the model's vocabulary of %d", t, c.Vocab)
		}
	}
	for i, s := range b.Starts {
		t := int32(i % b.Len)
		if s < 0 || s > t || t > 0 && s < b.Starts[i-1] {
			return fmt.Errorf("document starts do not rise: %d at place %d", s, t)
		}
	}
	return nil
}

// start returns where attention of token i begins in its row, by its document alone.
func (b *Batch) start(i int) int {
	if b.Starts == nil {
		return 0
	}
	return int(b.Starts[i])
}

// position returns the token's place in its document.
func (b *Batch) position(i int) int { return i%b.Len - b.start(i) }
