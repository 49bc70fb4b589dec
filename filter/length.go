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
}

// Check implements [Filter].
func (f *Length) Check(d *feilun.Doc) feilun.Verdict {
	if f.MinChars > 0 || f.MaxChars > 0 {
		n := words.Runes(d.Text)
		if n < f.MinChars {
			return feilun.Drop("min_chars", float64(n), float64(f.MinChars))
		}
		if f.MaxChars > 0 && n > f.MaxChars {
			return feilun.Drop("max_chars", float64(n), float64(f.MaxChars))
		}
	}
	if f.MinWords <= 0 && f.MaxWords <= 0 {
		return feilun.Keep
	}
	n := 0
	for _, w := range words.Tokens(d, words.ByLanguage) {
		if w.Is&words.PlainIn != 0 {
			n++
		}
	}
	switch {
	case n < f.MinWords:
		return feilun.Drop("min_words", float64(n), float64(f.MinWords))
	case f.MaxWords > 0 && n > f.MaxWords:
		return feilun.Drop("max_words", float64(n), float64(f.MaxWords))
	}
	return feilun.Keep
}
