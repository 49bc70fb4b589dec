package inspect

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"feilun"
	"feilun/internal/ledger"
)

// BenchmarkMillion makes the list of a run of a million documents and answers
// queries on it. It tells the heap that is held, too.
func BenchmarkMillion(b *testing.B) {
	dir := b.TempDir()
	for _, sub := range []string{"ledger", "work"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "work", "plan.json"), []byte("{}"), 0o666); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "ledger", "pages-00000.jsonl.zst"))
	if err != nil {
		b.Fatal(err)
	}
	w, err := ledger.NewWriter(f)
	if err != nil {
		b.Fatal(err)
	}
	const docs = 1_000_000
	for i := range docs {
		err := w.Write(ledger.Row{ID: fmt.Sprintf("5ea41c00-0000-4000-8000-%012d", i), URL: fmt.Sprintf("http://host-%d.example/page/%d", i%50_000, i),
			Record: feilun.Record{File: "crawl.warc.gz", Offset: int64(i) * 5000}, Stage: "filter", Filter: "length", Rule: fmt.Sprintf("rule_%d", i%20), Value: 3, Limit: 5,
			Language: "zh", Bytes: 300, Sample: fmt.Sprintf("河边的旧书店下雨天也开门，第%d号。The river froze early that year, and the mill stood still until March.", i)})
		if err != nil {
			b.Fatal(err)
		}
	}
	w.Close()
	f.Close()
	files, err := filesOf(dir)
	if err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(dir, "work", "inspect.index")
	b.Run("Build", func(b *testing.B) {
		for b.Loop() {
			if err := buildIndex(context.Background(), dir, name, files, func(int64, int64) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
	x, err := openIndex(name)
	if err != nil {
		b.Fatal(err)
	}
	defer x.close()
	info, err := x.f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	scores := make([]float32, docs)
	for i := range scores {
		scores[i] = float32(math.Mod(float64(i)*0.618, 1))
	}
	for _, q := range []struct {
		name string
		q    query
	}{{"All", query{Count: 50}}, {"Rule", query{Rule: "rule_3", Count: 50, From: 20_000}}, {"Host", query{Host: "host-777.example", Count: 50}}, {"Near", query{Order: "near", Limit: 0.5, Count: 50}}, {"Text", query{Text: "第999999号", Count: 50}}} {
		b.Run(q.name, func(b *testing.B) {
			var m runtime.MemStats
			for b.Loop() {
				if _, err := x.query(b.Context(), &q.q, scores, nil, nil); err != nil {
					b.Fatal(err)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
			b.ReportMetric(float64(info.Size())/1e6, "index-MB")
		})
	}
}
