// Package ngram holds n-gram language models with back-off: it trains them with
// modified Kneser-Ney smoothing as KenLM's lmplz does, reads and writes ARPA
// text and a compact binary form, and tells the probability of words in
// context. Start with [NewCounter] to train, [Open] to load, [Model.Scorer] to
// ask. What a word is, is the caller's affair. Facts: docs/formats/ngram.md.
package ngram

import (
	"errors"
	"math"
)

// MaxOrder is the longest n-gram a model can hold, in words.
const MaxOrder = 16

// Words with a meaning of their own.
const (
	Unknown = "<unk>"
	Begin   = "<s>"
	End     = "</s>"
)

// Numbers of these words in every model.
const (
	unknownID uint32 = iota
	beginID
	endID
)

// missing marks the probability of an n-gram that is there only because longer
// ones contain it.
var missing = float32(math.NaN())

// unknownLog is the log10 probability of unknown words in a model that does
// not list them, as in KenLM.
const unknownLog = -100

// ErrFormat is wrapped by every complaint about the bytes of a model.
var ErrFormat = errors.New("not a usable n-gram model")

// A Model is read only once made: any number of goroutines may share it, each
// with a [Scorer] of its own.
type Model struct {
	words  []string          // by number
	ids    map[string]uint32 // number by word
	levels []level           // n-grams of n words are in levels[n-1]
}

// Order returns the length of the longest n-grams, in words.
func (m *Model) Order() int { return len(m.levels) }

// Counts returns how many n-grams of each length the model holds, those not
// counted that are there for longer ones alone.
func (m *Model) Counts() []int {
	counts := make([]int, len(m.levels))
	for n := range m.levels {
		for _, p := range m.levels[n].prob {
			if p == p {
				counts[n]++
			}
		}
	}
	return counts
}

// ID returns the number of a word, that of [Unknown] when the model does not
// know it.
func (m *Model) ID(word []byte) uint32 { return m.ids[string(word)] }

// A Scorer walks through text word by word.
type Scorer struct {
	m    *Model
	have int                   // length of the longest known context, below the order
	ctx  [MaxOrder + 1]uint32  // ctx[k]: the n-gram of the last k words, in level k-1
	back [MaxOrder + 1]float32 // its back-off
}

// Scorer returns a scorer at the beginning of a sentence. It is for one
// goroutine.
func (m *Model) Scorer() *Scorer {
	s := &Scorer{m: m}
	s.Begin()
	return s
}

// Begin puts the scorer at the beginning of a sentence.
func (s *Scorer) Begin() {
	s.have = min(1, len(s.m.levels)-1)
	s.ctx[1], s.back[1] = beginID, s.m.levels[0].back[beginID]
}

// Reset forgets the context: the next word stands alone.
func (s *Scorer) Reset() { s.have = 0 }

// Word returns log10 of the probability of the word in its context and the
// length of the n-gram that gave it, and takes the word into the context.
func (s *Scorer) Word(word []byte) (log10 float32, length int) { return s.Next(s.m.ids[string(word)]) }

// End returns log10 of the probability that the sentence ends here.
func (s *Scorer) End() float32 {
	p, _ := s.Next(endID)
	return p
}

// Next is [Scorer.Word] for a word's number.
func (s *Scorer) Next(id uint32) (log10 float32, length int) {
	m := s.m
	var now [MaxOrder + 1]uint32
	now[1] = id
	log10, length = m.levels[0].prob[id], 1
	kept := min(1, len(m.levels)-1)
	for k := 1; k <= s.have; k++ {
		l := &m.levels[k]
		e, ok := l.find(s.ctx[k], id)
		if !ok {
			break // nor is any longer one: every n-gram's end is there too
		}
		if p := l.prob[e]; p == p {
			log10, length = p, k+1
		}
		if k+1 < len(m.levels) {
			now[k+1], kept = e, k+1
		}
	}
	for k := length; k <= s.have; k++ {
		log10 += s.back[k]
	}
	for k := 1; k <= kept; k++ {
		s.ctx[k], s.back[k] = now[k], m.levels[k-1].back[now[k]]
	}
	s.have = kept
	return log10, length
}
