//go:build unix

package filter

import (
	"encoding/json"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
	"feilun/internal/words"
)

// realDocs returns documents of a JSON lines file of the test data.
func realDocs(b *testing.B, language string, elem ...string) (docs []*feilun.Doc, size int) {
	raw := testkit.ReadZstd(b, testkit.Data(b, elem...))
	for line := range strings.Lines(string(raw)) {
		var d struct {
			Text string `json:"text"`
			Raw  string `json:"raw_content"`
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			b.Fatal(err)
		}
		text := d.Text + d.Raw
		docs = append(docs, &feilun.Doc{Text: text, Language: language})
		size += len(text)
	}
	return docs, size
}

// BenchmarkHeuristics measures the four heuristics of FineWeb on real pages,
// each deciding on every page, words cut once for all.
func BenchmarkHeuristics(b *testing.B) {
	for _, set := range []struct {
		name, language string
		file           []string
	}{
		{"en", "en", []string{"web", "en", "c4_demo.jsonl.zst"}},
		{"zh", "zh", []string{"web", "zh", "chinesewebtext_cc2021-43.jsonl.zst"}},
	} {
		docs, size := realDocs(b, set.language, set.file...)
		if size == 0 {
			b.Fatal("no text")
		}
		steps := []Filter{
			build(b, "gopher_repetition").(Filter), build(b, "gopher_quality").(Filter),
			build(b, "c4_page", "terminal_punctuation", "false").(Filter), build(b, "fineweb").(Filter),
		}
		run := func(name string, steps ...Filter) {
			b.Run(set.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				from := testkit.CPUTime().Seconds()
				defer func() { b.ReportMetric(float64(size)*float64(b.N)/1e6/(testkit.CPUTime().Seconds()-from), "MB/cpu-s") }()
				for b.Loop() {
					for _, d := range docs {
						fresh := feilun.Doc{Text: d.Text, Language: d.Language}
						for _, f := range steps {
							f.Check(&fresh)
						}
					}
				}
			})
		}
		run("all", steps...)
		for _, f := range steps {
			run(Name(f), f)
		}
		b.Run(set.name+"/words", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			from := testkit.CPUTime().Seconds()
			defer func() { b.ReportMetric(float64(size)*float64(b.N)/1e6/(testkit.CPUTime().Seconds()-from), "MB/cpu-s") }()
			var spans []words.Span
			for b.Loop() {
				for _, d := range docs {
					spans = words.Tokenize(spans[:0], d.Text, d.Language)
				}
			}
		})
	}
}

// BenchmarkNewPhrases builds the automaton of all cues: part of a process's start.
func BenchmarkNewPhrases(b *testing.B) {
	words, tags := cueWords()
	b.ReportAllocs()
	for b.Loop() {
		newPhrases(words, tags)
	}
}
