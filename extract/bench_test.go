package extract

import (
	"testing"

	"feilun/internal/testkit"
)

// BenchmarkNews extracts the scrapinghub pages, decoding and parsing included.
// pages/cpu-s is per second of processor time, which other load on the machine
// does not change.
func BenchmarkNews(b *testing.B) { benchmarkSet(b, "scrapinghub") }

// BenchmarkChinese does the same with the hand-made Chinese set.
func BenchmarkChinese(b *testing.B) { benchmarkSet(b, "zh-handmade") }

// BenchmarkMixed does the same with half of WCXB's pages.
func BenchmarkMixed(b *testing.B) { benchmarkSet(b, "wcxb-dev-a") }

func benchmarkSet(b *testing.B, set string) {
	pages := loadSet(b, set)
	x, err := New(usual(b))
	if err != nil {
		b.Fatal(err)
	}
	size := int64(0)
	for _, g := range pages {
		size += int64(len(g.page))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	start := testkit.CPUTime()
	for b.Loop() {
		for _, g := range pages {
			x.Page(g.doc())
		}
	}
	b.ReportMetric(float64(b.N*len(pages))/(testkit.CPUTime()-start).Seconds(), "pages/cpu-s")
}
