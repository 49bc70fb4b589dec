//go:build unix

package quality

import (
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// BenchmarkScore scores documents of 2,000 bytes: English, Chinese.
func BenchmarkScore(b *testing.B) {
	english := string(testkit.ReadZstd(b, testkit.Data(b, "text", "wiki-en", "wiki_demo.txt.zst")))
	chinese := string(testkit.ReadZstd(b, testkit.Data(b, "text", "books-zh", "三国演义.txt.zst")))
	for _, bb := range []struct {
		name, text string
		v          vectorizer
	}{
		{"english", english, vectorizer{Form: FormSpark, Features: 1 << 18, Grams: 2}},
		{"chinese", chinese, vectorizer{Form: FormCharacters, Features: 1 << 18, Grams: 2}},
		{"chinese_words", chinese, vectorizer{Form: FormWords, Features: 1 << 18, Grams: 2}},
	} {
		for _, weights := range weighings {
			b.Run(bb.name+"/"+weights, func(b *testing.B) {
				g, err := newGPT3(gpt3Header{vectorizer: bb.v, Weights: weights}, make([]byte, 4<<18))
				if err != nil {
					b.Fatal(err)
				}
				docs := pieces(bb.text, 2000, 200)
				g.logit(docs[0].Text)
				b.ReportAllocs()
				n, before := 0, testkit.CPUTime()
				for b.Loop() {
					g.score(docs[n%len(docs)])
					n++
				}
				b.ReportMetric(float64(n)/(testkit.CPUTime()-before).Seconds(), "docs/cpu-s")
			})
		}
	}
}

func pieces(text string, size, most int) []*feilun.Doc {
	var docs []*feilun.Doc
	for len(text) > size && len(docs) < most {
		docs = append(docs, &feilun.Doc{Text: strings.ToValidUTF8(text[:size], "")})
		text = text[size:]
	}
	return docs
}
