package progress

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlainLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		m := New(&out, "crawl", 4_000_000, Bytes)
		m.Add(1_000_000) // too soon for a line
		time.Sleep(20 * time.Second)
		m.Add(1_000_000)
		m.Close()
		want := "crawl       50 %  2.0 MB of 4.0 MB  20.0 s left\ncrawl      2.0 MB of 4.0 MB, stopped after 20.0 s\n"
		if out.String() != want {
			t.Errorf("output = %q, want %q", out.String(), want)
		}
	})
}

// TestSkip has half of the work done before: what is left goes at today's pace.
func TestSkip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		m := New(&out, "crawl", 4_000_000, Bytes)
		m.Skip(2_000_000)
		time.Sleep(20 * time.Second)
		m.Add(500_000)
		if want := "crawl       62 %  2.5 MB of 4.0 MB  1 min 00 s left\n"; out.String() != want {
			t.Errorf("output = %q, want %q", out.String(), want)
		}
	})
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		n    int64
		want string
	}{{0, "0 B"}, {999, "999 B"}, {1_500, "1.5 kB"}, {2_340_000_000, "2.34 GB"}} {
		if got := Bytes(tt.n); got != tt.want {
			t.Errorf("Bytes(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
	if got := short(3725 * time.Second); got != "1 h 02 min" {
		t.Errorf("short = %q", got)
	}
}
