// Package language tells in which language and script a document is written.
// Start with [Default] and [Identifier.Identify]; [Stage] does the same as a
// step of the pipeline, with the built-in model or any fastText model.
//
// The script decides first, by the share of letters; languages that share a
// script are told apart by a linear model over n-grams of letters and words
// (docs/formats/language-model.md). Text that is no language, or too little to
// say, is "und". One document gets one language: the package does not split
// documents into parts.
package language

import (
	_ "embed"
	"math"
	"sync"

	"feilun/internal/langid"
)

// Und is the language of text that is none, or that is not known.
const Und = "und"

//go:embed model.bin
var model []byte // set by the compiler

// A Result is what [Identifier.Identify] found.
type Result struct {
	Language   string  `json:"language"`   // ISO 639-1 where one exists, else 639-3; "und" when unknown
	Script     string  `json:"script"`     // ISO 15924; "" when there are no letters
	Confidence float64 `json:"confidence"` // that Language is right, 0..1; 0 with "und"
}

// An Identifier holds a model, which is shared and read only, and scratch
// space, which is not: one goroutine at a time. [Identifier.Clone] is cheap.
type Identifier struct {
	*shared
	symbols  []uint16
	features []uint32
	sums     []uint32
	prob     []float64
	spans    [windows]string
}

// shared is what clones have in common.
type shared struct {
	classes *langid.Classes
	han     *[hanLast - hanFirst + 1]hanKind
	groups  [langid.NumScripts]*langid.Group
}

var load = sync.OnceValues(func() (*shared, error) { return newShared(model) })

// Default returns an identifier with the built-in model. The first call
// decodes it (about 30 ms); later ones are free.
func Default() (*Identifier, error) {
	s, err := load()
	if err != nil {
		return nil, err
	}
	return &Identifier{shared: s}, nil
}

func newShared(file []byte) (*shared, error) {
	h, err := langid.Decode(file)
	if err != nil {
		return nil, err
	}
	s := &shared{classes: langid.NewClasses(), han: newHan()}
	for i := range h.Groups {
		for script := range s.groups {
			if langid.Codes[script] == h.Groups[i].Script {
				s.groups[script] = &h.Groups[i]
			}
		}
	}
	return s, nil
}

// Clone returns an identifier for another goroutine.
func (m *Identifier) Clone() *Identifier { return &Identifier{shared: m.shared} }

// Identify returns the language most of the letters of text are in. Of long
// texts it reads evenly spaced windows, 16 KiB in all, and of those at most
// about 1,500 letters for the n-grams, so that its time is bounded.
func (m *Identifier) Identify(text string) Result {
	t := m.tally(text)
	script := dominant(&t)
	switch script {
	case langid.None:
		return Result{Language: Und}
	case langid.Han:
		return eastAsian(&t)
	}
	code := langid.Codes[script]
	if g := m.groups[script]; g != nil {
		return m.ask(g, script, t.parts, t.letters[script])
	}
	if lang := langid.Single[script]; lang != "" && t.letters[script] >= minLetters {
		return Result{lang, code, certain(t.letters[script])}
	}
	return Result{Language: Und, Script: code}
}

// The least numbers of letters that a language is named for.
const (
	minLetters    = 4
	minIdeographs = 2
)

// ask lets the model of a script choose between its languages.
func (m *Identifier) ask(g *langid.Group, s langid.Script, parts []string, letters int) Result {
	r := Result{Language: Und, Script: langid.Codes[s]}
	if letters < minLetters {
		return r
	}
	m.symbols = m.symbols[:0]
	for i, part := range parts {
		most := maxSymbols / len(parts) * (i + 1)
		m.symbols = m.classes.AppendSymbols(m.symbols, part, s)
		if len(m.symbols) > most {
			m.symbols = append(m.symbols[:most], ' ')
		}
	}
	m.features = langid.AppendFeatures(m.features[:0], m.symbols)
	m.sums = g.Score(m.sums, m.features)
	m.prob = g.Probabilities(m.prob, m.sums, len(m.features))
	best := 0
	for i, p := range m.prob {
		if p > m.prob[best] {
			best = i
		}
	}
	if p := m.prob[best]; p >= minProbability && g.Languages[best] != Und {
		r.Language, r.Confidence = g.Languages[best], round(p)
	}
	return r
}

// minProbability is the least confidence a language is named with.
const minProbability = 0.5

// certain is the confidence in a language that has its script to itself: a
// name or a quotation may be all there is of a script.
func certain(letters int) float64 { return round(1 - 0.5/float64(letters)) }

// round keeps four decimals: more would differ between processors.
func round(p float64) float64 { return math.Round(p*1e4) / 1e4 }
