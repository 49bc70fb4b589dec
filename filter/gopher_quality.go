package filter

import (
	"fmt"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/words"
)

// GopherQuality drops texts that do not read like prose: Rae et al., 2021
// (arXiv:2112.11446), section A.1.1, decided as datatrove 0.10 does. A limit of
// 0 turns its test off. Words are all tokens, punctuation included; plain words
// are those with a character that is no punctuation.
type GopherQuality struct {
	// MinWords is the lowest number of plain words (gopher_short_doc).
	MinWords int `json:"min_words" default:"50" range:"0.."`
	// MaxWords is the highest number of plain words (gopher_long_doc).
	MaxWords int `json:"max_words" default:"100000" range:"0.."`
	// MinMeanWord is the lowest mean length of plain words, in characters (gopher_below_avg_threshold).
	MinMeanWord float64 `json:"min_mean_word" default:"3" range:"0.."`
	// MaxMeanWord is the highest mean length of plain words (gopher_above_avg_threshold).
	MaxMeanWord float64 `json:"max_mean_word" default:"10" range:"0.."`
	// MaxHashes is the highest number of # to a word (gopher_too_many_hashes).
	MaxHashes float64 `json:"max_hashes" default:"0.1" range:"0.."`
	// MaxEllipses is the highest number of ... and … to a word (gopher_too_many_ellipsis).
	MaxEllipses float64 `json:"max_ellipses" default:"0.1" range:"0.."`
	// MaxBulletLines is the highest share of lines that begin with • or - (gopher_too_many_bullets).
	MaxBulletLines float64 `json:"max_bullet_lines" default:"0.9" range:"0.."`
	// MaxEllipsisLines is the highest share of lines that end with ... or … (gopher_too_many_end_ellipsis).
	MaxEllipsisLines float64 `json:"max_ellipsis_lines" default:"0.3" range:"0.."`
	// MinAlphaWords is the lowest share of words with a letter in them (gopher_below_alpha_threshold).
	MinAlphaWords float64 `json:"min_alpha_words" default:"0.8" range:"0..1"`
	// MinStopWords is how many of the stop words must occur (gopher_enough_stop_words).
	MinStopWords int `json:"min_stop_words" default:"2" range:"0.."`
	// StopWords are words every text of the language has, compared with case.
	StopWords []string `json:"stop_words" default:"[\"the\",\"be\",\"to\",\"of\",\"and\",\"that\",\"have\",\"with\"]"`
	// Distinct counts each stop word once; datatrove counted occurrences before 30 January 2025.
	Distinct bool `json:"distinct" default:"true"`
	// Empty drops texts without words, on which the shares are undefined and datatrove fails.
	Empty bool `json:"empty" default:"true"`
	// Words says how words are cut: language (each language's rules, as datatrove since May 2024) or treebank (as FineWeb in April 2024).
	Words words.Rules `json:"words" default:"language"`

	stops map[uint64]string // by hash
	seen  map[uint64]bool
}

// Prepare compiles the stop words.
func (f *GopherQuality) Prepare() error {
	f.stops, f.seen = map[uint64]string{}, map[uint64]bool{}
	for _, w := range f.StopWords {
		h := words.Hash(w)
		if o, ok := f.stops[h]; ok && o != w {
			return fmt.Errorf("gopher_quality.stop_words: %q and %q collide", o, w)
		}
		f.stops[h] = w
	}
	return checkRules(f.Words)
}

// checkRules refuses unknown ways to cut words.
func checkRules(by words.Rules) error {
	if by != words.ByLanguage && by != words.Treebank {
		return hint.Usage(fmt.Errorf("words: %q is neither %q nor %q", by, words.ByLanguage, words.Treebank))
	}
	return nil
}

// Check implements [Filter].
func (f *GopherQuality) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *GopherQuality) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *GopherQuality) probe(d *feilun.Doc, p *probe) {
	toks := words.Tokens(d, f.Words)
	if f.lengths(toks, p) {
		return
	}
	if len(toks) == 0 {
		p.empty(f.Empty)
		return
	}
	n := float64(len(toks))
	if f.MaxHashes > 0 && p.over("max_hashes", float64(strings.Count(d.Text, "#"))/n, f.MaxHashes) {
		return
	}
	dots := strings.Count(d.Text, "...") + strings.Count(d.Text, "…")
	if f.MaxEllipses > 0 && p.over("max_ellipses", float64(dots)/n, f.MaxEllipses) || f.lines(d.Text, p) {
		return
	}
	letters := 0
	for _, w := range toks {
		letters += int(w.Is & words.LetterIn)
	}
	if f.MinAlphaWords > 0 && p.under("min_alpha_words", float64(letters)/n, f.MinAlphaWords) || f.MinStopWords <= 0 {
		return
	}
	p.under("min_stop_words", float64(f.stopWords(d.Text, toks, p.enough(f.MinStopWords))), float64(f.MinStopWords))
}

// lengths tests the number and the mean length of plain words, and reports
// whether the tests are over.
func (f *GopherQuality) lengths(toks []words.Word, p *probe) bool {
	plain, runes := 0, 0
	for _, w := range toks {
		if w.Is&words.PlainIn != 0 {
			plain++
			runes += int(w.Runes)
		}
	}
	n := float64(plain)
	mean := float64(runes) / n // of no words NaN, which passes every comparison in datatrove, too
	return f.MinWords > 0 && p.under("min_words", n, float64(f.MinWords)) ||
		f.MaxWords > 0 && p.over("max_words", n, float64(f.MaxWords)) ||
		f.MinMeanWord > 0 && p.under("min_mean_word", mean, f.MinMeanWord) ||
		f.MaxMeanWord > 0 && p.over("max_mean_word", mean, f.MaxMeanWord)
}

// lines tests how lines begin and end, and reports whether the tests are over.
func (f *GopherQuality) lines(text string, p *probe) bool {
	lines, bullets, dots := 0, 0, 0
	for line, _, rest, ok := words.NextLine(text); ok; line, _, rest, ok = words.NextLine(rest) {
		lines++
		if s := words.TrimLeft(line); strings.HasPrefix(s, "•") || strings.HasPrefix(s, "-") {
			bullets++
		}
		if s := words.TrimRight(line); strings.HasSuffix(s, "...") || strings.HasSuffix(s, "…") {
			dots++
		}
	}
	return f.MaxBulletLines > 0 && p.over("max_bullet_lines", float64(bullets)/float64(lines), f.MaxBulletLines) ||
		f.MaxEllipsisLines > 0 && p.over("max_ellipsis_lines", float64(dots)/float64(lines), f.MaxEllipsisLines)
}

// stopWords counts stop words, up to the number needed.
func (f *GopherQuality) stopWords(text string, toks []words.Word, need int) int {
	clear(f.seen)
	n := 0
	for _, w := range toks {
		if s, ok := f.stops[w.Hash]; !ok || s != w.Of(text) || f.Distinct && f.seen[w.Hash] {
			continue
		}
		f.seen[w.Hash] = true
		if n++; n >= need {
			break
		}
	}
	return n
}
