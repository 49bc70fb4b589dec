package filter

import (
	"feilun"
	"feilun/internal/words"
)

// Length drops texts that are too short or too long. A limit of 0 turns its
// test off.
type Length struct {
	// MinChars is the lowest number of characters.
	MinChars int `json:"min_chars" default:"0" range:"0.."`
	// MaxChars is the highest number of characters.
	MaxChars int `json:"max_chars" default:"0" range:"0.."`
	// MinWords is the lowest number of words, punctuation left out.
	MinWords int `json:"min_words" default:"50" range:"0.."`
	// MaxWords is the highest number of words, punctuation left out.
	MaxWords int `json:"max_words" default:"100000" range:"0.."`
	// Words says how words are cut: language (each language's rules), treebank (NLTK's) or boundaries (Unicode's annex 29, words that begin with a letter or digit, as DCLM counts).
	Words words.Rules `json:"words" default:"language"`
}

// Prepare checks the choice of words.
func (f *Length) Prepare() error {
	if f.Words == words.Boundaries {
		return nil
	}
	return checkRules(f.Words)
}

// Check implements [Filter].
func (f *Length) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Length) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

// words counts words without marks.
func (f *Length) words(d *feilun.Doc) int {
	if f.Words == words.Boundaries {
		return len(spelled(d))
	}
	n := 0
	for _, w := range words.Tokens(d, f.Words) {
		if w.Is&words.PlainIn != 0 {
			n++
		}
	}
	return n
}

func (f *Length) probe(d *feilun.Doc, p *probe) {
	if f.MinChars > 0 || f.MaxChars > 0 {
		n := float64(words.Runes(d.Text))
		if f.MinChars > 0 && p.under("min_chars", n, float64(f.MinChars)) ||
			f.MaxChars > 0 && p.over("max_chars", n, float64(f.MaxChars)) {
			return
		}
	}
	if f.MinWords <= 0 && f.MaxWords <= 0 {
		return
	}
	n := f.words(d)
	if f.MinWords > 0 && p.under("min_words", float64(n), float64(f.MinWords)) {
		return
	}
	if f.MaxWords > 0 {
		p.over("max_words", float64(n), float64(f.MaxWords))
	}
}
