package spark

import (
	"slices"
	"testing"
)

// TestRandom has the first numbers of java.util.Random(42): its nextInt gives
// -1170105035 and 234785527, of which next(31) are the upper bits.
func TestRandom(t *testing.T) {
	r := newRandom(42)
	if a, b := r.next(), r.next(); a != 1562431130 || b != 117392763 {
		t.Errorf("next(31) = %d, %d", a, b)
	}
	if r := newRandom(42); r.below(Prime-1) != 1562431130 {
		t.Error("below does not take the remainder")
	}
}

func TestMinHash(t *testing.T) {
	all := MinHash(42, 10)
	if all[0].A != 1+1562431130 || all[0].B != 117392763 || len(all) != 10 {
		t.Errorf("first function %+v of %d", all[0], len(all))
	}
	for _, h := range all {
		if h.A < 1 || h.A >= Prime || h.B >= Prime-1 {
			t.Errorf("%+v", h)
		}
		if got, want := h.Of(6), (7*h.A+h.B)%Prime; got != want {
			t.Errorf("h(6) = %d, want %d", got, want)
		}
	}
}

// TestTokens has the cases of Java's "x".split("\\s").
func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{""}}, {" ", nil}, {"A b", []string{"a", "b"}}, {" a  b ", []string{"", "a", "", "b"}},
		{"a\u00a0b\tc\n", []string{"a\u00a0b", "c"}}, {"İ", []string{"i\u0307"}},
	} {
		var got []string
		Tokens(tt.text, nil, func(token []byte) { got = append(got, string(token)) })
		if !slices.Equal(got, tt.want) {
			t.Errorf("Tokens(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
