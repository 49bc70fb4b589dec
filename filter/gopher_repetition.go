package filter

import (
	"strings"

	"feilun"
	"feilun/internal/words"
)

// GopherRepetition drops texts that repeat themselves: Rae et al., 2021
// (arXiv:2112.11446), table A1, decided as datatrove 0.10 does. Shares of
// characters are of all characters, white space included. A limit of 0 turns
// its test off.
type GopherRepetition struct {
	// MaxDupParas is the highest share of paragraphs (between empty lines) seen before (dup_para_frac).
	MaxDupParas float64 `json:"dup_para_frac" default:"0.3" range:"0.."`
	// MaxDupParaChars is the highest share of characters in such paragraphs (dup_para_char_frac).
	MaxDupParaChars float64 `json:"dup_para_char_frac" default:"0.2" range:"0.."`
	// MaxDupLines is the highest share of lines seen before (dup_line_frac).
	MaxDupLines float64 `json:"dup_line_frac" default:"0.3" range:"0.."`
	// MaxDupLineChars is the highest share of characters in such lines (dup_line_char_frac).
	MaxDupLineChars float64 `json:"dup_line_char_frac" default:"0.2" range:"0.."`
	// Top2Gram is the highest share of characters in the most frequent pair of words, joined by a space (top_2_gram). One occurrence counts too, so that very short texts fail.
	Top2Gram float64 `json:"top_2_gram" default:"0.2" range:"0.."`
	// Top3Gram is the same for three words (top_3_gram).
	Top3Gram float64 `json:"top_3_gram" default:"0.18" range:"0.."`
	// Top4Gram is the same for four words (top_4_gram).
	Top4Gram float64 `json:"top_4_gram" default:"0.16" range:"0.."`
	// Dup5Gram is the highest share of characters in sequences of 5 words seen before, without the spaces (duplicated_5_n_grams).
	Dup5Gram float64 `json:"dup_5_gram" default:"0.15" range:"0.."`
	// Dup6Gram is the same for 6 words (duplicated_6_n_grams).
	Dup6Gram float64 `json:"dup_6_gram" default:"0.14" range:"0.."`
	// Dup7Gram is the same for 7 words (duplicated_7_n_grams).
	Dup7Gram float64 `json:"dup_7_gram" default:"0.13" range:"0.."`
	// Dup8Gram is the same for 8 words (duplicated_8_n_grams).
	Dup8Gram float64 `json:"dup_8_gram" default:"0.12" range:"0.."`
	// Dup9Gram is the same for 9 words (duplicated_9_n_grams).
	Dup9Gram float64 `json:"dup_9_gram" default:"0.11" range:"0.."`
	// Dup10Gram is the same for 10 words (duplicated_10_n_grams).
	Dup10Gram float64 `json:"dup_10_gram" default:"0.1" range:"0.."`
	// Empty drops empty texts, on which the shares are undefined and datatrove fails.
	Empty bool `json:"empty" default:"true"`
	// Words says how words are cut: language (each language's rules, as datatrove since May 2024) or treebank (as FineWeb in April 2024).
	Words words.Rules `json:"words" default:"language"`

	repeats repeats
	grams   grams
}

// Prepare checks the choice of words.
func (f *GopherRepetition) Prepare() error { return checkRules(f.Words) }

// Check implements [Filter].
func (f *GopherRepetition) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *GopherRepetition) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *GopherRepetition) probe(d *feilun.Doc, p *probe) {
	if d.Text == "" {
		p.empty(f.Empty)
		return
	}
	chars := float64(words.Runes(d.Text))
	if !f.pieces(d.Text, chars, p) {
		f.sequences(d, chars, p)
	}
}

// pieces tests paragraphs, then lines, and reports whether the tests are over.
func (f *GopherRepetition) pieces(text string, chars float64, p *probe) bool {
	n := float64(f.count(words.Trim(text), 2))
	if f.MaxDupParas > 0 && p.over("dup_para_frac", float64(f.repeats.count)/n, f.MaxDupParas) ||
		f.MaxDupParaChars > 0 && p.over("dup_para_char_frac", float64(f.repeats.runes)/chars, f.MaxDupParaChars) {
		return true
	}
	n = float64(f.count(text, 1))
	return f.MaxDupLines > 0 && p.over("dup_line_frac", float64(f.repeats.count)/n, f.MaxDupLines) ||
		f.MaxDupLineChars > 0 && p.over("dup_line_char_frac", float64(f.repeats.runes)/chars, f.MaxDupLineChars)
}

// count splits text at runs of at least feeds line feeds, empty pieces at the
// ends included, counts the repeated ones, and returns the number of pieces.
func (f *GopherRepetition) count(text string, feeds int) int {
	f.repeats.reset(strings.Count(text, "\n") + 1)
	n, from := 0, 0
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		i += at
		at = i
		for at < len(text) && text[at] == '\n' {
			at++
		}
		if at-i >= feeds {
			f.repeats.add(text[from:i])
			n++
			from = at
		}
	}
	f.repeats.add(text[from:])
	return n + 1
}

// sequences tests sequences of words.
func (f *GopherRepetition) sequences(d *feilun.Doc, chars float64, p *probe) {
	toks := words.Tokens(d, f.Words)
	f.grams.reset(d.Text, toks)
	for i, t := range [...]struct {
		rule  string
		limit float64
	}{{"top_2_gram", f.Top2Gram}, {"top_3_gram", f.Top3Gram}, {"top_4_gram", f.Top4Gram}} {
		if len(toks) < i+2 {
			break
		}
		if t.limit <= 0 || p.add == nil && float64(f.grams.atMost(i+2))/chars <= t.limit {
			continue
		}
		if p.over(t.rule, float64(f.grams.top(i+2))/chars, t.limit) {
			return
		}
	}
	f.grams.findShared()
	for i, t := range [...]struct {
		rule  string
		limit float64
	}{
		{"dup_5_gram", f.Dup5Gram}, {"dup_6_gram", f.Dup6Gram}, {"dup_7_gram", f.Dup7Gram},
		{"dup_8_gram", f.Dup8Gram}, {"dup_9_gram", f.Dup9Gram}, {"dup_10_gram", f.Dup10Gram},
	} {
		if t.limit > 0 && len(toks) > i+5 && p.over(t.rule, float64(f.grams.repeated(i+5))/chars, t.limit) {
			return
		}
	}
}
