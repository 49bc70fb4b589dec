package pipeline

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// reasons are datatrove's names of our rules.
var reasons = map[string]string{
	"min_words": "gopher_short_doc", "max_words": "gopher_long_doc", "min_mean_word": "gopher_below_avg_threshold", "max_mean_word": "gopher_above_avg_threshold",
	"max_hashes": "gopher_too_many_hashes", "max_ellipses": "gopher_too_many_ellipsis", "max_bullet_lines": "gopher_too_many_bullets",
	"max_ellipsis_lines": "gopher_too_many_end_ellipsis", "min_alpha_words": "gopher_below_alpha_threshold", "min_stop_words": "gopher_enough_stop_words",
	"dup_5_gram": "duplicated_5_n_grams", "min_line_punct": "line_punct_ratio", "max_short_lines": "short_line_ratio", "max_dup_chars": "char_dup_ratio",
	"max_new_lines": "list_ratio", "min_sentences": "too_few_sentences",
}

// TestDatatrove asks datatrove about the cases of the recipes that follow it:
// FEILUN_DATATROVE names a Python that has the package, with spacy and jieba. The
// rules that the cases of TestConformance expect must be its reasons.
func TestDatatrove(t *testing.T) {
	python := os.Getenv("FEILUN_DATATROVE")
	if python == "" {
		t.Skip("FEILUN_DATATROVE names no Python with the package datatrove")
	}
	var in bytes.Buffer
	var asked []conformCase
	for _, recipe := range []string{"c4", "gopher", "fineweb-2025", "fineweb2-zh", "refinedweb"} {
		for _, c := range filterCases(recipe) {
			step := strings.TrimPrefix(c.step, "filter.")
			switch step {
			case "gopher_quality", "gopher_repetition", "fineweb", "c4_page":
			case "c4_lines": // the page must have sentences enough
				c.doc.Text += strings.Repeat("\nThe river is wide here.", 5)
				if c.want != "" {
					c.want += strings.Repeat("\nThe river is wide here.", 5)
				}
			default:
				continue
			}
			if err := json.NewEncoder(&in).Encode(map[string]string{"recipe": recipe, "step": step, "text": c.doc.Text}); err != nil {
				t.Fatal(err)
			}
			asked = append(asked, c)
		}
	}
	cmd := exec.Command(python, "testdata/conformance.py")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(asked) {
		t.Fatalf("%d answers to %d questions", len(lines), len(asked))
	}
	for i, c := range asked {
		var got struct{ Reason, Text string }
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		want, ok := reasons[c.rule]
		if !ok {
			want = c.rule
		}
		text := c.want
		if text == "" {
			text = c.doc.Text
		}
		if got.Reason != want || c.step == "filter.c4_lines" && got.Text != text {
			t.Errorf("%s %s: datatrove says %q, want %q; text %.80q", c.step, c.name, got.Reason, want, got.Text)
		}
	}
	t.Logf("%d cases", len(asked))
}
