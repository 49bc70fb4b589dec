package language

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// TestParagraphs tells simplified from traditional on the paragraphs of two
// reading sets, one of each.
func TestParagraphs(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ dir, script string }{{"drcd-zh-hant", "Hant"}, {"cmrc2018-zh", "Hans"}} {
		right, all := 0, 0
		for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "search", tt.dir, "corpus.jsonl.zst"))) {
			var d struct{ Text string }
			if err := json.Unmarshal(line, &d); err != nil {
				t.Fatal(err)
			}
			all++
			if r := m.Identify(d.Text); r.Language == "zh" && r.Script == tt.script {
				right++
			} else {
				t.Logf("%s: %+v for %.120q", tt.dir, r, d.Text)
			}
		}
		t.Logf("%s: %d of %d paragraphs are zh-%s", tt.dir, right, all, tt.script)
		if float64(right) < 0.99*float64(all) {
			t.Errorf("%s: below 0.99", tt.dir)
		}
	}
}

// TestCrawl compares with the language of each page of docs-zh-en, read from
// its text conversion. Mixed pages have no one answer: theirs are only logged.
func TestCrawl(t *testing.T) {
	truth := map[string]string{}
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "warc", "docs-zh-en.truth.jsonl.zst"))) {
		var d struct{ URI, Kind, Lang string }
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		if d.Kind == "page" {
			truth[d.URI] = d.Lang
		}
	}
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	right, all, mixed, wrong := map[string]int{}, map[string]int{}, map[string]int{}, 0
	conversions(t, testkit.Data(t, "warc", "docs-zh-en.warc.wet.gz"), func(uri, text string) {
		want := truth[uri]
		if want == "" {
			return
		}
		r := m.Identify(text)
		got := r.Language
		if got == "zh" {
			got += "-" + r.Script
		}
		if strings.HasPrefix(want, "mixed") {
			mixed[got]++
			return
		}
		all[want]++
		if got == want {
			right[want]++
		} else if wrong++; wrong <= 12 {
			t.Logf("%s: %s, want %s", uri, got, want)
		}
	})
	t.Logf("right %v of %v; mixed pages are taken for %v", right, all, mixed)
	for _, lang := range []string{"zh-Hans", "zh-Hant", "en"} {
		if float64(right[lang]) < 0.99*float64(all[lang]) || all[lang] < 400 {
			t.Errorf("%s: %d of %d", lang, right[lang], all[lang])
		}
	}
}

// conversions calls visit with the records of a WET file, one gzip member each.
func conversions(t *testing.T, name string, visit func(uri, text string)) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	z, err := gzip.NewReader(in)
	for ; err == nil; err = z.Reset(in) {
		z.Multistream(false)
		record, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(record), "\r\n\r\n")
		for h := range strings.Lines(head) {
			if uri, ok := strings.CutPrefix(h, "WARC-Target-URI: "); ok {
				visit(strings.TrimSpace(uri), body)
			}
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
}
