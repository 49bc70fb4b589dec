// Package extract compares feilun's extractor with go-trafilatura on the same
// pages in one run, by processor time, so that other load on the machine
// touches both alike. It is a module of its own to keep the peer's
// dependencies out of feilun's. Run: go test -bench . -v ./...
package extract

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"feilun"
	"feilun/extract"

	"github.com/klauspost/compress/zstd"
	"github.com/markusmobius/go-trafilatura"
)

func pages(tb testing.TB, set string) (all [][]byte) {
	base := os.Getenv("FEILUN_DATA")
	if base == "" {
		base = "../../../shared/data"
	}
	f, err := os.Open(filepath.Join(base, "extraction", set+".tar.zst"))
	if err != nil {
		tb.Skip(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		if strings.HasSuffix(h.Name, ".html") {
			all = append(all, b)
		}
	}
}

func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestSpeed prints pages per second of processor time for both, in
// alternating rounds, and the least time each took for a round.
func TestSpeed(t *testing.T) {
	all := pages(t, "scrapinghub")
	x, err := extract.New(extract.Params{MaxBytes: 1 << 24, MaxNodes: 400_000, MaxBlocks: 40_000, MinChars: 1, Types: []string{"text/html"}})
	if err != nil {
		t.Fatal(err)
	}
	rounds := []struct {
		name string
		page func([]byte)
		best time.Duration
	}{
		{name: "feilun", page: func(b []byte) { x.Page(&feilun.Doc{Page: &feilun.Page{Body: b}}) }},
		{name: "go-trafilatura 1.12.2 with fallback", page: func(b []byte) {
			trafilatura.Extract(bytes.NewReader(b), trafilatura.Options{EnableFallback: true})
		}},
	}
	for range 3 {
		for k := range rounds {
			r := &rounds[k]
			start := cpu(t)
			for _, b := range all {
				r.page(b)
			}
			if d := cpu(t) - start; r.best == 0 || d < r.best {
				r.best = d
			}
		}
	}
	for _, r := range rounds {
		t.Logf("%-40s %7.1f pages/CPU-s", r.name, float64(len(all))/r.best.Seconds())
	}
}
