package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/params"
	"feilun/internal/stats"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

// writeCrawl writes a WARC of n pages, one gzip member a record, with exact and
// near copies, pages too short to keep, requests and one damaged member.
func writeCrawl(t testing.TB, name string, n int) {
	t.Helper()
	var out bytes.Buffer
	member := func(head, block string) {
		z := gzip.NewWriter(&out)
		fmt.Fprintf(z, "WARC/1.0\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n", head, len(block), block)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	member("WARC-Type: warcinfo\r\n", "software: test\r\n")
	for i := range n {
		topic := i
		if i%7 == 6 {
			topic = i - 3 // a copy
		}
		body := fmt.Sprintf("<html><head><title>Page %d</title></head><body><article>", topic)
		for p := range 4 + topic%5 {
			body += fmt.Sprintf("<p>Paragraph %d of page %d tells how the harvest of the year %d was brought in, and what the people of the village thought of it.</p>", p, topic, 1700+topic*p%300)
		}
		if i%11 == 5 {
			body = "<html><body><p>too short"
		}
		body += "</article></body></html>"
		id := fmt.Sprintf("WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>\r\nWARC-Target-URI: http://h%d.example/p/%d\r\n", i, i%5, i)
		member("WARC-Type: request\r\n"+id, "GET / HTTP/1.1\r\n\r\n")
		if i == n/2 {
			out.WriteString("\x1f\x8b\x08garbage that is no member at all")
		}
		member("WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"+id,
			"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+body)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

const testRecipe = `
about: a test
crawl: {source: warc, range: 3000}
filter:
  status:
dedup:
  url:
  exact:
  near:
output: {part_size: 20kB}
`

func writeRecipe(t testing.TB, extra string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "test.yaml")
	if err := os.WriteFile(name, []byte(testRecipe+extra), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// outputs reads every file whose bytes must not depend on how the run went.
func outputs(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if strings.HasSuffix(name, ".parquet") || strings.Contains(name, ".jsonl") || strings.HasSuffix(name, "stats.json") || strings.HasSuffix(name, "manifest.json") {
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(dir, name)
			files[rel] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func runIn(t testing.TB, recipe, input, out string, workers int) *stats.Run {
	t.Helper()
	r, err := Load(recipe, "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), r, Options{Out: out, Workers: workers, Memory: 4 << 30, KeepStages: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSameBytesForAnyWorkers(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "crawl.warc.gz")
	writeCrawl(t, input, 120)
	recipe := writeRecipe(t, "")
	s := runIn(t, recipe, input, filepath.Join(dir, "1"), 1)
	want := outputs(t, filepath.Join(dir, "1"))
	if len(want) < 20 {
		t.Fatalf("only %d files: the input is one piece", len(want))
	}
	last := s.Reports[len(s.Reports)-1]
	if last.Kept.Docs == 0 || last.Dropped.Docs == 0 {
		t.Errorf("dedup kept %d and dropped %d", last.Kept.Docs, last.Dropped.Docs)
	}
	if err := conserved(s.Reports); err != nil {
		t.Error(err)
	}
	for _, workers := range []int{2, 8} {
		out := filepath.Join(dir, fmt.Sprint(workers))
		runIn(t, recipe, input, out, workers)
		if d := cmp.Diff(want, outputs(t, out)); d != "" {
			t.Errorf("%d workers: other bytes:\n%.2000s", workers, d)
		}
	}
}

// TestResume takes files away as a killed process would have left them.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "crawl.warc.gz")
	writeCrawl(t, input, 60)
	recipe := writeRecipe(t, "")
	out := filepath.Join(dir, "out")
	runIn(t, recipe, input, out, 2)
	want := outputs(t, out)
	for _, gone := range [][]string{
		{"stats.json"},
		{"stats.json", "manifest.json", "work/parts"},
		{"stats.json", "work/parts", "corpus/part-00001.parquet", "work/docs/00003.json", "ledger/pages-00003.jsonl.zst"},
		{"stats.json", "work/parts/00000.json", "corpus/part-00000.parquet"},
	} {
		for _, name := range gone {
			if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(out, "corpus", "part-00001.parquet.tmp"), []byte("half"), 0o666); err != nil {
			t.Fatal(err)
		}
		runIn(t, recipe, input, out, 2)
		got := outputs(t, out)
		delete(got, "corpus/part-00001.parquet.tmp")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("after losing %v: other bytes:\n%.2000s", gone, d)
		}
	}
}

// TestPassed counts the pages of the last process apart from those before it.
func TestPassed(t *testing.T) {
	dir := t.TempDir()
	input, recipe, out := filepath.Join(dir, "crawl.warc.gz"), writeRecipe(t, ""), filepath.Join(dir, "out")
	writeCrawl(t, input, 60)
	runIn(t, recipe, input, out, 2)
	for _, tt := range []struct {
		gone string
		some bool
	}{{"work/docs/00001.json", true}, {"work/parts", false}} {
		for _, name := range []string{"stats.json", tt.gone} {
			if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
		}
		runIn(t, recipe, input, out, 2)
		var times stats.Times
		if err := readJSON(filepath.Join(out, "run.json"), &times); err != nil {
			t.Fatal(err)
		}
		if times.Pages != 60 || times.Passed >= 30 || (times.Passed > 0) != tt.some {
			t.Errorf("without %s: %d pages, %d of them by the last process", tt.gone, times.Pages, times.Passed)
		}
	}
}

func TestAnotherRunIsRefused(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "crawl.warc.gz")
	writeCrawl(t, input, 5)
	out := filepath.Join(dir, "out")
	runIn(t, writeRecipe(t, ""), input, out, 1)
	r, err := Load(writeRecipe(t, "language: {keep: [zh]}"), "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Out: out, Workers: 1, Memory: params.Size(2 << 30)}
	if _, err := Run(t.Context(), r, o); err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Errorf("another recipe in the same folder: %v", err)
	}
	o.Fresh = true
	s, err := Run(t.Context(), r, o)
	if err != nil {
		t.Fatalf("with Fresh: %v", err)
	}
	if s.RecipeHash != r.Hash() {
		t.Error("with Fresh: the books are those of the run before")
	}
	b, err := os.ReadFile(input)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-5] ^= 1 // same size, other content
	if err := os.WriteFile(input, b, 0o666); err != nil {
		t.Fatal(err)
	}
	o.Fresh = false
	if _, err := Run(t.Context(), r, o); err == nil || !strings.Contains(err.Error(), "another input") {
		t.Errorf("another input of the same size: %v", err)
	}
}

// TestFreshKeepsForeignFiles holds --fresh to runs of ours.
func TestFreshKeepsForeignFiles(t *testing.T) {
	dir := t.TempDir()
	input, out := filepath.Join(dir, "crawl.warc.gz"), filepath.Join(dir, "out")
	writeCrawl(t, input, 5)
	thesis := filepath.Join(out, "corpus", "thesis.txt")
	if err := os.MkdirAll(filepath.Dir(thesis), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(thesis, []byte("years of work"), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Load(writeRecipe(t, ""), "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), r, Options{Out: out, Workers: 1, Memory: 2 << 30, Fresh: true}); err == nil {
		t.Error("--fresh on a folder of somebody else's was no error")
	}
	if _, err := os.Stat(thesis); err != nil {
		t.Error(err)
	}
}

// TestFailedShard has a folder where one shard's file should be: that shard
// fails, the others are done, and the same command finishes when it is gone.
func TestFailedShard(t *testing.T) {
	dir := t.TempDir()
	input, out := filepath.Join(dir, "crawl.warc.gz"), filepath.Join(dir, "out")
	writeCrawl(t, input, 60)
	block := filepath.Join(out, "work", "docs", "00002.jsonl.zst")
	if err := os.MkdirAll(filepath.Join(block, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	r, err := Load(writeRecipe(t, ""), "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Out: out, Workers: 2, Memory: 4 << 30}
	if _, err := Run(t.Context(), r, o); !errors.Is(err, ErrShards) {
		t.Fatalf("Run = %v, want %v", err, ErrShards)
	}
	markers, err := filepath.Glob(filepath.Join(out, "work", "docs", "*.json"))
	if err != nil || len(markers) < 5 {
		t.Errorf("%d shards done, %v", len(markers), err)
	}
	if err := os.RemoveAll(block); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), r, o); err != nil {
		t.Errorf("run again: %v", err)
	}
}

// TestTimes holds all files of two finished runs to be equal but for run.json,
// where the times are.
func TestTimes(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "crawl.warc.gz")
	writeCrawl(t, input, 20)
	recipe := writeRecipe(t, "")
	var runs [2]map[string]string
	for i := range runs {
		r, err := Load(recipe, "crawl.path="+input)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, string(rune('a'+i)))
		if _, err := Run(t.Context(), r, Options{Out: out, Workers: i + 1, Memory: 4 << 30}); err != nil {
			t.Fatal(err)
		}
		runs[i] = map[string]string{}
		err = filepath.WalkDir(out, func(name string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || e.Name() == "run.json" {
				return err
			}
			b, err := os.ReadFile(name)
			runs[i][strings.TrimPrefix(name, out)] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(runs[0], runs[1]); d != "" {
		t.Errorf("other files:\n%.2000s", d)
	}
}
