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
	toks := words.Tokens(d, f.Words)
	if v := f.lengths(toks); !v.Kept() {
		return v
	}
	if len(toks) == 0 {
		return emptyVerdict(f.Empty)
	}
	n := float64(len(toks))
	if r := float64(strings.Count(d.Text, "#")) / n; f.MaxHashes > 0 && r > f.MaxHashes {
		return feilun.Drop("max_hashes", r, f.MaxHashes)
	}
	dots := strings.Count(d.Text, "...") + strings.Count(d.Text, "…")
	if r := float64(dots) / n; f.MaxEllipses > 0 && r > f.MaxEllipses {
		return feilun.Drop("max_ellipses", r, f.MaxEllipses)
	}
	if v := f.lines(d.Text); !v.Kept() {
		return v
	}
	letters := 0
	for _, w := range toks {
		letters += int(w.Is & words.LetterIn)
	}
	if r := float64(letters) / n; f.MinAlphaWords > 0 && r < f.MinAlphaWords {
		return feilun.Drop("min_alpha_words", r, f.MinAlphaWords)
	}
	if s := f.stopWords(d.Text, toks); s < f.MinStopWords {
		return feilun.Drop("min_stop_words", float64(s), float64(f.MinStopWords))
	}
	return feilun.Keep
}

// lengths tests the number and the mean length of plain words.
func (f *GopherQuality) lengths(toks []words.Word) feilun.Verdict {
	plain, runes := 0, 0
	for _, w := range toks {
		if w.Is&words.PlainIn != 0 {
			plain++
			runes += int(w.Runes)
		}
	}
	switch {
	case f.MinWords > 0 && plain < f.MinWords:
		return feilun.Drop("min_words", float64(plain), float64(f.MinWords))
	case f.MaxWords > 0 && plain > f.MaxWords:
		return feilun.Drop("max_words", float64(plain), float64(f.MaxWords))
	case plain == 0:
		return feilun.Keep // no mean, which passes every comparison in datatrove
	}
	mean := float64(runes) / float64(plain)
	switch {
	case f.MinMeanWord > 0 && mean < f.MinMeanWord:
		return feilun.Drop("min_mean_word", mean, f.MinMeanWord)
	case f.MaxMeanWord > 0 && mean > f.MaxMeanWord:
		return feilun.Drop("max_mean_word", mean, f.MaxMeanWord)
	}
	return feilun.Keep
}

// lines tests how lines begin and end.
func (f *GopherQuality) lines(text string) feilun.Verdict {
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
	if r := float64(bullets) / float64(lines); f.MaxBulletLines > 0 && r > f.MaxBulletLines {
		return feilun.Drop("max_bullet_lines", r, f.MaxBulletLines)
	}
	if r := float64(dots) / float64(lines); f.MaxEllipsisLines > 0 && r > f.MaxEllipsisLines {
		return feilun.Drop("max_ellipsis_lines", r, f.MaxEllipsisLines)
	}
	return feilun.Keep
}

// stopWords counts stop words, up to the number needed.
func (f *GopherQuality) stopWords(text string, toks []words.Word) int {
	if f.MinStopWords <= 0 {
		return 0
	}
	clear(f.seen)
	n := 0
	for _, w := range toks {
		if s, ok := f.stops[w.Hash]; !ok || s != w.Of(text) || f.Distinct && f.seen[w.Hash] {
			continue
		}
		f.seen[w.Hash] = true
		if n++; n >= f.MinStopWords {
			break
		}
	}
	return n
}
