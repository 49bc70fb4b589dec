package quality

import (
	"math"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/words"
)

// withoutMost is how many different words of a text [withoutEach] leaves out
// one by one.
const withoutMost = 400

// withoutEach explains a score that knows no weights of words: what the log-odds
// lose when a word is taken out of the text. Words are jieba's in Chinese text
// and fields elsewhere.
func withoutEach(d *feilun.Doc, score func(*feilun.Doc) float64) []Reason {
	spans := words.Tokenize(nil, d.Text, d.Language)
	count := map[string]int{}
	var order []string
	for _, s := range spans {
		w := s.Of(d.Text)
		if count[w]++; count[w] == 1 {
			order = append(order, w)
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return count[b] - count[a] })
	base := logit(score(d))
	var all []Reason
	for _, w := range order[:min(len(order), withoutMost)] {
		var b strings.Builder
		at := 0
		for _, s := range spans {
			if s.Of(d.Text) == w {
				b.WriteString(d.Text[at:s.Start])
				at = int(s.End)
			}
		}
		b.WriteString(d.Text[at:])
		rest := feilun.Doc{ID: d.ID, URL: d.URL, Text: b.String(), Language: d.Language}
		all = append(all, Reason{w, float64(count[w]), base - logit(score(&rest))})
	}
	sortReasons(all)
	return all
}

func logit(p float64) float64 {
	p = min(max(p, 1e-9), 1-1e-9)
	return math.Log(p / (1 - p))
}
