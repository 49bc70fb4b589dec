package main

import (
	"bytes"
	"strings"
	"testing"
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
