package dedup

import (
	"slices"
	"strings"
	"testing"

	"feilun"
)

// TestNormalizeLine holds CCNet's normalisation and hashes.
func TestNormalizeLine(t *testing.T) {
	for _, tt := range []struct {
		line, want string
		hash       uint64
	}{
		{"Hello, World 123!", "hello, world 000!", 8120610589365551168},
		{"  Ünïcode — “quotes” 2024年１月。 ", "ünïcode  quotes 0000年0月", 16934743705269608990},
		{"Read more...", "read more...", 12765536190754294299},
		{"", "", 957977401221134810},
		{" \t\u3000\u001c", "", 957977401221134810},
		{"，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►", "0", 0},
		{"tab\there\u0085", "tabhere", 0},
		{"İΣ ΟΔΟΣ. ΣΑΣ'Α", "i\u0307ς οδος. σασ'α", 0},
	} {
		got := NormalizeLine(nil, tt.line)
		if string(got) != tt.want {
			t.Errorf("NormalizeLine(%q) = %q, want %q", tt.line, got, tt.want)
		}
		if h := LineHash(got); tt.hash != 0 && h != tt.hash {
			t.Errorf("LineHash(%q) = %d, want %d", got, h, tt.hash)
		}
	}
}

func FuzzNormalizeLine(f *testing.F) {
	for _, s := range []string{"", "Hello, World 123!", "  Ünïcode — “quotes” 2024年１月。 ", "İΣ\xff'Σ", "a\x1cb\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		once := NormalizeLine(nil, line)
		// What was between deleted characters may be white space at an end now,
		// and letters may lower further; beyond that, nothing changes twice.
		twice := NormalizeLine(nil, string(once))
		if got := NormalizeLine(nil, string(twice)); string(got) != string(twice) && !strings.ContainsAny(line, "Σİ") {
			t.Errorf("NormalizeLine(%q): %q, then %q, then %q", line, once, twice, got)
		}
		if strings.ContainsAny(string(once), "0123456789ABCZ，。\x00\x7f") != strings.Contains(string(once), "0") {
			t.Errorf("NormalizeLine(%q) = %q holds what it deletes", line, once)
		}
	})
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct{ unit, text, want string }{
		{"line", "", "[]"},
		{"line", "a\nb\n\nc", "[a][b][][c]"},
		{"line", "a\n", "[a][]"},
		{"paragraph", "", "[]"},
		{"paragraph", "a\nb\n\nc\nd", "[a\nb][][c\nd]"},
		{"paragraph", "a\n \nb\n", "[a][ ][b][]"},
		{"paragraph", "\n\na", "[][][a]"},
	} {
		var got strings.Builder
		for start, end := range spans(tt.unit, tt.text) {
			got.WriteString("[" + tt.text[start:end] + "]")
		}
		if got.String() != tt.want {
			t.Errorf("spans(%s, %q) = %q, want %q", tt.unit, tt.text, got.String(), tt.want)
		}
	}
}

// FuzzCut compares cuts with splitting, deleting and joining again.
func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "a\nb\na\n\nc\n\n", "x\nx", "\n\n\n", "a\nb\nc", "keep\ncut\ncut"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, inside bool) {
		p := &LineParams{Unit: "line", MinDocs: 2, Inside: inside}
		repeated := map[uint64]bool{}
		for i, line := range strings.Split(text, "\n") {
			if i%3 == 1 {
				repeated[LineHash(NormalizeLine(nil, line))] = true
			}
		}
		var want []string
		seen := map[uint64]bool{}
		for _, line := range strings.Split(text, "\n") {
			h := LineHash(NormalizeLine(nil, line))
			if !repeated[h] && (!inside || !seen[h]) {
				want = append(want, line)
			}
			seen[h] = true
		}
		var l lineScanner
		cuts := l.cut(p, text, repeated)
		if got := Apply(text, cuts); got != strings.Join(want, "\n") {
			t.Errorf("cut(%q) leaves %q, want %q", text, got, want)
		}
		at, lost := 0, 0
		for _, c := range cuts {
			if c.Start < at || c.End < c.Start || c.Bytes != c.End-c.Start {
				t.Errorf("cut(%q): %+v out of order", text, cuts)
			}
			at = c.End
			lost += c.Bytes
		}
		if lost != len(text)-len(Apply(text, cuts)) {
			t.Errorf("cut(%q): %d bytes, want %d", text, lost, len(text)-len(Apply(text, cuts)))
		}
	})
}

// TestLines holds what CCNet's own tests assert, and our parameters.
func TestLines(t *testing.T) {
	docs := []feilun.Doc{
		{ID: "0", Text: "_Hello\n_World\nI'm so original"},
		{ID: "1", Text: "_world\nI'm originaler\n_hello\nI'm originaler"},
		{ID: "2", Text: "_hello\nalone"},
	}
	shards := writeShards(t, docs, 2)
	for _, tt := range []struct {
		name string
		set  func(*LineParams)
		want []string
	}{
		{"CCNet", func(p *LineParams) {}, []string{"I'm so original", "I'm originaler", "alone"}},
		{"keep first", func(p *LineParams) { p.KeepFirst = true }, []string{docs[0].Text, "I'm originaler", "alone"}},
		{"three documents", func(p *LineParams) { p.MinDocs = 3 }, []string{"_World\nI'm so original", "_world\nI'm originaler", "alone"}},
		{"no repeats inside", func(p *LineParams) { p.Inside = false }, []string{"I'm so original", "I'm originaler\nI'm originaler", "alone"}},
		{"short lines stay", func(p *LineParams) { p.MinChars = 7 }, []string{docs[0].Text, "_world\nI'm originaler\n_hello", docs[2].Text}},
		{"too little left", func(p *LineParams) { p.MinLeft = 6 }, []string{"I'm so original", "I'm originaler", ""}},
	} {
		p := New("line").(*LineParams)
		tt.set(p)
		got := []string{docs[0].Text, docs[1].Text, docs[2].Text}
		for i, part := range decide(t, Params{Line: p}, shards, Options{}) {
			for _, d := range part {
				at := 2*i + d.Index
				got[at] = Apply(got[at], d.Cuts)
				if !d.Verdict.Kept() {
					got[at] = ""
				}
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
