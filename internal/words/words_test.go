package words

import (
	"slices"
	"strings"
	"testing"
)

func texts(text, language string) []string {
	var out []string
	for _, s := range Tokenize(nil, text, language) {
		out = append(out, s.Of(text))
	}
	return out
}

func TestTokenizeEnglish(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  \n ", nil},
		{"Hello, world!", []string{"Hello", ",", "world", "!"}},
		{"I don't know, cannot say.", []string{"I", "do", "n't", "know", ",", "can", "not", "say", "."}},
		{"e.g. Mr. Smith's U.S. office (a.m.)", []string{"e.g.", "Mr.", "Smith", "'s", "U.S.", "office", "(", "a.m.", ")"}},
		{"see https://example.com/a?b=c, or 10km/h :)", []string{"see", "https://example.com/a?b=c", ",", "or", "10", "km/h", ":)"}},
		{"well-known 3-4 a--b x,y", []string{"well", "-", "known", "3", "-", "4", "a", "--", "b", "x", ",", "y"}},
	} {
		if got := texts(tt.text, "en"); !slices.Equal(got, tt.want) {
			t.Errorf("Tokenize(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSimplify(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Hello, World! It's 3.14 o'clock — 1,234,567 items…", "hello world it s 0 o clock 0 0 items"},
		{"|$17.56||1|\n|$15.37||2599|", "0 0 0 0"},
		{"Crème brûlée №５ ①", "creme brulee №0 ①"},
		{"今天是2024年1月，天气：很好！", "今天是0年0月 天气 很好"},
		{"がか", "かか"},
		{"ΟΔΟΣ Σ", "οδος σ"},
		{"", ""},
		{" \u0301 a", "a"},
	} {
		if got := Simplify(tt.text); got != tt.want {
			t.Errorf("Simplify(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"1|2|3", "0"},
		{"Hello, World! It's 3.14", "hello world its 0"},
	} {
		if got := SimplifyV1(tt.text); got != tt.want {
			t.Errorf("SimplifyV1(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestTables holds assumptions that the code makes of the generated tables.
func TestTables(t *testing.T) {
	for _, u := range units {
		if len(u) > longestUnit || strings.ContainsAny(u, "0123456789") {
			t.Errorf("unit %q is longer than %d bytes or holds a digit", u, longestUnit)
		}
	}
	for _, rs := range []*ruleset{englishRules(), neutralRules()} {
		for _, patterns := range rs.specials.patterns {
			for _, p := range patterns {
				text := strings.Join(p.tokens, "")
				var c cutter
				c.span(text, 0, len(text), rs, false)
				if !c.oddPair(text, 0) {
					t.Errorf("pattern %q begins with two tokens of letters", p.tokens)
				}
			}
		}
	}
}
