package cite

import (
	"strings"
	"testing"
)

// benchSources are six passages of the size that an answer reads.
func benchSources(b *testing.B) (string, []Source) {
	pages, all := readQuestions(b, "drcd-zh-hant")
	q := all[len(all)/3]
	var sources []Source
	for _, p := range newFinder(pages).find(q.text, "", 6) {
		sources = append(sources, Source{Title: p.title, Text: p.text})
	}
	return q.text, sources
}

func BenchmarkNewSet(b *testing.B) {
	q, sources := benchSources(b)
	for _, s := range sources {
		b.SetBytes(int64(len(s.Text)))
	}
	b.ReportAllocs()
	for b.Loop() {
		NewSet(sources, q)
	}
}

func BenchmarkExtract(b *testing.B) {
	q, sources := benchSources(b)
	s := NewSet(sources, q)
	b.ReportAllocs()
	for b.Loop() {
		s.Extract(3)
	}
}

// BenchmarkWriter is the time of one checked sentence.
func BenchmarkWriter(b *testing.B) {
	q, sources := benchSources(b)
	s := NewSet(sources, q)
	text := Sentences(sources[0].Text)[0].Of(sources[0].Text)
	text = strings.Replace(text, "的", "之", 1) + "[1]\n"
	b.ReportAllocs()
	for b.Loop() {
		w := NewWriter(s, Prompt{})
		w.Write(text)
		w.Close()
	}
}
