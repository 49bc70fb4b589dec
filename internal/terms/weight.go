package terms

import (
	"strings"
	"unicode/utf8"

	"feilun/internal/words"
)

// A Weigher tells how much the tokens of one text count: words that hold sentences
// together count less, pairs across words of Chinese too.
type Weigher struct {
	function, cross float64
	folds           *FoldTable
	at              []int     // for each byte of the text, the number of the Chinese word there plus one
	words           []float64 // weights
}

// Weigh prepares the weights of a text's tokens: function for words that ask or only hold a sentence
// together, 1 for others, and times cross for a pair of characters that does not lie inside one word.
func Weigh(text string, function, cross float64) *Weigher {
	w := &Weigher{function: function, cross: cross, folds: Folds()}
	if strings.IndexFunc(text, func(c rune) bool { return w.folds.Of(c)>>24 == ClassPair }) < 0 {
		return w
	}
	var folded strings.Builder
	var places []int // in text, of each byte of folded
	for i, c := range text {
		if e := w.folds.Of(c); e>>24 == ClassPair {
			c = rune(e & 0xffffff)
		}
		for range utf8.RuneLen(c) {
			places = append(places, i)
		}
		folded.WriteRune(c)
	}
	places = append(places, len(text))
	w.at = make([]int, len(text)+1)
	for _, s := range words.Tokenize(nil, folded.String(), "zh") {
		weight := 1.0
		if Function()[s.Of(folded.String())] {
			weight = function
		}
		w.words = append(w.words, weight)
		for i := places[s.Start]; i < places[s.End]; i++ {
			w.at[i] = len(w.words)
		}
	}
	return w
}

// Of is the weight of the scanner's current token, which is one of the text.
func (w *Weigher) Of(s *Scanner) float64 {
	if s.Tok.Word {
		if Function()[string(s.Word)] {
			return w.function
		}
		return 1
	}
	a, b := w.at[s.Tok.Start], w.at[s.Tok.End-1]
	if a == 0 || b == 0 {
		return 1
	}
	weight := min(w.words[a-1], w.words[b-1])
	if a != b {
		weight *= w.cross
	}
	return weight
}
