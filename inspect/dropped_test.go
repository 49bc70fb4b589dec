package inspect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/ledger"
)

// TestDroppedOrCut tells rules that cut from rules that drop.
func TestDroppedOrCut(t *testing.T) {
	rows := append(smallRows(), ledger.Row{ID: "zh-1", Stage: "filter", Filter: "mask", Rule: "email", Cut: true, Bytes: 9})
	dir := writeRun(t, smallRun(), rows)
	for _, tt := range []struct {
		rule string
		cuts bool
		rows int
		err  string
	}{
		{"mask.email", true, 1, ""}, {"mask", true, 1, ""}, {"rule_filter", false, 1, ""},
		{"mask.email", false, 0, "it cut pieces"}, {"rule_filter", true, 0, "it dropped documents"}, {"nonesuch", false, 0, "no rule"},
	} {
		got, err := Dropped(dir, tt.rule, 5, tt.cuts)
		if len(got) != tt.rows || (err == nil) != (tt.err == "") || err != nil && (!strings.Contains(err.Error(), tt.err) || !hint.IsUsage(err) || hint.Of(err) == "") {
			t.Errorf("Dropped(%q, cuts %v) = %d rows, %v; want %d, %q", tt.rule, tt.cuts, len(got), err, tt.rows, tt.err)
		}
	}
}

// TestNoLedger tells a run that has just begun from a folder of something else.
func TestNoLedger(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dropped(dir, "", 5, false); !hint.IsUsage(err) {
		t.Errorf("empty folder: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "work"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "work", "plan.json"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Dropped(dir, "", 5, false); err == nil || hint.IsUsage(err) || !strings.Contains(err.Error(), "has finished no shard") {
		t.Errorf("begun run: %v", err)
	}
}

// TestNoStages has files of counts that no run wrote.
func TestNoStages(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"{}", "null", `{"reports": []}`} {
		if err := os.WriteFile(filepath.Join(dir, "stats.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Stats(dir); err == nil || !strings.Contains(err.Error(), "stats.json counts no stage") {
			t.Errorf("Stats of %s = %v", text, err)
		}
	}
}
