package stats

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBins(t *testing.T) {
	for _, x := range []float64{0, 0.005, 0.3, 0.999, 1, 1.5, 3, 50, 1e5, 1e12} {
		b := Bin(x)
		if lo, hi := BinStart(b), BinStart(b+1); x < lo-1e-12 || x > hi+1e-12 {
			t.Errorf("Bin(%v) = %d, which covers %v to %v", x, b, lo, hi)
		}
	}
	if Bin(-1) != -1 {
		t.Errorf("Bin(-1) = %d", Bin(-1))
	}
}

func TestSharesTop(t *testing.T) {
	s := Shares{}
	for name, n := range map[string]int64{"a": 3, "b": 5, "c": 3, "d": 1} {
		s.Add(name, n, 1)
	}
	got := s.Top(2)
	want := []Share{{"b", 5, 1}, {"a", 3, 1}, {"…", 4, 2}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("Top(2) = %v, want %v", got, want)
	}
}

// TestShares sums up what is not listed once, however often that is done.
func TestShares(t *testing.T) {
	s := Shares{}
	for i := range 10 {
		s.Add(string(rune('a'+i)), int64(10-i), 1)
	}
	s.Add(Rest, 100, 50) // of a part that listed fewer
	want := []Share{{"a", 10, 1}, {"b", 9, 1}, {Rest, 136, 58}}
	if d := cmp.Diff(want, s.Top(2)); d != "" {
		t.Errorf("Top(2), -want +got:\n%s", d)
	}
	s.Trim(11)
	if len(s) != 11 {
		t.Errorf("Trim(11) of 11 names left %d", len(s))
	}
	s.Trim(4)
	if d := cmp.Diff(want, s.Top(2)); d != "" || len(s) != 3 {
		t.Errorf("after Trim(4), -want +got:\n%s", d)
	}
}
