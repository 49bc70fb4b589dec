package extract

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"feilun"
	"feilun/internal/testkit"

	"github.com/klauspost/compress/zstd"
)

// A gold is one page of a set with the answer people wrote for it.
type gold struct {
	ID, File, Gold, Text string
	PageType             string `json:"page_type"`
	With, Without        []string
	Title, Date          string
	ExpectedHTML         string `json:"expected_html"`

	set  string
	page []byte
}

// tune reports whether a page belongs to the half on which the extractor may
// be tuned: by the first bit of the SHA-256 of its set and id.
func (g *gold) tune() bool {
	h := sha256.Sum256([]byte(g.set + "/" + g.ID))
	return h[0]&1 == 0
}

// fold spreads the tuned half over k folds.
func (g *gold) fold(k int) int {
	h := sha256.Sum256([]byte(g.set + "/" + g.ID))
	return int(h[1]) % k
}

var sets = []string{"wcxb-dev-a", "wcxb-dev-b", "scrapinghub", "cleaneval", "cleaneval-dev", "dragnet", "cleanportaleval", "zh-handmade", "trafilatura", "htmltotext-multi"}

func loadSet(t testing.TB, set string) []*gold {
	f, err := os.Open(filepath.Join(testkit.Data(t, "extraction"), set+".tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(h.Name, "./")] = b
	}
	var all []*gold
	s := bufio.NewScanner(bytes.NewReader(files[set+"/gold.jsonl"]))
	s.Buffer(nil, 1<<26)
	for s.Scan() {
		g := &gold{set: set}
		if err := json.Unmarshal(s.Bytes(), g); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(set, "cleaneval") {
			g.Text = urlLine.ReplaceAllString(g.Text, "")
		}
		g.page = files[set+"/"+g.File]
		all = append(all, g)
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return all
}

var urlLine = regexp.MustCompile(`^\x{feff}?URL:.*\n`)

func (g *gold) full() bool {
	return g.Gold == "full-text" || g.Gold == "full-text+snippets"
}

func (g *gold) doc() *feilun.Doc { return &feilun.Doc{Page: &feilun.Page{Body: g.page}} }

// words splits text as the scorer does: lower case, runs of letters and
// digits, Han by character.
func words(s string) []string {
	var out []string
	var w strings.Builder
	flush := func() {
		if w.Len() > 0 {
			out = append(out, w.String())
			w.Reset()
		}
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff:
			flush()
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			w.WriteRune(r)
		default:
			flush()
		}
	}
	flush()
	return out
}

// wordF1 is the F1 of two bags of words.
func wordF1(a, b []string) float64 {
	if len(a) == 0 && len(b) == 0 {
		return 1
	}
	left := map[string]int{}
	for _, w := range a {
		left[w]++
	}
	o := 0
	for _, w := range b {
		if left[w] > 0 {
			left[w]--
			o++
		}
	}
	if o == 0 {
		return 0
	}
	p, r := float64(o)/float64(len(a)), float64(o)/float64(len(b))
	return 2 * p * r / (p + r)
}

func TestWordF1(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		f1        float64
	}{
		{"", "", 1},
		{"a", "", 0},
		{"The cat, the CAT", "the cat", 2.0 / 3},
		{"中文 text", "中 文", 0.8},
		{"snake_case it's", "snake case it s", 1},
	} {
		if got := wordF1(words(tt.got), words(tt.want)); got < tt.f1-1e-9 || got > tt.f1+1e-9 {
			t.Errorf("wordF1(%q, %q) = %v, want %v", tt.got, tt.want, got, tt.f1)
		}
	}
}
