package filter

import (
	"strings"
	"testing"

	"feilun"
)

// TestStuffedTimes has texts of one word, and how often it must occur to count.
func TestStuffedTimes(t *testing.T) {
	d := &feilun.Doc{Text: strings.Repeat("hello world ", 40)}
	for times, rule := range map[int]string{1: "max_word", 40: "max_word", 41: "", 1 << 31: "", 1 << 32: "", 1<<63 - 1: ""} {
		f := ready(t, &Stuffed{}, func(f *Stuffed) { f.MinTimes, f.MaxPhrase, f.MaxListPhrase = times, 1, 1 })
		if got := f.Check(d); got.Rule != rule {
			t.Errorf("min_times %d: %+v, want rule %q", times, got, rule)
		}
	}
}
