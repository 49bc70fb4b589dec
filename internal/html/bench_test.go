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

// BenchmarkParse and the two below read the same pages: compare their MB/s.
func BenchmarkParse(b *testing.B) {
	all := pages(b, "scrapinghub")
	var p Parser
	b.SetBytes(size(all))
	b.ReportAllocs()
	for b.Loop() {
		nodes := 0
		for _, src := range all {
			nodes += len(p.Parse(src).Nodes)
		}
		b.ReportMetric(float64(len(all))*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
	}
}

func BenchmarkPeerTokenizer(b *testing.B) {
	all := pages(b, "scrapinghub")
	b.SetBytes(size(all))
	for b.Loop() {
		for _, src := range all {
			z := xhtml.NewTokenizer(bytes.NewReader(src))
			for z.Next() != xhtml.ErrorToken {
				for _, more := z.TagName(); more; {
					_, _, more = z.TagAttr()
				}
			}
		}
	}
}

func BenchmarkPeerParse(b *testing.B) {
	all := pages(b, "scrapinghub")
	b.SetBytes(size(all))
	for b.Loop() {
		for _, src := range all {
			if _, err := xhtml.Parse(bytes.NewReader(src)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
