package evaluate

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"feilun/internal/bpe"
	"feilun/internal/ngram"
	"feilun/internal/stats"
)

// What the n-grams of a baseline are made of.
const (
	UnitToken     = "token"
	UnitCharacter = "character"
	UnitByte      = "byte"
)

// Units lists the units of baselines.
func Units() []string { return []string{UnitToken, UnitCharacter, UnitByte} }

// Grams is an n-gram model in modified Kneser-Ney smoothing whose probabilities
// of all texts sum to one, so that its bits for each byte can be held against a
// neural model's. Documents are its sentences. It knows every token and byte;
// characters that training did not hold share the probability of the unknown one
// evenly. It is for one goroutine.
type Grams struct {
	unit    string
	enc     *bpe.Encoder
	counter *ngram.Counter
	scorer  *ngram.Scorer
	model   *ngram.Model
	report  ngram.Report
	spread  float64 // bits that telling an unknown character from others takes
	seen    map[rune]bool

	ids   []uint32
	words [][]byte
	text  []byte
}

// NewGrams returns a model of a unit that has seen nothing. Counting takes memory up
// to a limit in bytes, 0 for none.
func NewGrams(unit string, order int, t *bpe.Tokenizer, limit int64) (*Grams, error) {
	c, err := ngram.NewCounter(order, limit)
	if err != nil {
		return nil, err
	}
	g := &Grams{unit: unit, counter: c, seen: map[rune]bool{}}
	size := 0
	switch unit {
	case UnitToken:
		g.enc, size = t.Encoder(), t.Size()
	case UnitByte:
		size = 256
	case UnitCharacter:
	default:
		return nil, fmt.Errorf("no unit %q", unit)
	}
	for id := range size {
		c.Know(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return g, nil
}

// split cuts a text into words of four bytes each: numbers of tokens, characters or
// bytes. What is no UTF-8 is one character for each byte.
func (g *Grams) split(text string) [][]byte {
	g.ids, g.text, g.words = g.ids[:0], g.text[:0], g.words[:0]
	switch g.unit {
	case UnitToken:
		g.ids = g.enc.Encode(g.ids, []byte(text))
	case UnitByte:
		for i := range len(text) {
			g.ids = append(g.ids, uint32(text[i]))
		}
	default:
		for _, r := range text {
			g.ids = append(g.ids, uint32(r))
		}
	}
	for _, id := range g.ids {
		g.text = binary.LittleEndian.AppendUint32(g.text, id)
	}
	for i := 0; i < len(g.text); i += 4 {
		g.words = append(g.words, g.text[i:i+4])
	}
	return g.words
}

// Add counts a document.
func (g *Grams) Add(text string) error {
	words := g.split(text)
	if g.unit == UnitCharacter {
		for _, id := range g.ids {
			g.seen[rune(id)] = true
		}
	}
	return g.counter.Add(words)
}

// Train turns what was counted into the model.
func (g *Grams) Train() (err error) {
	g.model, g.report, err = g.counter.Model()
	if err != nil {
		return err
	}
	g.counter = nil
	g.scorer = g.model.Scorer()
	g.spread = math.Log2(float64(utf8.MaxRune + 1 - len(g.seen)))
	return nil
}

// Bits returns the bits that the model needs for a text behind the beginning of a
// document, its end not counted.
func (g *Grams) Bits(text string) float64 {
	g.scorer.Begin()
	bits := 0.0
	for _, w := range g.split(text) {
		id := g.model.ID(w)
		log10, _ := g.scorer.Next(id)
		bits -= float64(log10) * math.Log2(10)
		if id == 0 && g.unit == UnitCharacter {
			bits += g.spread
		}
	}
	return bits
}

// Baseline says what the model is.
func (g *Grams) Baseline() stats.Baseline {
	return stats.Baseline{Unit: g.unit, Order: g.model.Order(), Units: g.report.Tokens, Ngrams: g.report.Ngrams}
}
