package ngram

import (
	"errors"
	"fmt"
)

// A Counter counts the n-grams of sentences for training. It is for one
// goroutine; the same sentences in the same order give the same model.
type Counter struct {
	m       *Model
	limit   int64 // bytes; 0 for none
	counts  []counted
	chain   []uint32 // n-grams that start at the current word, by length
	right   []uint32 // those that start at the word behind it
	ids     []uint32 // words of the current sentence
	letters int64    // bytes of the words
	tokens  int64
}

// A counted is what is counted for the n-grams of one level.
type counted struct {
	// count is the number of occurrences for the longest n-grams and those that
	// begin a sentence, and the number of different words before it for others
	// (Kneser-Ney's adjusted count).
	count []uint32
	// suffix is the place of the n-gram without its first word, a level below.
	suffix []uint32
}

// ErrMemory says that a model does not fit into the memory it may take.
var ErrMemory = errors.New("the n-grams need more memory than allowed")

// NewCounter returns a counter for n-grams of up to order words. It takes
// memory up to a limit in bytes, 0 for none.
func NewCounter(order int, limit int64) (*Counter, error) {
	if order < 1 || order > MaxOrder {
		return nil, fmt.Errorf("order %d: want 1 to %d", order, MaxOrder)
	}
	c := &Counter{m: newModel(order), limit: limit, counts: make([]counted, order), chain: make([]uint32, order+1), right: make([]uint32, order+1)}
	c.counts[0].count = make([]uint32, len(c.m.words))
	return c, nil
}

// newModel returns a model that holds the three special words.
func newModel(order int) *Model {
	m := &Model{ids: map[string]uint32{}, levels: make([]level, order)}
	for _, w := range []string{Unknown, Begin, End} {
		m.addWord(w)
	}
	return m
}

// addWord gives a new word its number.
func (m *Model) addWord(w string) uint32 {
	id := uint32(len(m.words))
	m.ids[w] = id
	m.words = append(m.words, w)
	l := &m.levels[0]
	l.parent, l.word = append(l.parent, 0), append(l.word, id)
	return id
}

// Know enters a word that may never be counted, so that the model gives it a
// probability of its own: what is left for words that were not seen is shared
// evenly by all that are known and [Unknown].
func (c *Counter) Know(word []byte) {
	if _, ok := c.m.ids[string(word)]; !ok {
		c.m.addWord(string(word))
		c.counts[0].count = append(c.counts[0].count, 0)
		c.letters += int64(len(word))
	}
}

// Tokens returns the number of words counted so far, ends of sentences
// included.
func (c *Counter) Tokens() int64 { return c.tokens }

// Bytes estimates the memory that the counts take and the model will.
func (c *Counter) Bytes() int64 {
	n := c.letters + int64(len(c.m.words))*64
	for i := range c.m.levels {
		l := &c.m.levels[i]
		n += int64(cap(l.parent)+cap(l.word)+cap(c.counts[i].count)+cap(c.counts[i].suffix)+len(l.slots))*4 + int64(len(l.word))*24
	}
	return n
}

// Add counts a sentence. Words that look like the special ones count as
// unknown.
func (c *Counter) Add(sentence [][]byte) error {
	c.ids = append(c.ids[:0], beginID)
	for _, w := range sentence {
		id, ok := c.m.ids[string(w)]
		switch {
		case !ok:
			id = c.m.addWord(string(w))
			c.counts[0].count = append(c.counts[0].count, 0)
			c.letters += int64(len(w))
		case id <= endID:
			id = unknownID
		}
		c.ids = append(c.ids, id)
	}
	c.ids = append(c.ids, endID)
	c.tokens += int64(len(c.ids) - 1)
	for i := len(c.ids) - 1; i >= 0; i-- {
		c.start(i)
		c.chain, c.right = c.right, c.chain
	}
	if c.limit > 0 && c.tokens%1024 < int64(len(c.ids)) && c.Bytes() > c.limit {
		return fmt.Errorf("%w: %d MB after %d words", ErrMemory, c.Bytes()>>20, c.tokens)
	}
	return nil
}

// start counts the n-grams that start at word i. right holds those that start
// at the word behind it.
func (c *Counter) start(i int) {
	order := len(c.m.levels)
	c.chain[1] = c.ids[i]
	if order == 1 && i > 0 {
		c.counts[0].count[c.ids[i]]++
	}
	for n := 2; n <= min(order, len(c.ids)-i); n++ {
		l, k := &c.m.levels[n-1], &c.counts[n-1]
		e, ok := l.find(c.chain[n-1], c.ids[i+n-1])
		if !ok {
			e = l.add(c.chain[n-1], c.ids[i+n-1])
			k.count, k.suffix = append(k.count, 0), append(k.suffix, c.right[n-1])
			c.counts[n-2].count[c.right[n-1]]++
		}
		if n == order || i == 0 {
			k.count[e]++
		}
		c.chain[n] = e
	}
}
