package stats

import "testing"

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
