package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"feilun/internal/langid"
)

// TestSameBytes trains two languages on generated words twice.
func TestSameBytes(t *testing.T) {
	var lines []line
	for i := range 400 {
		lines = append(lines,
			line{"hi", strings.Repeat(fmt.Sprintf("%c%c है और ", 'क'+i%30, 'त'+i%13), 4)},
			line{"mr", strings.Repeat(fmt.Sprintf("%c%c आहे आणि ", 'क'+i%30, 'त'+i%13), 4)})
	}
	classes := langid.NewClasses()
	var files [2]bytes.Buffer
	for i := range files {
		g, err := fitGroup(classes, langid.Devanagari, langid.Grouped[langid.Devanagari], lines, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ text, want string }{{"कत है और", "hi"}, {"कत आहे आणि", "mr"}} {
			s := g.Score(nil, langid.AppendFeatures(nil, classes.AppendSymbols(nil, tt.text, langid.Devanagari)))
			if best := g.Languages[argmax(s)]; best != tt.want {
				t.Errorf("%q is taken for %s, want %s", tt.text, best, tt.want)
			}
		}
		if err := langid.Encode(&files[i], langid.Header{Groups: []langid.Group{g}}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the same data and seed gave two models")
	}
}
