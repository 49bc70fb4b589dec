package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"feilun/inspect"
	"feilun/internal/ledger"
)

// TestWhyQualityPassesRecords: requests and metadata of a WARC stand under the
// URL of their page; they have no text, which is no mistake.
func TestWhyQualityPassesRecords(t *testing.T) {
	name := filepath.Join(t.TempDir(), "m.arpa")
	if err := os.WriteFile(name, []byte("\\data\\\nngram 1=2\n\\1-grams:\n-9\t<s>\n-1\t</s>\n\\end\\\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := &whyCmd{Dir: t.TempDir(), Quality: name, Top: 3}
	f := inspect.Fate{ID: "a", Dropped: &ledger.Row{ID: "a", Stage: "crawl", Rule: "record_type"}}
	if err := c.quality(&app{ctx: t.Context(), stdout: &out, stderr: &out}, f); err != nil || out.Len() > 0 {
		t.Errorf("%v, output %q", err, out.String())
	}
}
