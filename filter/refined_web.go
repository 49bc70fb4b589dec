package filter

import (
	"feilun"
	"feilun/internal/words"
)

// RefinedWebPage drops pages of which the line tests of RefinedWeb would take
// too much (Penedo et al., 2023, arXiv:2306.01116; tests as DCLM published
// them). It stands before refined_web_lines in a recipe, with the same tests.
type RefinedWebPage struct {
	// MaxRemoved is the highest share of words, cut at white space, that the line tests may take out.
	MaxRemoved float64 `json:"max_removed" default:"0.05" range:"0..1"`
	// MaxUppercase is the highest share of a line's characters that may be capitals.
	MaxUppercase float64 `json:"max_uppercase" default:"0.5" range:"0..1"`
	// MaxNumeric is the highest share of a line's characters that may be digits.
	MaxNumeric float64 `json:"max_numeric" default:"0.999999" range:"0..1"`
	// Counters takes lines such as "3 likes".
	Counters bool `json:"counters" default:"true"`
	// MinWords is the lowest number of words of a line.
	MinWords int `json:"min_words" default:"2" range:"0.."`
	// Phrases cuts "items in cart", a closing "Read more..." and an opening "Sign-in" from short lines.
	Phrases bool `json:"phrases" default:"true"`
	// ShortLine is the number of words up to which a line is short.
	ShortLine int `json:"short_line" default:"10" range:"0.."`
}

// Check implements [Filter].
func (f *RefinedWebPage) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *RefinedWebPage) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *RefinedWebPage) probe(d *feilun.Doc, p *probe) {
	e := RefinedWebLines{f.MaxUppercase, f.MaxNumeric, f.Counters, f.MinWords, f.Phrases, f.ShortLine}
	text, cuts := e.Edit(d)
	if len(cuts) == 0 && p.add == nil {
		return // nothing is removed, which is not worth counting
	}
	if before := countFields(d.Text); before > 0 {
		p.over("max_removed", float64(before-countFields(text))/float64(before), f.MaxRemoved)
	}
}

// countFields counts words at white space.
func countFields(s string) int {
	n := 0
	for {
		var w string
		if w, s = words.NextField(s); w == "" {
			return n
		}
		n++
	}
}
