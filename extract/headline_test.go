package extract

import (
	"testing"

	"feilun"
)

// TestHeadlineBlock has the heading that the page's titles name, and pages without one.
func TestHeadlineBlock(t *testing.T) {
	const text = "<p>The ferry leaves at seven in the morning and comes back at nine at night, every day but Sunday."
	for _, tt := range []struct{ page, want string }{
		{"<title>The ferry to the island - News</title><h2>More of today</h2><h1>The ferry to the island</h1>" + text, "The ferry to the island"},
		{"<title>News</title><meta property=og:title content='The ferry to the island'><h2>The ferry to the island</h2>" + text, "The ferry to the island"},
		{"<title>The ferry to the island</title><h4>The ferry to the island</h4>" + text, ""},
		{"<title>The ferry to the island</title><h1></h1><h2> </h2>" + text, ""},
		{"<h1></h1>" + text, ""},
		{"", ""},
	} {
		x := newExtractor(t)
		x.Page(&feilun.Doc{Page: &feilun.Page{Body: []byte("<!doctype html>" + tt.page), ContentType: "text/html"}})
		got := ""
		if i := x.headlineBlock(x.name); i >= 0 {
			got = string(x.buf[x.blocks[i].from:x.blocks[i].to])
		}
		if got != tt.want {
			t.Errorf("headline of %q = %q, want %q", tt.page, got, tt.want)
		}
	}
}
