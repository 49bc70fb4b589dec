package filter

import (
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/words"
)

// DclmRepetition drops texts that repeat themselves, by Gopher's table (Rae et
// al., 2021, arXiv:2112.11446, table A1) as DCLM-baseline counts: every
// occurrence of a repeated piece counts, the first one too; words are those of
// Unicode's annex 29 that begin with a letter or digit; shares of characters are
// of those in pieces, or in words. A limit of 0 turns its test off.
type DclmRepetition struct {
	// MaxDupLines is the highest share of lines that occur more than once.
	MaxDupLines float64 `json:"dup_line_frac" default:"0.3" range:"0.."`
	// MaxDupParas is the same for paragraphs, which end at empty lines.
	MaxDupParas float64 `json:"dup_para_frac" default:"0.3" range:"0.."`
	// MaxDupLineChars is the highest share of the lines' characters in lines that occur more than once.
	MaxDupLineChars float64 `json:"dup_line_char_frac" default:"0.2" range:"0.."`
	// MaxDupParaChars is the same for paragraphs.
	MaxDupParaChars float64 `json:"dup_para_char_frac" default:"0.2" range:"0.."`
	// Top2Gram is the highest share of the words' characters in the most frequent pair of words; of equally frequent ones the longest counts.
	Top2Gram float64 `json:"top_2_gram" default:"0.2" range:"0.."`
	// Top3Gram is the same for three words.
	Top3Gram float64 `json:"top_3_gram" default:"0.18" range:"0.."`
	// Top4Gram is the same for four words.
	Top4Gram float64 `json:"top_4_gram" default:"0.16" range:"0.."`
	// Dup5Gram is the highest share of the words' characters in words that are part of a repeated sequence of 5, each word counted once.
	Dup5Gram float64 `json:"dup_5_gram" default:"0.15" range:"0.."`
	// Dup6Gram is the same for 6 words.
	Dup6Gram float64 `json:"dup_6_gram" default:"0.14" range:"0.."`
	// Dup7Gram is the same for 7 words.
	Dup7Gram float64 `json:"dup_7_gram" default:"0.13" range:"0.."`
	// Dup8Gram is the same for 8 words.
	Dup8Gram float64 `json:"dup_8_gram" default:"0.12" range:"0.."`
	// Dup9Gram is the same for 9 words.
	Dup9Gram float64 `json:"dup_9_gram" default:"0.11" range:"0.."`
	// Dup10Gram is the same for 10 words.
	Dup10Gram float64 `json:"dup_10_gram" default:"0.1" range:"0.."`
	// Empty drops texts without words.
	Empty bool `json:"empty" default:"true"`

	pieces map[string]int
	grams  grams
}

// Check implements [Filter].
func (f *DclmRepetition) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *DclmRepetition) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *DclmRepetition) probe(d *feilun.Doc, p *probe) {
	toks := spelled(d)
	if len(toks) == 0 {
		p.empty(f.Empty)
		return
	}
	lines, lineChars := f.repeated(d.Text, "\n")
	paras, paraChars := f.repeated(d.Text, "\n\n")
	_ = f.MaxDupLines > 0 && p.over("dup_line_frac", lines, f.MaxDupLines) ||
		f.MaxDupParas > 0 && p.over("dup_para_frac", paras, f.MaxDupParas) ||
		f.MaxDupLineChars > 0 && p.over("dup_line_char_frac", lineChars, f.MaxDupLineChars) ||
		f.MaxDupParaChars > 0 && p.over("dup_para_char_frac", paraChars, f.MaxDupParaChars) ||
		f.sequences(d.Text, toks, p)
}

// spelled returns the words of annex 29 that begin with a letter or digit.
func spelled(d *feilun.Doc) []words.Word {
	all := words.Tokens(d, words.Boundaries)
	out := make([]words.Word, 0, len(all))
	for _, w := range all {
		if r, _ := utf8.DecodeRuneInString(w.Of(d.Text)); words.IsAlpha(r) || words.IsDigit(r) {
			out = append(out, w)
		}
	}
	return out
}

// repeated returns the share of pieces between separators, blank ones left out,
// that occur more than once, and that of their characters.
func (f *DclmRepetition) repeated(text, separator string) (share, chars float64) {
	if f.pieces == nil {
		f.pieces = map[string]int{}
	}
	clear(f.pieces)
	for s := range strings.SplitSeq(text, separator) {
		if words.TrimLeft(s) != "" {
			f.pieces[s]++
		}
	}
	var all, twice, runes, twiceRunes int
	for s, n := range f.pieces {
		size := n * words.Runes(s)
		all, runes = all+n, runes+size
		if n > 1 {
			twice, twiceRunes = twice+n, twiceRunes+size
		}
	}
	if all == 0 {
		return 0, 0
	}
	return float64(twice) / float64(all), float64(twiceRunes) / float64(runes)
}

// sequences tests sequences of words, and reports whether a test failed.
func (f *DclmRepetition) sequences(text string, toks []words.Word, p *probe) bool {
	g := &f.grams
	g.reset(text, toks)
	chars := float64(g.runes[len(toks)])
	g.run = append(g.run[:0], g.token...)
	for i, t := range [...]struct {
		rule  string
		limit float64
	}{
		{"top_2_gram", f.Top2Gram}, {"top_3_gram", f.Top3Gram}, {"top_4_gram", f.Top4Gram},
		{"dup_5_gram", f.Dup5Gram}, {"dup_6_gram", f.Dup6Gram}, {"dup_7_gram", f.Dup7Gram},
		{"dup_8_gram", f.Dup8Gram}, {"dup_9_gram", f.Dup9Gram}, {"dup_10_gram", f.Dup10Gram},
	} {
		n := i + 2
		if len(toks) < n {
			return false
		}
		g.lengthen(n)
		found := g.topLongest
		if n > 4 {
			found = g.covered
		}
		if t.limit > 0 && p.over(t.rule, float64(found(n))/chars, t.limit) {
			return true
		}
	}
	return false
}

// topLongest returns the code points, spaces left out, that the most frequent
// sequence of n tokens covers, of equally frequent ones the longest; after
// [grams.lengthen] to n.
func (g *grams) topLongest(n int) int {
	count, length := 0, 0
	for id, c := range g.count {
		i := int(g.first[id])
		if l := int(g.runes[i+n] - g.runes[i]); int(c) > count || int(c) == count && l > length {
			count, length = int(c), l
		}
	}
	return count * length
}

// covered returns the code points of the tokens that are part of a sequence of
// n that occurs more than once; after [grams.lengthen] to n.
func (g *grams) covered(n int) int {
	sum, done := 0, 0 // tokens before done are counted
	for i, id := range g.run {
		if g.count[id] > 1 {
			from := max(i, done)
			done = i + n
			sum += int(g.runes[done] - g.runes[from])
		}
	}
	return sum
}
