package filter

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"feilun/internal/params"
	"feilun/internal/testkit"
)

var update = flag.Bool("update", false, "write the generated pages")

const stageIntro = `# filter

Generated from the comments in the package; after a change run: go test ./filter -update

A filter looks at one document and keeps it or drops it. The rule that drops it
is the name of the parameter that decided, so that the parameters below are also
the rules in reports and ledgers. An edit takes pieces out of a text, and each
piece is a row in the ledger. Steps run in the order of the recipe.

The name in brackets behind a parameter is the reason that datatrove writes for
the same decision. How words are cut is told in docs/decisions/words.md.
`

// TestDocs holds docs/stages/filter.md to the comments of the parameters.
func TestDocs(t *testing.T) {
	var got bytes.Buffer
	got.WriteString(stageIntro)
	section := func(title string, steps []any) {
		fmt.Fprintf(&got, "\n## %s\n", title)
		for _, s := range steps {
			doc, _, err := params.Comments(TypeName(s), Source)
			if err != nil {
				t.Fatal(err)
			}
			ps, err := params.Describe(s, Source)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "\n### %s\n\n%s\n\n%s", Name(s), doc, params.Markdown(ps))
		}
	}
	var filters, edits []any
	for _, f := range All() {
		filters = append(filters, f)
	}
	for _, e := range Edits() {
		edits = append(edits, e)
	}
	section("Filters", filters)
	section("Edits", edits)
	page := filepath.Join(testkit.Root(t), "docs", "stages", "filter.md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is out of date; run: go test ./filter -update", page)
	}
}
