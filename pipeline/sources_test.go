package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/wikidump"

	"github.com/google/go-cmp/cmp"
)

// TestSourcesForAnyWorkers reads a folder of a dump, a book and JSON lines with
// several numbers of workers, and after losing pieces of work.
func TestSourcesForAnyWorkers(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	var dump bytes.Buffer
	if _, err := wikidump.Write(&dump, nil, wikidump.Options{Chinese: true, Pages: 150, PerBlock: 10, Seed: 4}); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"wiki.xml.bz2": dump.String(),
		"book.txt":     "The Project Gutenberg eBook\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n" + strings.Repeat("CHAPTER I\n\nThe mill stood still.\n\n", 3),
		"a.jsonl":      `{"text":"The river froze early that year."}` + "\n",
	} {
		if err := os.MkdirAll(in, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	recipe := writeRecipe(t, "crawl.source: auto\ncrawl.chapters: true\n")
	s := runIn(t, recipe, in, filepath.Join(dir, "1"), 1)
	want := outputs(t, filepath.Join(dir, "1"))
	if err := conserved(s.Reports); err != nil || s.Reports[0].Kept.Docs < 100 || len(want) < 20 {
		t.Errorf("%v; %d documents, %d files", err, s.Reports[0].Kept.Docs, len(want))
	}
	for _, workers := range []int{2, 8} {
		out := filepath.Join(dir, fmt.Sprint(workers))
		runIn(t, recipe, in, out, workers)
		for _, name := range []string{"stats.json", "work/docs/00004.json", "ledger/pages-00004.jsonl.zst", "work/parts"} {
			if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
		}
		runIn(t, recipe, in, out, workers)
		if d := cmp.Diff(want, outputs(t, out)); d != "" {
			t.Errorf("%d workers: other bytes:\n%.2000s", workers, d)
		}
	}
}
