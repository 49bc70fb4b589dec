package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"feilun"
	"feilun/filter"
	"feilun/internal/params"
	"feilun/internal/testkit"
)

// The example of CONTRIBUTING.md: it compiles, passes its test, and stands on
// the page as it stands here.

// Shouting drops pages written mostly in capitals: banners, menus, spam.
// Scripts without case, such as Han or Arabic, always pass.
type Shouting struct {
	// MaxUpper is the highest share of letters that may be capitals.
	MaxUpper float64 `json:"max_upper" default:"0.5" range:"0..1"`
}

// Check implements [Filter].
func (f *Shouting) Check(d *feilun.Doc) feilun.Verdict {
	letters, upper := 0, 0
	for _, r := range d.Text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	if share := float64(upper) / float64(max(1, letters)); share > f.MaxUpper {
		return feilun.Drop("max_upper", share, f.MaxUpper)
	}
	return feilun.Keep
}

func TestShouting(t *testing.T) {
	f := &Shouting{MaxUpper: 0.5}
	for _, tt := range []struct{ text, rule string }{
		{"", ""},
		{"A quiet sentence.", ""},
		{"HALF half", ""}, // on the limit stays
		{"BUY NOW! free", "max_upper"},
		{"ОЧЕНЬ ГРОМКО", "max_upper"},
		{"没有大小写的文字", ""},
	} {
		if got := f.Check(&feilun.Doc{Text: tt.text}); got.Rule != tt.rule {
			t.Errorf("Check(%q) = %v, want rule %q", tt.text, got, tt.rule)
		}
	}
}

// TestDocsExample holds the page to this file, and the example to what the
// page says comes of it.
func TestDocsExample(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testkit.Root(t), "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.ReadFile("contributing_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```go\n// file: .*?\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 2 {
		t.Fatalf("CONTRIBUTING.md shows %d files, want the filter and its test", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(string(here), b[1]) {
			t.Errorf("this code of CONTRIBUTING.md is not the tested example:\n%s", b[1])
		}
	}
	var f filter.Filter = &Shouting{}
	if err := params.Fill(f); err != nil || f.(*Shouting).MaxUpper != 0.5 || filter.Name(f) != "shouting" {
		t.Errorf("%v, %+v, recipe key %q", err, f, filter.Name(f))
	}
}

// TestDocsIndex holds docs/decisions/README.md to the titles of the pages
// beside it.
func TestDocsIndex(t *testing.T) {
	dir := filepath.Join(testkit.Root(t), "docs", "decisions")
	names, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := "# Decisions\n\nWhat was chosen among alternatives, and why. Generated: go test ./cmd/feilun -run TestDocsIndex -update\n\n| page | about |\n|---|---|\n"
	index := filepath.Join(dir, "README.md")
	for _, name := range names {
		if name == index {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(string(text), "\n")
		if !strings.HasPrefix(title, "# ") {
			t.Errorf("%s does not begin with a title", name)
		}
		base := filepath.Base(name)
		want += "| [" + base + "](" + base + ") | " + strings.TrimPrefix(title, "# ") + " |\n"
	}
	if *update {
		if err := os.WriteFile(index, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(index); err != nil || string(got) != want {
		t.Errorf("docs/decisions/README.md is out of date (%v); run: go test ./cmd/feilun -run TestDocsIndex -update", err)
	}
}

// TestDocsLinks follows the relative links of every page, and wants every page
// of docs/formats to stand in its index.
func TestDocsLinks(t *testing.T) {
	root := testkit.Root(t)
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, names...)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	linked := map[string]bool{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to := filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))
			linked[page+" "+to] = true
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	for _, page := range pages {
		index := filepath.Join(filepath.Dir(page), "README.md")
		if dir := filepath.Base(filepath.Dir(page)); dir == "formats" && page != index && !linked[index+" "+page] {
			t.Errorf("docs/%s/README.md does not list %s", dir, filepath.Base(page))
		}
	}
}
