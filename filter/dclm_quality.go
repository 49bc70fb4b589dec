package filter

import (
	"slices"
	"strings"

	"feilun"
	"feilun/internal/words"
)

// DclmQuality drops texts that do not read like prose, by the tests of
// DCLM-baseline (Li et al., 2024, arXiv:2406.11794), which follow Gopher's with
// other words and other counts: words are what stands between white space, marks
// included. A limit of 0 turns its test off.
type DclmQuality struct {
	// MinMeanWord is the lowest mean length of words, in characters.
	MinMeanWord float64 `json:"min_mean_word" default:"3" range:"0.."`
	// MaxMeanWord is the highest mean length of words.
	MaxMeanWord float64 `json:"max_mean_word" default:"10" range:"0.."`
	// MaxSymbols is the highest number of #, ..., . . . and … to a word.
	MaxSymbols float64 `json:"max_symbols" default:"0.1" range:"0.."`
	// MaxBulletLines is the highest share of lines, blank ones left out, that begin with ●, •, * or -.
	MaxBulletLines float64 `json:"max_bullet_lines" default:"0.9" range:"0.."`
	// MaxEllipsisLines is the highest share of lines, blank ones left out, that end with ..., . . . or ….
	MaxEllipsisLines float64 `json:"max_ellipsis_lines" default:"0.3" range:"0.."`
	// MaxNonAlphaWords is the highest share of words without a letter.
	MaxNonAlphaWords float64 `json:"max_non_alpha_words" default:"0.2" range:"0..1"`
	// MinStopWords is how often stop words must occur, each occurrence counted, in any case.
	MinStopWords int `json:"min_stop_words" default:"2" range:"0.."`
	// StopWords are words every text of the language has, in lower case.
	StopWords []string `json:"stop_words" default:"[\"the\",\"be\",\"to\",\"of\",\"and\",\"that\",\"have\",\"with\"]"`
	// Empty drops texts without words, of which the shares are undefined.
	Empty bool `json:"empty" default:"true"`
}

// dclmEllipses are the ellipses in the forms DCLM counts.
var dclmEllipses = []string{"...", ". . .", "…"}

// Check implements [Filter].
func (f *DclmQuality) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *DclmQuality) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *DclmQuality) probe(d *feilun.Doc, p *probe) {
	count, runes, bare, stops := 0, 0, 0, 0
	for w, rest := words.NextField(d.Text); w != ""; w, rest = words.NextField(rest) {
		count++
		runes += words.Runes(w)
		if strings.IndexFunc(w, words.IsAlpha) < 0 {
			bare++
		}
		if f.MinStopWords > 0 && slices.Contains(f.StopWords, words.Lower(w)) {
			stops++
		}
	}
	if count == 0 {
		p.empty(f.Empty)
		return
	}
	n, symbols := float64(count), strings.Count(d.Text, "#")
	for _, s := range dclmEllipses {
		symbols += strings.Count(d.Text, s)
	}
	_ = f.MinMeanWord > 0 && p.under("min_mean_word", float64(runes)/n, f.MinMeanWord) ||
		f.MaxMeanWord > 0 && p.over("max_mean_word", float64(runes)/n, f.MaxMeanWord) ||
		f.MaxSymbols > 0 && p.over("max_symbols", float64(symbols)/n, f.MaxSymbols) ||
		f.lines(d.Text, p) ||
		f.MaxNonAlphaWords > 0 && p.over("max_non_alpha_words", float64(bare)/n, f.MaxNonAlphaWords) ||
		f.MinStopWords > 0 && p.under("min_stop_words", float64(stops), float64(f.MinStopWords))
}

// lines tests how lines begin and end, and reports whether the tests are over.
func (f *DclmQuality) lines(text string, p *probe) bool {
	lines, bullets, dots := 0, 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		s := words.Trim(line)
		if s == "" {
			continue
		}
		lines++
		for _, b := range []string{"●", "•", "*", "-"} {
			if strings.HasPrefix(s, b) {
				bullets++
				break
			}
		}
		for _, e := range dclmEllipses {
			if strings.HasSuffix(s, e) {
				dots++
				break
			}
		}
	}
	return f.MaxBulletLines > 0 && p.over("max_bullet_lines", float64(bullets)/float64(lines), f.MaxBulletLines) ||
		f.MaxEllipsisLines > 0 && p.over("max_ellipsis_lines", float64(dots)/float64(lines), f.MaxEllipsisLines)
}
