package crawl

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"feilun"
	"feilun/internal/ledger"
	"feilun/internal/testkit"
	"feilun/internal/wikidump"

	"github.com/klauspost/compress/gzip"
)

// bare decompresses a file member by member and throws the bytes away: what
// reading a WARC costs at least with this library.
func bare(tb testing.TB, name string) int64 {
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	var z gzip.Reader
	var n int64
	buf := make([]byte, 1<<16)
	for {
		if err := z.Reset(in); err == io.EOF {
			return n
		} else if err != nil {
			tb.Fatal(err)
		}
		z.Multistream(false)
		for {
			k, err := z.Read(buf)
			n += int64(k)
			if err == io.EOF {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// source returns a source for one file and its tasks.
func source(tb testing.TB, name string) (Source, []feilun.Task) {
	p := Defaults()
	p.Path = Paths(name)
	s, err := New(p)
	if err != nil {
		tb.Fatal(err)
	}
	tasks, err := s.Tasks(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return s, tasks
}

// iterate reads all records as the pipeline does: HTTP headers parsed, bodies
// decoded.
func iterate(tb testing.TB, s Source, tasks []feilun.Task) (docs int64) {
	for _, t := range tasks {
		for _, err := range s.Docs(tb.Context(), t, func(ledger.Row) {}) {
			if err != nil {
				tb.Fatal(err)
			}
			docs++
		}
	}
	return docs
}

// BenchmarkRead interleaves bare decompression with reading records, and
// reports the ratio of their CPU times; the bar is 0.95.
func BenchmarkRead(b *testing.B) {
	for _, file := range []string{"docs-zh-en.warc.gz", "realweb-mix.warc.gz", "docs-zh-en.warc.wet.gz"} {
		b.Run(file, func(b *testing.B) {
			name := testkit.Data(b, "warc", file)
			s, tasks := source(b, name)
			var floor, ours time.Duration
			var size, docs int64
			b.ReportAllocs()
			for b.Loop() {
				t0 := testkit.CPUTime()
				size = bare(b, name)
				t1 := testkit.CPUTime()
				docs = iterate(b, s, tasks)
				floor, ours = floor+t1-t0, ours+testkit.CPUTime()-t1
			}
			b.ReportMetric(floor.Seconds()/ours.Seconds(), "of-bare")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/ours.Seconds(), "MB/s-ours")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/floor.Seconds(), "MB/s-bare")
			b.ReportMetric(float64(docs)*float64(b.N)/ours.Seconds(), "docs/s")
		})
	}
}

// BenchmarkDump reads dumps stored plain and as multistream bzip2, and reports
// megabytes of XML per second of processor time.
func BenchmarkDump(b *testing.B) {
	for _, zh := range []bool{false, true} {
		plain, _ := wiki(b, wikidump.Options{Chinese: zh, Pages: 2000, Seed: 1})
		multi, _ := wiki(b, wikidump.Options{Chinese: zh, Pages: 2000, PerBlock: 100, Seed: 1})
		for name, content := range map[string]string{"plain": plain, "bzip2": multi} {
			b.Run(fmt.Sprintf("%s,zh=%v", name, zh), func(b *testing.B) {
				p := Defaults()
				p.Source, p.Path = "mediawiki", Paths(write(b, "x", content))
				s, err := New(p)
				if err != nil {
					b.Fatal(err)
				}
				task := feilun.Task{File: "x", End: int64(len(content))}
				start, n := testkit.CPUTime(), 0
				for b.Loop() {
					for _, err := range s.Docs(b.Context(), task, func(ledger.Row) {}) {
						if err != nil {
							b.Fatal(err)
						}
					}
					n += len(plain)
				}
				b.ReportMetric(float64(n)/1e6/(testkit.CPUTime()-start).Seconds(), "cpu-MB/s")
			})
		}
	}
}
