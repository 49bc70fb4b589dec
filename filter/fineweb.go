package filter

import (
	"strings"

	"feilun"
	"feilun/internal/words"
)

// Fineweb drops lists, menus and texts with repeated lines, by the tests that
// FineWeb added to Gopher's and C4's (Penedo et al., 2024, arXiv:2406.17557).
// Lines are what stands between line feeds; they are not stripped.
type Fineweb struct {
	// MinLinePunct is the lowest share of lines that end with a stop character (line_punct_ratio).
	MinLinePunct float64 `json:"min_line_punct" default:"0.12" range:"0.."`
	// AllowNoPunct keeps texts no line of which ends with a stop character (line_punct_exclude_zero).
	AllowNoPunct bool `json:"allow_no_punct" default:"false"`
	// StopChars end a sentence; empty means datatrove's 159 characters of all scripts.
	StopChars string `json:"stop_chars" default:""`
	// MaxShortLines is the highest share of short lines (short_line_ratio).
	MaxShortLines float64 `json:"max_short_lines" default:"0.67" range:"0.."`
	// ShortLine is the length in characters up to which a line is short.
	ShortLine int `json:"short_line" default:"30" range:"0.."`
	// MaxDupChars is the highest share of characters, line feeds apart, in lines seen before (char_dup_ratio).
	MaxDupChars float64 `json:"max_dup_chars" default:"0.01" range:"0.."`
	// MaxNewLines is the highest number of line feeds to a word (list_ratio).
	MaxNewLines float64 `json:"max_new_lines" default:"0.3" range:"0.."`
	// Inclusive drops on the limit too and counts blank lines in the first two tests, as the first version of April 2024 did.
	Inclusive bool `json:"inclusive" default:"false"`
	// Empty drops texts of blank lines alone (empty).
	Empty bool `json:"empty" default:"true"`
	// Words says how words are cut: language (each language's rules, as datatrove since May 2024) or treebank (as FineWeb in April 2024).
	Words words.Rules `json:"words" default:"language"`

	repeats repeats
}

// Prepare checks the choice of words.
func (f *Fineweb) Prepare() error { return checkRules(f.Words) }

// Check implements [Filter].
func (f *Fineweb) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Fineweb) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Fineweb) probe(d *feilun.Doc, p *probe) {
	feeds := strings.Count(d.Text, "\n")
	f.repeats.reset(feeds + 1)
	var lines, filled, stopped, short int
	for text, more := d.Text, true; more; {
		var line string
		line, text, more = strings.Cut(text, "\n")
		blank := words.TrimLeft(line) == ""
		if blank && !f.Inclusive {
			continue
		}
		lines++
		if f.stops(line) {
			stopped++
		}
		if len(line) <= f.ShortLine || len(line) <= 4*f.ShortLine && words.Runes(line) <= f.ShortLine {
			short++
		}
		if !blank {
			filled++
			f.repeats.add(line)
		}
	}
	if filled == 0 {
		p.empty(f.Empty)
		return
	}
	if f.lines(p, float64(lines), float64(stopped), float64(short)) {
		return
	}
	dup := float64(f.repeats.runes) / float64(words.Runes(d.Text)-feeds)
	if p.test("max_dup_chars", dup, f.MaxDupChars, f.over(dup, f.MaxDupChars)) {
		return
	}
	p.over("max_new_lines", float64(feeds)/float64(len(words.Tokens(d, f.Words))), f.MaxNewLines)
}

// over reports whether x exceeds its limit, or meets it where that is too much.
func (f *Fineweb) over(x, limit float64) bool { return x > limit || f.Inclusive && x == limit }

// lines tests the shares of lines that end as sentences do and of short ones,
// and reports whether the tests are over.
func (f *Fineweb) lines(p *probe, all, stopped, short float64) bool {
	punct := stopped / all
	bad := punct < f.MinLinePunct || f.Inclusive && punct == f.MinLinePunct
	return p.test("min_line_punct", punct, f.MinLinePunct, bad && !(punct == 0 && f.AllowNoPunct)) ||
		p.test("max_short_lines", short/all, f.MaxShortLines, f.over(short/all, f.MaxShortLines))
}

// stops reports whether the line ends with a stop character.
func (f *Fineweb) stops(line string) bool {
	if line == "" {
		return false
	}
	r := words.Last(line)
	if f.StopChars == "" {
		return words.IsTerminal(r)
	}
	return strings.ContainsRune(f.StopChars, r)
}
