package pipeline

import (
	"path/filepath"
	"testing"

	"feilun/internal/testkit"
)

// BenchmarkRun takes real crawls through the zh-web recipe with one worker and
// prints pages a second of processor time.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"docs-zh-en", "realweb-mix"} {
		b.Run(name, func(b *testing.B) {
			input := testkit.Data(b, "warc", name+".warc.gz")
			r, err := Load("zh-web", "crawl.path="+input)
			if err != nil {
				b.Fatal(err)
			}
			pages, before := int64(0), cpuSeconds()
			b.ReportAllocs()
			for b.Loop() {
				s, err := Run(b.Context(), r, Options{Out: filepath.Join(b.TempDir(), "out"), Workers: 1, Memory: 4 << 30})
				if err != nil {
					b.Fatal(err)
				}
				pages += s.Reports[atCrawl].Kept.Docs
			}
			b.ReportMetric(float64(pages)/(cpuSeconds()-before), "pages/cpu-s")
		})
	}
}
