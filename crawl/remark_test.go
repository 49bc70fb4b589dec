package crawl

import (
	"strings"
	"testing"
)

// TestRemarks has a server that hangs up and one that is busy told to a person,
// who would else look at nothing for minutes.
func TestRemarks(t *testing.T) {
	m, p := serve(t)
	m.moods["crawl-data/CC-MAIN-2021-04/warc.paths.gz"] = []string{"hangs up", "503", "good"}
	var said []string
	ctx := WithRemarks(t.Context(), func(s string) { said = append(said, s) })
	if _, err := quick(t, p).choose(ctx); err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 || !strings.Contains(said[0], "EOF; attempt 2 of 4 in ") || !strings.Contains(said[1], "503") {
		t.Errorf("remarks %q", said)
	}
}
