package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

// TestKill kills the program at random moments of a run and runs it again
// until it is done, each time with another number of workers: the bytes must be
// those of undisturbed runs, which are the same for 1, 2 and 8 workers.
func TestKill(t *testing.T) {
	moments := 20
	if testing.Short() {
		moments = 4
	}
	dir := t.TempDir()
	crawl := filepath.Join(dir, "crawl.warc.gz")
	recipe := filepath.Join(dir, "r.yaml")
	writePages(t, crawl, 400)
	text := "about: kill\ncrawl: {source: warc, range: 8kB}\nfilter: {status: {}}\ndedup: {url: {}, exact: {}, near: {}}\noutput: {part_size: 64kB}\n"
	if err := os.WriteFile(recipe, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	start := func(out string, workers int) *exec.Cmd {
		c := exec.Command(os.Args[0], "run", recipe, "--in", crawl, "--out", out, "--workers", strconv.Itoa(workers), "--keep-stages")
		c.Env = append(os.Environ(), asProgram+"=1")
		return c
	}
	var want map[string]string
	var took time.Duration
	workers := []int{1, 2, 8}
	for i, n := range workers {
		begin, out := time.Now(), filepath.Join(dir, fmt.Sprint("whole", n))
		if b, err := start(out, n).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		took = max(took, time.Since(begin))
		if got := stable(t, out); i == 0 {
			want = got
		} else if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%d workers: other bytes:\n%.3000s", n, d)
		}
	}
	draw := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for i := range moments {
		out := filepath.Join(dir, "killed")
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		for k := range 3 { // killed up to three times before it may finish
			c := start(out, workers[(i+k)%3])
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(draw.Int64N(int64(took))))
			if c.Process.Kill() == nil {
				kills++
			}
			c.Wait() // its error is the kill
		}
		if b, err := start(out, workers[i%3]).CombinedOutput(); err != nil {
			t.Fatalf("after a kill: %v\n%s", err, b)
		}
		if d := cmp.Diff(want, stable(t, out)); d != "" {
			t.Fatalf("after a kill, other bytes:\n%.3000s", d)
		}
	}
	t.Logf("%d moments, %d kills, %d files of the same bytes for 1, 2 and 8 workers", moments, kills, len(want))
}

// stable reads the files whose bytes must not depend on how the run went.
func stable(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !(strings.HasSuffix(name, ".parquet") || strings.Contains(name, ".jsonl")) || strings.HasSuffix(name, ".tmp") {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// writePages writes a WARC of n pages with copies among them.
func writePages(t *testing.T, name string, n int) {
	t.Helper()
	var out bytes.Buffer
	for i := range n {
		topic := i - i%7/6*3
		body := "<html><head><title>Page</title></head><body><article>"
		for p := range 3 + topic%9 {
			body += fmt.Sprintf("<p>The ship numbered %d left harbour %d in the year %d with a cargo of tea, and came back only after the storm of the following spring.</p>", topic, p, 1600+topic*p%400)
		}
		block := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body + "</article></body></html>"
		z := gzip.NewWriter(&out)
		fmt.Fprintf(z, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%036d>\r\nWARC-Target-URI: http://h%d.example/%d\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
			i, i%5, i, len(block), block)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
