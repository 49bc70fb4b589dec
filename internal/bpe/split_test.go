package bpe

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// TestSplit compares the scanners with a regular expression engine that runs
// the published expressions; SmolLM's cuts off each digit, then cuts as GPT-2.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	digit := regexp2.MustCompile(`\p{N}|\P{N}+`, regexp2.None)
	for p, text := range patternTexts {
		expr := text.expr
		if Pattern(p) == SmolLM {
			expr = patternTexts[GPT2].expr
		}
		// the engine does not know that ſ is a lower-case s, as Rust's and Oniguruma do
		re := regexp2.MustCompile(strings.ReplaceAll(expr, "(?i:'s", "(?i:'s|'ſ"), regexp2.None)
		for n := range 20000 {
			in := string(randomText(rng, rng.IntN(12)))
			if n%5 == 0 {
				at := rng.IntN(len(story))
				in += story[at:min(len(story), at+rng.IntN(80))]
			}
			if !utf8.ValidString(in) {
				in = strings.ToValidUTF8(in, "\u00b7")
			}
			var got, want []string
			s := scanner{[]byte(in), classTable()}
			for i := 0; i < len(in); {
				j := s.next(Pattern(p), i)
				if j <= i {
					t.Fatalf("%s: %q: no way on at %d", text.name, in, i)
				}
				got = append(got, in[i:j])
				i = j
			}
			parts := []string{in}
			if Pattern(p) == SmolLM {
				parts = matches(t, digit, in)
			}
			for _, part := range parts {
				want = append(want, matches(t, re, part)...)
			}
			if g, w := strings.Join(got, "|"), strings.Join(want, "|"); g != w {
				t.Fatalf("%s: %q is cut into %q, want %q", text.name, in, got, want)
			}
		}
	}
}

// matches are all matches of an expression, one after another.
func matches(t *testing.T, re *regexp2.Regexp, in string) (all []string) {
	m, err := re.FindStringMatch(in)
	for ; m != nil && err == nil; m, err = re.FindNextMatch(m) {
		all = append(all, m.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
