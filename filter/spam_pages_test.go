package filter

import (
	"os"
	"strings"
	"testing"

	"feilun"
)

// spamPage is one page of testdata/spam_pages.txt (to be dropped by the filter
// kind) or of testdata/ham_pages.txt (to be kept, though near to that kind).
type spamPage struct {
	kind, script string
	doc          *feilun.Doc
}

func spamPages(t testing.TB, name string) (pages []spamPage) {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(b), "=== ") {
		if block == "" {
			continue
		}
		head, text, _ := strings.Cut(block, "\n")
		kinds, title, _ := strings.Cut(head, "|")
		kind, script, _ := strings.Cut(strings.TrimSpace(kinds), " ")
		pages = append(pages, spamPage{kind, script, &feilun.Doc{Title: strings.TrimSpace(title), Text: strings.TrimSpace(text)}})
	}
	return pages
}

func TestSpamPages(t *testing.T) {
	filters := spamFilters(t)
	for _, p := range spamPages(t, "ham_pages.txt") {
		for _, f := range filters {
			if v := f.Check(p.doc); !v.Kept() {
				t.Errorf("%s dropped a good page: %+v %q", Name(f), v, p.doc.Title)
			}
		}
	}
	found, all, own := 0, 0, 0
	for _, p := range spamPages(t, "spam_pages.txt") {
		all++
		var by []string
		for _, f := range filters {
			if v := f.Check(p.doc); !v.Kept() {
				by = append(by, Name(f))
			}
		}
		if len(by) > 0 {
			found++
		} else {
			t.Logf("missed %s %s: %q %q", p.kind, p.script, p.doc.Title, p.doc.Text)
		}
		if strings.Contains(strings.Join(by, " "), p.kind) {
			own++
		} else if len(by) > 0 {
			t.Logf("%s dropped by %v: %q", p.kind, by, p.doc.Text)
		}
	}
	t.Logf("dropped %d of %d pages (%.3f), %d by the filter of their kind", found, all, float64(found)/float64(all), own)
	if float64(found) < 0.95*float64(all) {
		t.Errorf("dropped %d of %d pages, fewer than 95 %%", found, all)
	}
}
