package html

import (
	"bytes"
	"testing"

	xhtml "golang.org/x/net/html"
)

func size(pages [][]byte) (n int64) {
	for _, p := range pages {
		n += int64(len(p))
	}
	return n
}

// bench reports MB/s and pages/s of processor time, which stay comparable on a
// crowded machine, for f over real pages.
func bench(b *testing.B, set string, f func(src []byte)) {
	all := pages(b, set)
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		for _, src := range all {
			f(src)
		}
	}
	s := (cpu(b) - start).Seconds()
	b.ReportMetric(float64(size(all))*float64(b.N)/1e6/s, "cpu-MB/s")
	b.ReportMetric(float64(len(all))*float64(b.N)/s, "cpu-pages/s")
}

// The benchmarks below read the same pages: compare their cpu-MB/s.

func BenchmarkParse(b *testing.B) {
	var p Parser
	bench(b, "scrapinghub", func(src []byte) { p.Parse(src) })
}

// BenchmarkParseText adds what an extractor does at least: decode all texts and
// look at two attributes of each element.
func BenchmarkParseText(b *testing.B) {
	var p Parser
	bench(b, "scrapinghub", func(src []byte) {
		t := p.Parse(src)
		for i := range t.Nodes {
			t.Text(i)
			t.Attr(i, AttrClass)
			t.Attr(i, AttrID)
		}
	})
}

func BenchmarkParseDocs(b *testing.B) {
	var p Parser
	bench(b, "zh-handmade", func(src []byte) { p.Parse(src) })
}

func BenchmarkPeerTokenizer(b *testing.B) {
	bench(b, "scrapinghub", func(src []byte) {
		z := xhtml.NewTokenizer(bytes.NewReader(src))
		for z.Next() != xhtml.ErrorToken {
			for _, more := z.TagName(); more; {
				_, _, more = z.TagAttr()
			}
		}
	})
}

func BenchmarkPeerParse(b *testing.B) {
	bench(b, "scrapinghub", func(src []byte) {
		if _, err := xhtml.Parse(bytes.NewReader(src)); err != nil {
			b.Fatal(err)
		}
	})
}
