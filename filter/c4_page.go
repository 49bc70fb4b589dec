package filter

import (
	"feilun"
	"feilun/internal/words"
)

// C4Page drops pages by what C4's line tests find on them (Raffel et al., 2020,
// arXiv:1910.10683; decided as datatrove 0.10 does). It stands before c4_lines in
// a recipe, with the same line tests: then both decide together as datatrove's
// C4QualityFilter. A page is dropped for a phrase only if the line that holds it
// has passed the tests before.
type C4Page struct {
	// LoremIpsum drops pages with filler text (lorem_ipsum).
	LoremIpsum bool `json:"lorem_ipsum" default:"true"`
	// CurlyBracket drops pages with a { (curly_bracket).
	CurlyBracket bool `json:"curly_bracket" default:"true"`
	// MinSentences is the lowest number of sentences in the lines that stay (too_few_sentences). 0 turns the test off.
	MinSentences int `json:"min_sentences" default:"5" range:"0.."`
	// MaxWordLength is the length in characters above which a word disqualifies its line; 0 for no limit.
	MaxWordLength int `json:"max_word_length" default:"1000" range:"0.."`
	// Citations removes [1], [edit] and [citation needed] before lines are tested.
	Citations bool `json:"citations" default:"true"`
	// TerminalPunctuation demands that lines end in . ? ! " or ', and not in an ellipsis. FineWeb turns it off.
	TerminalPunctuation bool `json:"terminal_punctuation" default:"true"`
	// MinWords is the lowest number of words, cut at white space, of a line.
	MinWords int `json:"min_words" default:"3" range:"0.."`
	// Javascript leaves out lines with that word.
	Javascript bool `json:"javascript" default:"true"`
	// Policy leaves out lines with phrases of cookie banners and terms of use.
	Policy bool `json:"policy" default:"true"`
	// Words says how words, and with them sentences, are cut: language or treebank.
	Words words.Rules `json:"words" default:"language"`
}

// Prepare checks the choice of words.
func (f *C4Page) Prepare() error { return checkRules(f.Words) }

// Check implements [Filter].
func (f *C4Page) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *C4Page) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *C4Page) probe(d *feilun.Doc, p *probe) {
	page := c4Scan(d, c4Tests{
		maxWord: f.MaxWordLength, minWords: f.MinWords, citations: f.Citations, punct: f.TerminalPunctuation,
		javascript: f.Javascript, policy: f.Policy, lorem: f.LoremIpsum, braces: f.CurlyBracket,
		minSentences: p.enough(f.MinSentences), by: f.Words,
	})
	switch {
	case page.condemned != "":
		p.test(page.condemned, 1, 0, true)
	case f.MinSentences > 0:
		p.under("min_sentences", float64(page.sentences), float64(f.MinSentences))
	}
}
