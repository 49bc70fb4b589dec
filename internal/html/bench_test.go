package html

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/klauspost/compress/gzip"
	xhtml "golang.org/x/net/html"

	"feilun/internal/testkit"
)

func size(pages [][]byte) (n int64) {
	for _, p := range pages {
		n += int64(len(p))
	}
	return n
}

// docs returns every fourth UTF-8 page of the docs-zh-en crawl.
func docs(tb testing.TB) (all [][]byte) {
	tb.Helper()
	f, err := os.Open(testkit.Data(tb, "warc", "docs-zh-en.warc.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	list := testkit.ReadZstd(tb, testkit.Data(tb, "warc", "docs-zh-en.truth.jsonl.zst"))
	for s, k := bufio.NewScanner(bytes.NewReader(list)), 0; s.Scan(); {
		var rec struct {
			Offset, Length int64
			Encoding       string `json:"body_encoding"`
			Transfer       string
		}
		if err := json.Unmarshal(s.Bytes(), &rec); err != nil {
			tb.Fatal(err)
		}
		if rec.Encoding != "utf-8" || rec.Transfer != "decoded" {
			continue
		}
		if k++; k%4 != 0 {
			continue
		}
		z, err := gzip.NewReader(io.NewSectionReader(f, rec.Offset, rec.Length))
		if err != nil {
			tb.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			tb.Fatal(err)
		}
		_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
		_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
		all = append(all, bytes.TrimSuffix(b, []byte("\r\n\r\n")))
	}
	return all
}

// bench reports MB/s and pages/s of processor time, which stay comparable on a
// crowded machine, for f over real pages.
func bench(b *testing.B, set string, f func(src []byte)) {
	var all [][]byte
	if set == "docs" {
		all = docs(b)
	} else {
		all = pages(b, set)
	}
	b.ReportAllocs()
	start := testkit.CPUTime()
	for b.Loop() {
		for _, src := range all {
			f(src)
		}
	}
	s := (testkit.CPUTime() - start).Seconds()
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
	bench(b, "docs", func(src []byte) { p.Parse(src) })
}

func BenchmarkPeerTokenizerDocs(b *testing.B) { bench(b, "docs", peerTokens) }

func BenchmarkPeerParseDocs(b *testing.B) {
	bench(b, "docs", func(src []byte) {
		if _, err := xhtml.Parse(bytes.NewReader(src)); err != nil {
			b.Fatal(err)
		}
	})
}

func peerTokens(src []byte) {
	z := xhtml.NewTokenizer(bytes.NewReader(src))
	for z.Next() != xhtml.ErrorToken {
		for _, more := z.TagName(); more; {
			_, _, more = z.TagAttr()
		}
	}
}

func BenchmarkPeerTokenizer(b *testing.B) {
	bench(b, "scrapinghub", peerTokens)
}

func BenchmarkPeerParse(b *testing.B) {
	bench(b, "scrapinghub", func(src []byte) {
		if _, err := xhtml.Parse(bytes.NewReader(src)); err != nil {
			b.Fatal(err)
		}
	})
}
