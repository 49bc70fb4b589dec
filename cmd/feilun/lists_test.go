package main

import (
	"bytes"
	"strings"
	"testing"

	"feilun/internal/stats"
)

// TestListDefaults: defaults of lists are read whole, as JSON where the type
// reads it, else as their elements; not as the JSON of the struct tag cut at
// commas.
func TestListDefaults(t *testing.T) {
	for verb, want := range map[string]string{"tokenize": `--special=["<|endoftext|>","<|im_start|>","<|im_end|>"]`, "quality": "--models=[]"} {
		var out, errs bytes.Buffer
		if code := run([]string{verb, "train", "--help"}, strings.NewReader(""), &out, &errs); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%s train --help: %d, want %q in\n%s%s", verb, code, want, out.String(), errs.String())
		}
	}
}

// TestPlaceholderDefaults: where a placeholder stands for a flag's value, help tells the default.
func TestPlaceholderDefaults(t *testing.T) {
	for verb, want := range map[string]string{"ablate": "--seeds=N Pairs of models (3 by default).", "generate": "--temperature=T 0 always takes the likeliest token (0.8 by default)."} {
		var out, errs bytes.Buffer
		code := run([]string{verb, "--help"}, strings.NewReader(""), &out, &errs)
		if code != 0 || !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("%s --help: %d, want %q in\n%s%s", verb, code, want, out.String(), errs.String())
		}
	}
}

// TestBitsText: an interval over one document would say that there is no doubt.
func TestBitsText(t *testing.T) {
	x := stats.Interval{Value: 2, Low: 1.5, High: 2.5}
	for docs, want := range map[int]string{1: "2.0000 (one document)", 2: "2.0000 (1.5000 to 2.5000)"} {
		if got := bitsText(x, docs); got != want {
			t.Errorf("bitsText of %d documents = %q, want %q", docs, got, want)
		}
	}
}
